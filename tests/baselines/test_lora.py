"""LoRA learns the expert's answers in the very prompts in which it will have to give them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from baselines.lora import Example, LoRA, example
from baselines.policies import WholeHistory
from harness.agent import Episode
from harness.experience import Trajectory
from harness.keyed import digest
from harness.lm import LanguageModel, LMAgent
from harness.lm.model import Request
from harness.lm.prompt import PromptFormat
from harness.records import CostRow, read_rows
from harness.task import contents
from tests.harness.tables import turn_row
from tests.language_models import tiny_model
from tests.playing import SPEC, play, preparation, prepared


def trajectory(task: str, commands: list[str], history: tuple[Episode, ...] = ()) -> Trajectory:
    rows = [
        turn_row(task=task, turn=t, observation=f"Room {t}.", text=said, feedback=f"Room {t + 1}.")
        for t, said in enumerate(commands, start=1)
    ]
    return Trajectory(task, "You play.", history, f"Goal of {task}.", rows, "won")


@pytest.fixture
def session() -> list[Trajectory]:
    first = trajectory("a", ["go east", "take key"])
    second = trajectory("b", ["look", "open door", "go east"], (first.episode,))
    return [first, second, trajectory("c", ["wait"], (first.episode, second.episode))]


@pytest.fixture
def model() -> LanguageModel:
    """Its own, for training changes a network while it lasts."""
    return tiny_model()


def answers(format: PromptFormat, example: Example) -> list[str]:
    """What the targets say, answer by answer."""
    said: list[list[int]] = [[]]
    for position in example.targets:
        if example.tokens[position] == format.end:
            said.append([])
        else:
            said[-1].append(example.tokens[position])
    assert said.pop() == []  # the last answer is ended as well
    return [format.decode(tokens) for tokens in said]


def test_the_targets_are_the_experts_commands(
    model: LanguageModel, session: list[Trajectory]
) -> None:
    alone = LoRA(context="task").examples(model.format, [session, session[:1]])
    said = [answers(model.format, example) for example in alone]
    assert said == [
        ["go east", "take key"],
        ["look", "open door", "go east"],
        ["wait"],
        ["go east", "take key"],
    ]
    together = LoRA(context="session").examples(model.format, [session, session[:1]])
    assert [answers(model.format, example) for example in together] == [
        [*said[0], *said[1], *said[2]],
        said[3],
    ]


@pytest.mark.parametrize("context", ["task", "session"])
def test_it_is_trained_on_what_the_agent_will_see(
    session: list[Trajectory], context: str, tiny_folder: Path, tmp_path: Path
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tiny_folder)
    format = agent.model.format
    examples = LoRA(context=context).examples(format, [session])
    seen = session if context == "session" else [t._replace(history=()) for t in session]
    for i, trajectory in enumerate(seen):
        own = examples[0] if context == "session" else examples[i]
        targets = set(own.targets)
        begins = [p for p in own.targets if p - 1 not in targets]
        for turn in range(1, len(trajectory.rows) + 1):
            prompt = agent.prompt(trajectory.view(turn)).tokens
            assert own.tokens[: len(prompt)] == prompt
            assert len(prompt) in begins


def test_a_template_that_rewrites_the_past_is_refused(
    model: LanguageModel, session: list[Trajectory]
) -> None:
    tokenizer = model.format.tokenizer
    tokenizer.chat_template = "{{ messages | length }}" + tokenizer.chat_template
    with pytest.raises(ValueError, match="template changes earlier messages when later ones come"):
        example(PromptFormat(tokenizer), session[2])


def train(
    model: LanguageModel, lora: LoRA, examples: list[Example], folder: Path, seed: int = 0
) -> str:
    folder.mkdir()
    lora._train(model, examples, seed, folder, lambda done, total: None)
    return model.add_adapter(folder)


def loss(model: LanguageModel, example: Example, adapter: str | None) -> float:
    """Mean cross-entropy of the targets, token by token in the engine."""
    slot = model.slot(adapter)
    total = 0.0
    for position, token in enumerate(example.tokens[:-1], start=1):
        [logits] = model.extend([Request(slot, [token])])
        if position in example.targets:
            total -= float(torch.log_softmax(logits, dim=-1)[example.tokens[position]])
    return total / len(example.targets)


def test_training_lowers_the_loss_and_leaves_the_network_as_it_was(
    model: LanguageModel, session: list[Trajectory], tmp_path: Path
) -> None:
    examples = LoRA().examples(model.format, [session])
    probe = [Request(model.slot(), examples[1].tokens)]
    before: Tensor = model.extend(probe)
    names = [name for name, _ in model.network.named_modules()]
    random = torch.get_rng_state()
    untrained = [loss(model, own, None) for own in examples]

    lora = LoRA(rank=4, learning_rate=0.02, epochs=8)
    name = train(model, lora, examples, tmp_path / "trained")

    assert torch.equal(torch.get_rng_state(), random)
    assert [name for name, _ in model.network.named_modules()] == names
    assert not any(parameter.requires_grad for parameter in model.network.parameters())
    assert torch.equal(model.extend([Request(model.slot(), examples[1].tokens)]), before)
    for own, before_training in zip(examples, untrained, strict=True):
        assert loss(model, own, name) < 0.5 * before_training


def test_the_same_seed_trains_the_same_adapter(
    model: LanguageModel, session: list[Trajectory], tmp_path: Path
) -> None:
    examples = LoRA().examples(model.format, [session])
    lora = LoRA(rank=2, epochs=1)
    torch.manual_seed(1)
    train(model, lora, examples, tmp_path / "first")
    torch.manual_seed(2)  # the global generator has no say
    train(model, lora, examples, tmp_path / "second")
    train(model, lora, examples, tmp_path / "third", seed=1)
    weights = [
        (tmp_path / name / "adapter_model.safetensors").read_bytes()
        for name in ("first", "second", "third")
    ]
    assert weights[0] == weights[1] != weights[2]


def test_a_break_in_training_leaves_the_network_as_it_was(
    model: LanguageModel, session: list[Trajectory], tmp_path: Path
) -> None:
    examples = LoRA().examples(model.format, [session])
    before = model.extend([Request(model.slot(), examples[0].tokens)])

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LoRA(learning_rate=0.1)._train(model, examples, 0, tmp_path, interrupt)
    assert torch.equal(model.extend([Request(model.slot(), examples[0].tokens)]), before)


@pytest.mark.parametrize("steps", [1, 2, 9, 10, 11])
def test_any_number_of_steps(
    model: LanguageModel, session: list[Trajectory], tmp_path: Path, steps: int
) -> None:
    done: list[tuple[int, int]] = []
    examples = LoRA().examples(model.format, [session])[2:]
    LoRA(rank=1, epochs=steps)._train(model, examples, 0, tmp_path, lambda *d: done.append(d))
    assert done == [(n, steps) for n in range(1, steps + 1)]


def test_an_adapter_is_made_once_for_each_recipe(
    own_cache: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    def learn(lora: LoRA, run: str) -> tuple[Path, dict[str, CostRow]]:
        ready = preparation(tmp_path / run, tiny_folder)
        folder = lora.learn(ready, LanguageModel.load(ready.model))
        ready.records.close()
        rows = list(read_rows(tmp_path / run / "costs.jsonl", CostRow))
        return folder, {row.step: row for row in rows}

    first, made = learn(LoRA(rank=2, epochs=1), "first")
    weights = (first / "adapter_model.safetensors").stat()
    assert made["LoRA adapter"].seconds > 0
    again, found = learn(LoRA(rank=2, epochs=1), "again")
    assert again == first
    assert found["LoRA adapter"].seconds == 0
    assert found["LoRA adapter"].made_in_seconds == made["LoRA adapter"].made_in_seconds
    assert (again / "adapter_model.safetensors").stat().st_mtime_ns == weights.st_mtime_ns
    other, new = learn(LoRA(rank=2, epochs=2), "other")
    assert other != first
    assert new["LoRA adapter"].seconds > 0
    # The experience is the same for every recipe: played once.
    experience = {rows["expert experience"].artefact for rows in (made, found, new)}
    assert len(experience) == 1
    assert (found["expert experience"].seconds, new["expert experience"].seconds) == (0, 0)


def test_training_games_are_none_of_the_panels(tmp_path: Path) -> None:
    """Of the twenty halls the panel has four; six for training are drawn beside them."""
    ready = preparation(tmp_path, "none")
    training, panel = contents(ready.training.tasks), contents(ready.panel.tasks)
    assert (len(training), len(panel)) == (6, 4)
    assert not training & panel
    everything = {digest(["hall", n]) for n in range(20)}
    assert training | panel <= everything
    # Drawn without regard to the panel, they would meet it.
    training_spec = SPEC.model_copy(update={"split": "training", "blocks": 3})
    careless = contents(type(ready.panel).draw(training_spec, 0).tasks)
    assert careless & panel


def test_the_agent_plays_with_what_it_learned(
    own_cache: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    """A network of random weights, taught to go east, goes east."""
    panel = preparation(tmp_path / "panel", tiny_folder).panel
    lora = LoRA(rank=4, learning_rate=0.02, epochs=3)
    done = {}
    for name, adapter in [("untaught", None), ("taught", lora)]:
        folder = tmp_path / name
        agent = prepared(LMAgent(policy=WholeHistory(), adapter=adapter), folder, tiny_folder)
        done[name] = {row.command for row in play(agent, panel, folder, orders=1).turns}
    assert done["taught"] == {"east"}
    assert done["untaught"] > {"east"}
