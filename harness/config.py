"""The configuration of a run, structured and validated before anything is loaded.

Hydra composes it from `conf/`; here it becomes typed. Whatever is wrong with it is said in one
sentence that names the key, what was expected and, for a name, what may have been meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, cast

import gymnasium
from hydra import compose, initialize_config_module
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, InstantiationException, OverrideParseException
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from harness.agent import Agent, as_agent
from harness.experience import ExperienceSpec
from harness.keyed import digest
from harness.model_spec import ModelSpec
from harness.probes import Probe
from harness.session import ARMS
from harness.task import PanelSpec

GROUPS = ("environment", "agent", "model", "experiment")


class ConfigError(ValueError):
    """The configuration is wrong; the message is a sentence for the user."""


class RunConfig(BaseModel):
    """One run: one entry on one panel with one model. The keys are those of `conf/config.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: PanelSpec
    agent: dict[str, Any]
    """`_target_` and its arguments."""
    model: ModelSpec
    experience: ExperienceSpec
    expert: dict[str, Any]
    probes: tuple[dict[str, Any], ...]
    """Of each `_target_` and its arguments."""
    seed: Annotated[int, Field(ge=0)]
    arms: tuple[str, ...]
    reference: str
    name: str
    group: str
    slots: Annotated[int, Field(ge=1, le=1024)]
    workers: Annotated[int, Field(ge=1, le=64)]
    runs: Path
    report: Path | None
    """Where the report of all runs of a command goes; None: only the table is printed."""

    @field_validator("arms")
    @classmethod
    def _known_arms(cls, arms: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for arm in arms:
            if arm not in ARMS:
                raise ValueError(f"arms are {', '.join(ARMS)}{did_you_mean(arm, ARMS)}")
        if "chained" not in arms:
            raise ValueError("the chained arm must be among the arms: the others start from it")
        spec = info.data.get("environment")  # not there if something is wrong with it
        if spec is not None and spec.persistent and "expert" in arms:
            raise ValueError(
                "in a world that persists there is no expert arm, since the expert's history would "
                "have led elsewhere: take padded, or undamaged"
            )
        if spec is not None and not spec.persistent and "undamaged" in arms:
            raise ValueError("undamaged needs a world that persists, environment.orders=world")
        return arms

    @property
    def hash(self) -> str:
        """Names the run's folder: everything that can change a result, and nothing else."""
        made_of = self.model_dump(
            mode="json", exclude={"reference", "group", "slots", "workers", "runs", "report"}
        )
        return digest(made_of)[:8]

    @property
    def folder(self) -> Path:
        """Where the run is recorded."""
        return self.runs / self.hash

    def build_agent(self) -> Agent:
        """The agent and its parts, unprepared: options are checked, nothing is loaded."""
        return _agent(self.agent, "agent")

    def build_expert(self) -> Agent:
        """The agent that plays the training games for experience."""
        return _agent(self.expert, "expert")

    def build_probes(self) -> list[Probe]:
        """What is asked on the way."""
        probes: dict[str, Probe] = {}
        for index, config in enumerate(self.probes):
            where = f"probes.{index}"
            probe = _build(config, where)
            if not isinstance(probe, Probe):
                kind = type(probe).__name__
                raise ConfigError(f"{where}: a probe is a harness.probes.Probe, {kind} is none")
            if probe.name in probes:
                raise ConfigError(f"{where}.name: there is a probe {probe.name!r} before it")
            probes[probe.name] = probe
        return list(probes.values())


def run_config(composed: DictConfig, agent_choice: str) -> RunConfig:
    """The typed form of a composed configuration; its agents and probes are built as a check.

    Raises:
        ConfigError: for a value that is not what its key expects.
    """
    own = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    plain = cast(dict[str, Any], OmegaConf.to_container(own, resolve=True, throw_on_missing=True))
    plain["name"] = plain.get("name") or agent_choice
    try:
        config = RunConfig.model_validate(plain)
    except ValidationError as error:
        raise ConfigError(_sentence(error, plain)) from None
    except gymnasium.error.Error as error:
        raise ConfigError(f"environment.id: {error}") from None
    config.build_agent()
    config.build_expert()
    config.build_probes()
    return config


def validate(overrides: Sequence[str], sweep: bool = False) -> list[RunConfig]:
    """Every run that a command line asks for, a sweep's jobs in their order.

    Args:
        overrides: Hydra's, such as `agent=npm` or `environment.cap=4`.
        sweep: whether `-m` was given; an experiment can ask for a sweep too.

    Raises:
        ConfigError: for the first thing that is wrong in any of them.
    """
    with initialize_config_module("conf", version_base=None):
        try:
            _check_groups(overrides)
            return [_compose(job) for job in _jobs(overrides, sweep)]
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(_explain(error)) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` if something known is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _jobs(overrides: Sequence[str], sweep: bool) -> list[list[str]]:
    """The command lines of the jobs, a sweep split as Hydra's own sweeper does it."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    fixed = [o.input_line for o in parsed if not o.is_sweep_override() and o.input_line]
    hydra = compose("config", overrides=fixed, return_hydra_config=True).hydra
    if not (sweep or hydra.mode == RunMode.MULTIRUN):
        for override in parsed:
            if override.is_sweep_override():
                raise ConfigError(
                    f"{override.input_line} asks for several runs: add -m to play one after "
                    "the other."
                )
        return [list(overrides)]
    params = OmegaConf.to_container(hydra.sweeper.params) if hydra.sweeper.params else {}
    assert isinstance(params, dict)
    named = {o.key_or_group for o in parsed}
    lines = [*(f"{k!s}={v}" for k, v in params.items() if k not in named), *overrides]
    [batch] = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(lines), None)
    return [list(job) for job in batch]


def _compose(overrides: list[str]) -> RunConfig:
    composed = compose("config", overrides=overrides, return_hydra_config=True)
    choice: str = composed.hydra.runtime.choices["agent"]
    return run_config(composed, choice)


def _check_groups(overrides: Sequence[str]) -> None:
    loader = GlobalHydra.instance().config_loader()
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        group = override.key_or_group
        if group not in GROUPS:
            continue
        options = loader.get_group_options(group)
        value = override.value()
        wanted = override.sweep_string_iterator() if override.is_sweep_override() else [value]
        for option in map(str, wanted):
            if option not in (*options, "None"):
                raise ConfigError(
                    f"{group}={option} is none of {', '.join(options)}"
                    f"{did_you_mean(option, options)}"
                )


def _explain(error: Exception) -> str:
    """Hydra's own error as one sentence."""
    text = str(error)
    if isinstance(error, OverrideParseException):
        return f"{error.override!r} is no group=option or key=value: {text.splitlines()[0]}"
    if match := re.search(r"Could not override '([^']+)'", text):
        key = match.group(1)
        known = _keys(compose("config"))
        return (
            f"There is no key {key!r} in the configuration{did_you_mean(key, known) or '.'} "
            "`driftgauge run --cfg job` shows all keys."
        )
    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key} must be given: add {error.full_key}=…"
    return " ".join(text.split())


def _keys(config: DictConfig, prefix: str = "") -> list[str]:
    keys = []
    for key, value in config.items_ex(resolve=False):
        keys.append(prefix + str(key))
        if isinstance(value, DictConfig):
            keys += _keys(value, f"{keys[-1]}.")
    return keys


def _agent(config: dict[str, Any], where: str) -> Agent:
    built = _build(config, where)
    if not callable(getattr(built, "act", None)):
        raise ConfigError(f"{where}: an agent has a method act, {type(built).__name__} has none")
    return as_agent(built)


def _build(config: dict[str, Any], where: str) -> Any:
    """What a configuration's `_target_` makes of its arguments."""
    try:
        return instantiate(config, _convert_="all")
    except InstantiationException as error:
        text = str(error)
        inner = re.search(r"full_key: (\S+)", text)
        part = inner.group(1).split(".") if inner else []
        values = config
        for name in part:
            values = values[name]
        key, cause = ".".join([where, *part]), error.__cause__
        if isinstance(cause, ValidationError):
            raise ConfigError(_sentence(cause, values, f"{key}.")) from None
        if text.startswith("Error locating target"):
            target = str(values["_target_"])
            raise ConfigError(f"{key}._target_: there is no {target!r}{_near(target)}") from None
        raise ConfigError(f"{key}: {cause or ' '.join(text.split())}") from None


def _sentence(error: ValidationError, values: dict[str, Any], prefix: str = "") -> str:
    """The first thing that pydantic complains of, about a key of `values`."""
    first = error.errors(include_url=False)[0]
    *parents, name = first["loc"]
    key = prefix + ".".join(str(part) for part in first["loc"])
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        for parent in map(str, parents):
            values = values[parent]
        known = [other for other in values if other not in (name, "_target_")]
        return f"{key}: there is no such key{did_you_mean(str(name), known)}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    given = first.get("input")
    # Our own messages say all that is needed; of what is missing nothing was given.
    silent = first["type"] in ("value_error", "missing") or isinstance(given, dict)
    shown = "" if silent else f", got {given!r}"
    return f"{key}: {message}{shown}"


def _near(target: str) -> str:
    """`; did you mean …?` for a dotted name, if its module has a name close to it."""
    module, _, name = target.rpartition(".")
    try:
        return did_you_mean(name, vars(import_module(module)))
    except (ImportError, ValueError):
        return ""
