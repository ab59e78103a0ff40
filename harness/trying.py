"""The commands that are about an environment alone: list them, check one, play one.

    driftgauge envs
    driftgauge check babyai
    driftgauge play driftgauge/TextWorldQuest-v0 rooms=3 --seed 5

An environment is named by a file of `conf/environment`, whose options it then has, or by its
Gymnasium id. Options follow as KEY=VALUE; `rules=3` puts it under that many standing orders, and
`rules=["close_behind"]` under these.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from textwrap import fill
from typing import Any, NamedTuple, cast, get_args

import gymnasium as gym
from omegaconf import DictConfig, OmegaConf

from environments import CATALOGUE, NotInstalled, catalogue
from environments.checker import CheckResult, Subject, checked
from environments.registry import environment_class, environment_spec, make
from harness.config import did_you_mean
from harness.task import PanelSpec, Split, rules_and_brief
from harness.terminal import WIDTH, printable


class Listed(NamedTuple):
    """An environment as it is listed."""

    id: str
    environments: tuple[str, ...]
    """The files of `conf/environment` that play it."""
    task: str
    games: dict[Split, int | None] | None
    """How many there are in each split, None for no limit; None where something is missing."""
    licence: str
    needs: str
    missing: str | None
    """What this machine lacks, in a sentence."""


class Choice(NamedTuple):
    """One environment and its options."""

    id: str
    kwargs: dict[str, Any]
    rules: tuple[str, ...]
    """Standing orders that it is under."""
    brief: str
    """What an agent is told before the first task; empty for one that is named by its id."""


def listing() -> Iterator[Listed]:
    """Every environment of ours, looked for on this machine."""
    for id, entry in CATALOGUE.items():
        specs = {name: spec for name, spec in specs_by_name().items() if spec.id == id}
        spec = next(iter(specs.values()))
        missing, games = None, None
        try:
            games = {split: catalogue.count(id, _options(spec, split)) for split in get_args(Split)}
        except NotInstalled as error:
            missing = str(error)
        yield Listed(id, tuple(specs), entry.task, games, entry.licence, entry.needs, missing)


def text(listed: Listed) -> str:
    """What a person reads of it."""
    said = {
        "games": _counts(listed.games),
        "licence": listed.licence,
        "needs": listed.needs,
        "missing": listed.missing,
    }
    lines = [
        f"{listed.id}  (environment={' or '.join(listed.environments)})",
        f"    {listed.task}",
        *(
            fill(value, WIDTH, initial_indent=f"    {name:9}", subsequent_indent=" " * 13)
            for name, value in said.items()
            if value
        ),
    ]
    return "\n".join(lines)


def choose(name: str, words: Sequence[str], split: Split = "development") -> Choice:
    """The environment that a command line names.

    Args:
        name: a file of `conf/environment`, or a Gymnasium id (it has a slash).
        words: options as KEY=VALUE; a value that is not JSON is a text.
        split: whose games, where a file of `conf/environment` keeps splits apart.

    Raises:
        ValueError: there is no such environment or option.
    """
    options = dict(_option(word) for word in words)
    if "/" in name:
        try:
            environment_spec(name)
        except gym.error.Error as error:
            raise ValueError(str(error)) from None
        spec = PanelSpec(id=name, brief="")
    elif name in specs_by_name():
        spec = specs_by_name()[name]
    else:
        known = [*specs_by_name(), *CATALOGUE]
        raise ValueError(
            f"{name} is none of {', '.join(specs_by_name())}, nor a Gymnasium id"
            f"{did_you_mean(name, known)}"
        )
    ordered = _under_orders(spec, options.pop("rules", spec.rules))
    _check_options(spec.id, options)
    rules, brief = rules_and_brief(ordered, seed=0, block=0)
    first = {option: values[0] for option, values in spec.draw.items()}
    return Choice(spec.id, {**_options(spec, split), **first, **options}, rules, brief.strip())


def check(choice: Choice, seeds: tuple[int, ...]) -> Iterator[CheckResult]:
    """Whether it keeps the contract, promise by promise."""
    return checked(Subject(choice.id, seeds, choice.kwargs, choice.rules))


HELP = """\
Type what an agent would answer. Besides, for you alone:
  ?        the commands that the game accepts now
  !        what the expert would do, and how far it is
  (empty)  the end"""


def play(choice: Choice, seed: int, ask: Callable[[str], str], say: Callable[[str], None]) -> int:
    """Let a person play a game, and show what an agent would see.

    Args:
        choice: the environment.
        seed: of the game.
        ask: reads a line after a prompt, and raises EOFError at the end.
        say: prints.

    Returns:
        How many turns were played.
    """
    env = make(choice.id, choice.kwargs, choice.rules)
    turns = 0
    try:
        observation, info = env.reset(seed=seed)
        if choice.brief:
            say(f"[the brief]\n{_clean(choice.brief)}\n")
        say(f"[the task]\n{_clean(env.get_wrapper_attr('goal'))}\n\n{_clean(observation)}\n")
        while not (info["won"] or info["lost"]):
            match command := _answer(ask):
                case "":
                    break
                case "?":
                    say(_commands(info["admissible"]))
                case "!":
                    say(_expert(info))
                case _:
                    observation, _, _, _, info = env.step(command)
                    turns += 1
                    say(f"{_clean(observation)}\n{_status(turns, info)}\n")
    finally:
        env.close()
    return turns


@cache
def specs_by_name() -> dict[str, PanelSpec]:
    """The files of `conf/environment` that name an environment, by their names."""
    found = {}
    for path in sorted((files("conf") / "environment").iterdir(), key=lambda path: path.name):
        config = _composed(path)
        if not OmegaConf.is_missing(config, "id"):
            plain = OmegaConf.to_container(config)
            found[path.name.removesuffix(".yaml")] = PanelSpec.model_validate(plain)
    return found


def _under_orders(spec: PanelSpec, wanted: Any) -> PanelSpec:
    """The same with so many standing orders, or with these."""
    match wanted:
        case bool():
            pass
        case int():
            return spec.model_copy(update={"rules": wanted})
        case [*names]:
            return spec.model_copy(update={"rules": len(names), "pool": tuple(map(str, names))})
    raise ValueError(f"Expected rules as a number or a list of names, got {wanted!r}.")


def _composed(path: Traversable) -> DictConfig:
    """A file with those that its `defaults` name, as Hydra composes them."""
    own = OmegaConf.create(path.read_text())
    assert isinstance(own, DictConfig)
    bases = [name for name in own.pop("defaults", []) if name != "_self_"]
    folder = cast(Any, path).parent
    merged = OmegaConf.merge(*(_composed(folder / f"{name}.yaml") for name in bases), own)
    assert isinstance(merged, DictConfig)
    return merged


def _options(spec: PanelSpec, split: Split) -> dict[str, Any]:
    return {**spec.kwargs, **spec.splits.get(split, {})}


def _option(word: str) -> tuple[str, Any]:
    name, is_option, value = word.partition("=")
    if not is_option:
        raise ValueError(f"Expected options as KEY=VALUE, got {word!r}.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _check_options(id: str, options: dict[str, Any]) -> None:
    known = list(inspect.signature(environment_class(id)).parameters)
    for name in options:
        if name not in known:
            raise ValueError(
                f"{id} has no option {name!r}, only {', '.join(known) or 'none at all'}"
                f"{did_you_mean(name, known)}"
            )


def _counts(games: dict[Split, int | None] | None) -> str:
    if games is None:
        return "unknown"
    if None in games.values():
        return "no limit"
    return ", ".join(f"{number:,} {split}" for split, number in games.items())


def _clean(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())


def _answer(ask: Callable[[str], str]) -> str:
    try:
        return ask("> ").strip()
    except EOFError:
        return ""


def _commands(admissible: Sequence[str] | None) -> str:
    if admissible is None:
        return "This game does not tell which commands it accepts."
    return "\n".join(f"  {printable(command)}" for command in admissible)


def _expert(info: dict[str, Any]) -> str:
    if info["expert"] is None:
        return "No plan is known from here."
    steps = info["distance"]
    far = "" if steps is None else f" ({steps} command{'s' * (steps != 1)} to go)"
    return f"{printable(info['expert'])}{far}"


def _status(turns: int, info: dict[str, Any]) -> str:
    """What an agent does not see, in brackets."""
    ended = "won" if info["won"] else "lost" if info["lost"] else ""
    accepted = "" if info["accepted"] is not False else "not accepted"
    progress = "" if info["progress"] is None else f"progress {info['progress']:.2f}"
    broken = f"broke {', '.join(info['violations'])}" if info["violations"] else ""
    told = (f"turn {turns}", ended, accepted, broken, progress)
    return f"[{', '.join(filter(None, told))}]"
