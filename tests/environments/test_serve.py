"""The worker's side of the pipe."""

import json
import subprocess

import gymnasium as gym
import pytest

import environments  # noqa: F401 - registers the ids
from environments import child

HUNT = {"id": "environments:driftgauge/TextWorldTreasureHunter-v0", "kwargs": {"level": 7}}
QUEST = {"id": "driftgauge/TextWorldQuest-v0", "kwargs": {}}


class Worker:
    """A child that serves."""

    def __init__(self):
        self.process = subprocess.Popen(
            child.command("environments.serve"),
            env=child.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def ask(self, **request):
        self.send(**request)
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    with worker.process:
        worker.process.stdin.close()
        assert worker.process.wait(timeout=20) == 0  # it ends when its input does
        assert worker.process.stdout.read() == ""


def test_an_episode_is_the_one_that_is_played_here(worker):
    env = gym.make(**HUNT_HERE)
    observation, info = env.reset(seed=3)
    reply = worker.ask(lane=4, op="reset", seed=3, **HUNT)
    assert (reply["lane"], reply["observation"]) == (4, observation)
    assert reply["goal"] == env.unwrapped.goal and reply["content"] == env.unwrapped.content
    assert (reply["reward"], reply["terminated"], reply["truncated"]) == (0.0, False, False)
    assert reply["info"]["state"] == info["state"]
    assert reply["info"]["admissible"] == list(info["admissible"])
    while not reply["terminated"]:
        reply = worker.ask(lane=4, op="step", command=reply["info"]["expert"])
    assert reply["reward"] == 1.0 and reply["info"]["won"] and "goal" not in reply
    env.close()


HUNT_HERE = {"id": HUNT["id"], **HUNT["kwargs"]}


def test_lanes_do_not_disturb_each_other(worker):
    for lane in (0, 1):
        worker.send(lane=lane, op="reset", seed=1, **QUEST)
    worker.send(lane=0, op="step", command="inventory")
    worker.send(lane=1, op="step", command="look")
    replies = [json.loads(worker.process.stdout.readline()) for _ in range(4)]
    assert [reply["lane"] for reply in replies] == [0, 1, 0, 1]
    assert replies[0]["info"] == replies[1]["info"]
    assert replies[2]["observation"] != replies[3]["observation"]


def test_a_lane_can_go_on_with_another_game_or_environment(worker):
    first = worker.ask(lane=0, op="reset", seed=1, **QUEST)
    assert worker.ask(lane=0, op="reset", seed=2, **QUEST)["content"] != first["content"]
    assert worker.ask(lane=0, op="reset", seed=3, **HUNT)["goal"] != first["goal"]
    assert worker.ask(lane=0, op="reset", seed=1, **QUEST) == first


def test_what_goes_wrong_is_answered_by_name(worker):
    reply = worker.ask(lane=2, op="step", command="look")
    assert reply["lane"] == 2 and reply["error"].startswith("ResetNeeded: ")
    reply = worker.ask(lane=2, op="reset", id=HUNT["id"], kwargs={"level": 99}, seed=0)
    assert reply["error"] == "ValueError: Expected level from 1 to 30, got 99."
    assert worker.ask(lane=2, op="jump")["error"].startswith("ValueError: Expected op")
    worker.process.stdin.write("no JSON\n")
    assert worker.ask(lane=0, op="close")["lane"] is None
    assert json.loads(worker.process.stdout.readline()) == {"lane": 0}


def test_what_is_printed_does_not_reach_the_protocol():
    code = (
        "import os\n"
        "from environments.child import claim_stdout\n"
        "replies = claim_stdout()\n"
        "print('noise'); os.system('echo noise')\n"
        "print('{}', file=replies, flush=True)\n"
    )
    command = [*child.command("environments.serve")[:-2], "-c", code]
    done = subprocess.run(command, env=child.environ(), capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n" and done.stderr.count("noise") == 2
