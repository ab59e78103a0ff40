"""What is wrong with a configuration is said in a sentence, before anything is loaded."""

from pathlib import Path

import pytest

from baselines.lora import LoRA
from harness.config import ConfigError, RunConfig, did_you_mean, validate
from harness.lm import LanguageModel, LMAgent
from harness.probes import BriefRecall, GoalRecall
from npm_method import NPM


@pytest.fixture(autouse=True)
def nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise AssertionError("A language model was loaded.")

    monkeypatch.setattr(LanguageModel, "load", load)
    monkeypatch.setattr(LanguageModel, "__init__", load)


def _one(*overrides: str) -> RunConfig:
    [config] = validate(overrides)
    return config


GOAL = "_target_:harness.probes.GoalRecall"
BRIEF = "_target_:harness.probes.BriefRecall,question:q,options:[a,b]"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("environment.cpa=3", r"no key 'environment.cpa' .*did you mean 'environment.cap'\?"),
        ("+environment.cpa=3", r"environment.cpa: there is no such key; did you mean 'cap'\?"),
        ("enviroment=quest", r"no key 'enviroment' .*did you mean 'environment'\?"),
        ("agent=nmp", r"agent=nmp is none of .*expert, in_context, .*; did you mean 'npm'\?"),
        ("environment=cookng", r"environment=cookng is none of .*did you mean 'cooking'\?"),
        ("environment.cap=0", "environment.cap: .*greater than or equal to 1, got 0"),
        ("environment.blocks=many", "environment.blocks: .*valid integer.*got 'many'"),
        (
            "arms=[chained,fersh]",
            r"arms: arms are chained, fresh, padded, expert, undamaged; did you mean 'fresh'\?",
        ),
        ("arms=[fresh]", "arms: the chained arm must be among the arms"),
        ("seed=-1", "seed: .*greater than or equal to 0, got -1"),
        ("slots=0", "slots: .*greater than or equal to 1, got 0"),
        ("model.dtype=float23", "model.dtype: .*'float32', 'bfloat16' or 'float16', got 'float23'"),
        ("model=hf", "model.name must be given: add model.name=…"),
        ("experience.own_sessions=0", "experience.own_sessions: .*greater than or equal to 1"),
        ("agent=lora agent.adapter.rank=0", "agent.adapter.rank: .*equal to 1, got 0"),
        (
            "agent=lora +agent.adapter.rnk=3",
            r"agent.adapter.rnk: there is no such key; did you mean 'rank'\?",
        ),
        ("+agent.act_bye=choice", r"agent.act_bye: there is no .*; did you mean 'act_by'\?"),
        (
            "agent=npm agent.intervention.contrast=bth",
            "agent.intervention.contrast: .*'inter', 'intra' or 'both', got 'bth'",
        ),
        ("agent=random +agent.mood=good", r"agent: Random\(\) takes no arguments"),
        (
            "agent=random agent._target_=baselines.scripted.Randum",
            r"agent._target_: there is no 'baselines.scripted.Randum'; did you mean 'Random'\?",
        ),
        (
            "agent._target_=nowhere.Agent",
            "agent._target_: there is no 'nowhere.Agent'",
        ),
        ("agent.policy._target_=baselines.policies.Whole", "agent.policy._target_: there is no"),
        ("agent=random agent._target_=pathlib.Path", "an agent has a method act, .* has none"),
        ("expert._target_=baselines.scripted.Expret", r"expert._target_: .*did you mean 'Expert'"),
        (
            "environment.id=driftgauge/TextWorldQust-v0",
            "environment.id: Environment `TextWorldQust` doesn't exist .*`TextWorldQuest`",
        ),
        ("environment.id=nowhere:toy/Game-v0", "environment.id: .*cannot be imported.*'nowhere'"),
        (
            f"probes=[{{{GOAL}l}}]",
            r"probes.0._target_: there is no 'harness.probes.GoalRecalll'; .*'GoalRecall'\?",
        ),
        (f"probes=[{{{GOAL},every:0}}]", "probes.0.every: .*greater than or equal to 1, got 0"),
        (f"probes=[{{{GOAL},evry:2}}]", "probes.0.evry: there is no such key"),
        (f"probes=[{{{GOAL}}},{{{GOAL}}}]", "probes.1.name: there is a probe 'goal recall' before"),
        ("probes=[{_target_:harness.probes.BriefRecall}]", "probes.0.question: field required$"),
        (f"probes=[{{{BRIEF},expected:c}}]", "probes.0.expected: 'c' is none of the options: a, b"),
        (
            "probes=[{_target_:pathlib.Path}]",
            "a probe is a harness.probes.Probe, PosixPath is none",
        ),
        ("arms=[chained,fresh,undamaged]", "arms: undamaged needs a world that persists"),
        ("environment=errands arms=[chained,expert]", "arms: in a world that persists there is no"),
        ("probes=3", "probes: .*valid tuple, got 3"),
        ("agent=npm,lora", "agent=npm,lora asks for several runs: add -m"),
        ("agent=[", r"'agent=\[' is no group=option or key=value"),
        ("quest", "'quest' is no group=option or key=value"),
    ],
)
def test_a_mistake_is_named(line: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as raised:
        validate(line.split())
    assert "\n" not in str(raised.value)


def test_a_mistake_anywhere_in_a_sweep_stops_all_of_it() -> None:
    with pytest.raises(ConfigError, match=r"agent=nmp .*did you mean 'npm'"):
        validate(["agent=random,nmp"], sweep=True)
    with pytest.raises(ConfigError, match=r"environment.cap: .*got 0"):
        validate(["environment.cap=8,4,0"], sweep=True)


def test_the_default_is_whole() -> None:
    config = _one()
    assert config.name == "in_context" and config.environment.id.endswith("TreasureHunter-v0")
    assert config.folder == Path("runs") / config.hash
    assert len(config.hash) == 8


@pytest.mark.parametrize("agent", ["random", "expert", "no_memory", "in_context", "lora", "npm"])
@pytest.mark.parametrize("environment", ["quest", "cooking", "coin_collector"])
def test_every_entry_goes_with_every_environment(agent: str, environment: str) -> None:
    config = _one(f"agent={agent}", f"environment={environment}")
    assert config.name == agent and callable(config.build_agent().act)


def test_a_hybrid_has_the_parts_of_both() -> None:
    agent = _one("agent=lora_npm").build_agent()
    assert isinstance(agent, LMAgent)
    assert isinstance(agent.adapter, LoRA) and isinstance(agent.intervention, NPM)


def test_probes_are_built_with_their_options() -> None:
    assert _one().build_probes() == []
    probes = _one(f"probes=[{{{GOAL},every:3}},{{{BRIEF},expected:b}}]").build_probes()
    assert probes == [
        GoalRecall(every=3),
        BriefRecall(question="q", options=("a", "b"), expected="b"),
    ]


def test_a_sweep_has_all_combinations_in_order() -> None:
    configs = validate(["agent=npm,lora", "seed=0,1", "environment.cap=4"], sweep=True)
    assert [(config.name, config.seed) for config in configs] == [
        ("npm", 0),
        ("npm", 1),
        ("lora", 0),
        ("lora", 1),
    ]
    assert {config.environment.cap for config in configs} == {4}
    assert len({config.folder for config in configs}) == 4
    assert [config.seed for config in validate(["seed=range(3)"], sweep=True)] == [0, 1, 2]


def test_the_demo_has_seven_entries() -> None:
    demo = validate(["experiment=demo"])
    assert [config.name for config in demo] == [
        "random",
        "expert",
        "no_memory",
        "in_context",
        "lora",
        "npm",
        "lora_npm",
    ]
    assert {(config.group, config.seed, str(config.report)) for config in demo} == {
        ("demo", 0, "report")
    }
    assert [c.name for c in validate(["experiment=demo", "agent=npm", "seed=1,2"])] == ["npm"] * 2


SAME = ["slots=3", "workers=1", "runs=elsewhere", "report=there", "group=other", "reference=lora"]
OTHER = [
    "seed=1",
    "agent=no_memory",
    "agent.temperature=0.5",
    "environment=quest",
    "environment.cap=9",
    "model.dtype=bfloat16",
    "experience.own_sessions=5",
    "arms=[chained]",
    "name=mine",
    f"probes=[{{{GOAL}}}]",
]


@pytest.mark.parametrize("override", SAME)
def test_what_changes_no_result_changes_no_folder_name(override: str) -> None:
    assert _one(override).hash == _one().hash


@pytest.mark.parametrize("override", OTHER)
def test_what_can_change_a_result_has_a_folder_of_its_own(override: str) -> None:
    assert _one(override).hash != _one().hash


def test_only_what_is_close_is_suggested() -> None:
    assert did_you_mean("nmp", ["npm", "lora"]) == "; did you mean 'npm'?"
    assert did_you_mean("xyzzy", ["npm", "lora"]) == ""
