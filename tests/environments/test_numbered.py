"""What every environment with numbered games does, on the smallest one."""

import gymnasium as gym
import pytest
from gymnasium import spaces

from environments.digest import canonical, digest
from environments.numbered import NOT_A_COMMAND, NumberedEnv, Situation


class Counting(NumberedEnv):
    """Say `up` until the number is reached; `jump` loses, `sing` is understood and refused."""

    action_space = spaces.Text(10)
    observation_space = spaces.Text(100, min_length=0)
    goal = "Count."
    content = "0" * 64
    games = 4

    def _begin(self, number):
        self.target, self.count = number + 1, 0
        return self._now(f"Count to {self.target}.")

    def _take(self, command):
        if command not in ("up", "jump", "sing"):
            return None
        self.count += command == "up"
        return self._now(f"You {command}.", accepted=command != "sing", lost=command == "jump")

    def _now(self, text, accepted=True, lost=False):
        left = self.target - self.count
        return Situation(
            observation=text,
            facts=canonical([self.target, self.count]),
            admissible=("up", "jump"),
            expert="up",
            distance=left,
            progress=self.count / self.target,
            accepted=accepted,
            won=not left,
            lost=lost,
        )


@pytest.fixture
def env():
    return Counting()


def test_a_seed_is_a_games_number_modulo_how_many_there_are(env):
    assert env.reset(seed=2)[0] == env.reset(seed=6)[0] == "Count to 3."


def test_without_a_seed_the_number_is_drawn_from_the_environments_generator(env):
    env.reset(seed=5)
    drawn = [env.reset()[0] for _ in range(8)]
    env.reset(seed=5)
    assert [env.reset()[0] for _ in range(8)] == drawn and len(set(drawn)) > 1


def test_what_is_admissible_is_sorted_and_at_reset_nothing_was_accepted(env):
    _, info = env.reset(seed=0)
    assert info["admissible"] == ("jump", "up") and info["accepted"] is None


def test_the_reward_is_the_change_of_progress_and_the_end_is_won(env):
    env.reset(seed=1)
    steps = [env.step("up")[1:] for _ in range(2)]
    assert [step[0] for step in steps] == [0.5, 0.5] and [step[1] for step in steps] == [
        False,
        True,
    ]
    info = steps[1][3]
    assert (info["won"], info["admissible"], info["expert"], info["distance"]) == (
        True,
        (),
        None,
        0,
    )


def test_a_loss_has_no_distance_and_no_way_on(env):
    env.reset(seed=1)
    _, _, terminated, _, info = env.step("jump")
    assert terminated and info["lost"]
    assert (info["distance"], info["expert"], info["admissible"]) == (None, None, ())


@pytest.mark.parametrize("text", ["", "fly", "up\nup", "\x00"])
def test_what_is_no_command_changes_nothing(env, text):
    _, before = env.reset(seed=1)
    observation, reward, terminated, _, info = env.step(text)
    assert (observation, reward, terminated) == (NOT_A_COMMAND, 0.0, False)
    assert info == {**before, "accepted": False}


def test_white_space_around_a_command_is_no_matter(env):
    env.reset(seed=1)
    assert env.step(" up\n")[4]["accepted"]


def test_a_refusal_is_read_but_not_accepted(env):
    _, before = env.reset(seed=1)
    observation, _, _, _, info = env.step("sing")
    assert observation == "You sing." and info["accepted"] is False
    assert info["state"] != before["state"]  # something was read that had not been read


def test_states_are_equal_when_the_facts_and_the_texts_read_are(env):
    env.reset(seed=1)
    once = env.step("sing")[4]["state"]
    assert env.step("sing")[4]["state"] == once
    env.reset(seed=1)
    assert env.step("up")[4]["state"] != once


def test_what_has_ended_or_is_closed_cannot_go_on(env):
    with pytest.raises(gym.error.ResetNeeded):
        env.step("up")
    env.reset(seed=0)
    env.step("up")
    with pytest.raises(gym.error.ResetNeeded):
        env.step("up")
    env.reset(seed=1)
    env.close()
    env.close()
    with pytest.raises(gym.error.ResetNeeded):
        env.step("up")


def test_a_digest_does_not_know_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})
