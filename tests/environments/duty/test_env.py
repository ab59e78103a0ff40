"""What every duty promises: rules that can be broken and kept, and an expert that keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import gymnasium as gym
import numpy as np
import pytest

import environments  # noqa: F401 - registers driftgauge/…
from environments.checker import check
from environments.duty.env import OFFERED, DutyEnv
from environments.duty.rules import Rule, Turn
from environments.registry import environment_class, make, rulebook_of

IDS = [f"driftgauge/{name}-v0" for name in ("Support", "DataEntry", "Persona", "CodeReview")]
CAP = 40


@pytest.fixture(params=IDS)
def id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def rules_of(id: str) -> dict[str, Rule[Any]]:
    return dict(cast(type[DutyEnv[Any]], environment_class(id)).rules_by_name)


def opened(id: str, rules: Sequence[str]) -> gym.Env[str, str]:
    return make(id, {}, rules)


def walk(env: gym.Env[str, str], seed: int, turns: int = CAP) -> Iterator[dict[str, Any]]:
    """Replies at random among those that are offered; what is the case before and after each."""
    random = np.random.default_rng(seed)
    _, info = env.reset(seed=seed)
    yield info
    for _ in range(turns):
        if not info["admissible"]:
            return
        *_, info = env.step(str(random.choice(info["admissible"])))
        yield info


def test_the_contract_is_kept_under_rules_too(id: str) -> None:
    rules = rulebook_of(environment_class(id)).draw(4, np.random.default_rng(3))
    assert [result for result in check(id, seeds=(0,), rules=rules) if not result.ok] == []


def test_the_expert_solves_every_case_and_keeps_whatever_rules_are_drawn(id: str) -> None:
    book = rulebook_of(environment_class(id))
    random = np.random.default_rng(0)
    drawn = Counter[str]()
    for seed in range(60):
        rules = book.draw(4, random)
        drawn.update(rules)
        env = opened(id, rules)
        _, info = env.reset(seed=seed)
        for left in range(info["distance"], 0, -1):
            assert info["distance"] == left
            *_, info = env.step(info["expert"])
            assert info["accepted"]
            assert info["violations"] == ()
        assert info["won"]
        env.close()
    topics = {rule.topic for rule in rules_of(id).values()}
    assert {rules_of(id)[name].topic for name in drawn} == topics


def test_the_expert_finds_back_from_wherever_somebody_has_led(id: str) -> None:
    book = rulebook_of(environment_class(id))
    random = np.random.default_rng(1)
    for seed in range(30):
        env = opened(id, book.draw(4, random))
        *_, info = walk(env, seed, turns=6)
        while info["admissible"]:
            before = info["distance"]
            *_, info = env.step(info["expert"])
            assert info["violations"] == ()
            assert info["distance"] == before - 1
        env.close()


def test_there_are_always_as_many_replies_and_each_is_understood(id: str) -> None:
    book = rulebook_of(environment_class(id))
    random = np.random.default_rng(2)
    for seed in range(20):
        env = opened(id, book.draw(3, random))
        for info in walk(env, seed):
            assert info["accepted"] is not False
            assert len(info["admissible"]) == (0 if info["won"] or info["lost"] else OFFERED)
            assert info["expert"] is None or info["expert"] in info["admissible"]
        env.close()


def test_a_reply_that_breaks_a_rule_is_offered_wherever_one_can_be_broken(id: str) -> None:
    book = rulebook_of(environment_class(id))
    random = np.random.default_rng(4)
    turns = tempted = 0
    for seed in range(20):
        env = opened(id, book.draw(4, random))
        duty = cast(DutyEnv[Any], env.unwrapped)
        _, info = env.reset(seed=seed)
        while info["admissible"]:
            case, due = duty._begun(), duty._turn
            broken = [duty._broken(case, due, reply) for reply in info["admissible"]]
            if any(
                kept is not None
                for kept in duty._judged(_said(info["expert"], duty), case).values()
            ):
                turns += 1
                tempted += any(broken)
            *_, info = env.step(info["expert"])
        env.close()
    # A few rules have a say and cannot be broken any more: who is verified, stays so.
    assert tempted > 0.9 * turns


def _said(reply: str, duty: DutyEnv[Any]) -> Turn:
    return duty._turn._replace(reply=reply, acts=duty._begun().read(reply))


def _most_like_the_others(replies: Sequence[str]) -> str:
    words = [Counter(reply.split()) for reply in replies]
    return replies[int(np.argmax([sum((a & b).total() for b in words) for a in words]))]


def _shortest(replies: Sequence[str]) -> str:
    return min(replies, key=len)


def _longest(replies: Sequence[str]) -> str:
    return max(replies, key=len)


@pytest.mark.parametrize("guess", [_most_like_the_others, _shortest, _longest])
def test_the_replies_do_not_tell_which_one_is_right(
    id: str, guess: Callable[[Sequence[str]], str]
) -> None:
    book = rulebook_of(environment_class(id))
    random = np.random.default_rng(5)
    won = []
    for seed in range(40):
        env = opened(id, book.draw(4, random))
        _, info = env.reset(seed=seed)
        for _ in range(14):
            if info["admissible"]:
                *_, info = env.step(guess(info["admissible"]))
        won.append(info["won"])
        env.close()
    assert np.mean(won) < 0.25


def test_there_are_at_least_ten_rules_of_eight_topics(id: str) -> None:
    rules = rules_of(id)
    assert len(rules) >= 10
    assert len({rule.topic for rule in rules.values()}) >= 8


@pytest.mark.parametrize(("id", "name"), [(id, name) for id in IDS for name in rules_of(id)])
def test_every_rule_can_be_kept_and_can_be_broken(id: str, name: str) -> None:
    always = rulebook_of(environment_class(id)).always
    others = next((n for n, r in rules_of(id).items() if r.topic in always), name)
    rules = (name,) if name == others or rules_of(id)[name].topic in always else (others, name)
    judged = set[bool]()
    for seed in range(200):
        env = opened(id, rules)
        for info in list(walk(env, seed))[1:]:
            alone = rules == (name,)
            if name in info["violations"]:
                judged.add(False)
            elif alone and info["opportunity"]:
                judged.add(True)
        env.reset(seed=seed)
        if not alone:
            judged |= _by_the_expert(env, name)
        env.close()
        if len(judged) == 2:
            return
    pytest.fail(f"{name} was only ever {judged}.")


def _by_the_expert(env: gym.Env[str, str], name: str) -> set[bool]:
    """Whether a rule had a say in a case that the expert solves: it then kept it."""
    duty = cast(DutyEnv[Any], env.unwrapped)
    info = duty._info
    while info and info["expert"]:
        if duty._judged(_said(info["expert"], duty), duty._begun())[name]:
            return {True}
        info = cast(Any, env.step(info["expert"])[4])
    return set()


def test_the_case_is_the_same_whatever_the_rules(id: str) -> None:
    book = rulebook_of(environment_class(id))
    contents = set()
    for rules in (
        (),
        book.draw(4, np.random.default_rng(0)),
        book.draw(5, np.random.default_rng(1)),
    ):
        env = opened(id, rules)
        opening, _ = env.reset(seed=5)
        contents.add((env.get_wrapper_attr("content"), env.get_wrapper_attr("goal"), opening))
        env.close()
    assert len(contents) == 1


def test_what_is_written_freely_is_read_as_well(id: str) -> None:
    env = opened(id, ())
    _, info = env.reset(seed=0)
    *_, info = env.step(f"  {info['expert']}  ")
    assert info["accepted"]
    before = info["distance"]
    *_, info = env.step("The weather is fine.")
    assert (info["accepted"], info["distance"]) == (False, before)
    assert environment_class(id).messages


def test_nothing_is_sent_that_is_not_one_line(id: str) -> None:
    env = opened(id, ())
    _, before = env.reset(seed=0)
    for text in ("", "done\ndone", "done\x00", "d" * 401):
        *_, info = env.step(text)
        assert not info["accepted"]
        assert info["state"] == before["state"]


def test_rules_that_are_unknown_or_exclude_each_other_are_refused(id: str) -> None:
    with pytest.raises(ValueError, match="got no_magic"):
        opened(id, ["no_magic"])
    rules = rules_of(id)
    topic, count = Counter(rule.topic for rule in rules.values()).most_common(1)[0]
    assert count > 1
    with pytest.raises(ValueError, match="cannot both be in force"):
        opened(id, [name for name, rule in rules.items() if rule.topic == topic][:2])
