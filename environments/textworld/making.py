"""The child process that makes TextWorld games: a key a line in, a content hash a line out.

    $ PYTHONHASHSEED=0 python -m environments.textworld.making
    ["treasure_hunter", {"level": 7}, 3]
    {"content": "48286a76b1d9…"}

`environments.textworld.games` starts it; nothing else should, since a game depends on the
hashing that is fixed before Python starts.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import textworld
from textworld import GameOptions
from textworld.challenges.tw_coin_collector import coin_collector
from textworld.challenges.tw_cooking import cooking
from textworld.challenges.tw_simple import simple
from textworld.challenges.tw_treasure_hunter import treasure_hunter
from textworld.generator import compile_game, make_game
from textworld.generator.data import KnowledgeBase
from textworld.generator.game import Game, GameProgression

from environments.child import claim_stdout
from environments.digest import canonical
from environments.textworld.errands.making import draw, house
from environments.textworld.games import GameKey, store
from environments.textworld.logic import Logic, Opened
from environments.textworld.plan import Planner
from environments.textworld.search import Search

ATTEMPTS = 100
"""Seeds tried in turn, each drawn from the last one's, before a key is given up."""

EFFORT = 1000
"""Steps of the search for quests after which a seed is given up; most need less than 100."""

SERIAL = slice(0x12, 0x18)
"""Where a story file carries the date of its making (Z-Machine Standard 1.1, section 11)."""


def _treasure_hunter(parameters: Mapping[str, Any], options: GameOptions) -> Any:
    return treasure_hunter.make(parameters, options)


def _coin_collector(parameters: Mapping[str, Any], options: GameOptions) -> Any:
    return coin_collector.make(parameters, options)


def _cooking(parameters: Mapping[str, Any], options: GameOptions) -> Any:
    return cooking.make({**parameters, "drop": False, "recipe_seed": 0}, options)


def _quest(parameters: Mapping[str, Any], options: GameOptions) -> Any:
    options.nb_rooms = parameters["rooms"]
    options.nb_objects = parameters["objects"]
    options.quest_length = parameters["quest_length"]
    options.nb_parallel_quests = parameters["quests"]
    options.grammar.only_last_action = not parameters["route"]
    return make_game(options)


def _simple(parameters: Mapping[str, Any], options: GameOptions) -> Any:
    return simple.make({**parameters, "test": parameters["split"] == "test"}, options)


FAMILIES: dict[str, Callable[[Mapping[str, Any], GameOptions], Any]] = {
    "treasure_hunter": _treasure_hunter,
    "coin_collector": _coin_collector,
    "cooking": _cooking,
    "quest": _quest,
    "simple": _simple,
    "errands": house,
}


def make(key: GameKey) -> tuple[bytes, bytes]:
    """Make the game of ``key``: its canonical form, and its story file.

    Some seeds give no game (no quest of the wanted length fits into the map, or none is found
    in `EFFORT` steps), and some a game that cannot be played as planned. Then the next seed is
    tried, so that a key names one game that its plan was seen to win or, after `ATTEMPTS`, raises.
    """
    for attempt in range(ATTEMPTS):
        seed = key.seed
        if attempt:
            seed = int(np.random.SeedSequence([key.seed, attempt]).generate_state(1)[0])
        try:
            return _make(key, seed)
        except Exception as error:  # the generators raise whatever they stumble over
            failure = error
    raise failure


def _make(key: GameKey, seed: int) -> tuple[bytes, bytes]:
    options = GameOptions()
    options.chaining = Search(EFFORT)
    options.seeds = seed
    game = FAMILIES[key.family](key.parameters, options)
    if _ambiguous(game):
        raise ValueError("the name of a container is part of another thing's")
    with tempfile.TemporaryDirectory() as workshop:
        options.path = str(Path(workshop) / "game.z8")
        story = Path(compile_game(game, options))
        content = json.loads(story.with_suffix(".json").read_bytes())
        compiled = bytearray(story.read_bytes())
        facts = _errands(story, key) if key.family == "errands" else _quests(game, story)
    # What differs between machines, seeds or runs and is not part of the game: the folder where
    # TextWorld is installed, the options of the text generator (with a set in no order), the
    # seeds. Two seeds that give the same game have the same content.
    content["KB"]["text_grammars_path"] = ""
    content["grammar"], content["metadata"] = {}, facts
    compiled[SERIAL] = b"000000"
    return canonical(content), bytes(compiled)


def _ambiguous(game: Any) -> bool:
    """Whether "take key from locker" can make the game ask: the locker or the type 0 locker?

    Elsewhere TextWorld's games prefer the thing whose whole name was typed. Containers and
    supporters stay in their rooms, so that two of them only matter in the same one.
    """
    things = [info for info in game.infos.values() if info.name and info.type != "r"]
    holders = [info for info in things if game.kb.types.is_descendant_of(info.type, ["c", "s"])]
    room = {fact.names[0]: fact.names[1] for fact in game.world.facts if fact.name == "at"}
    return any(
        set(holder.name.lower().split()) <= set(thing.name.lower().split())
        for holder, thing in itertools.product(holders, things)
        if holder is not thing and (thing not in holders or room[thing.id] == room[holder.id])
    )


def _errands(story: Path, key: GameKey) -> dict[str, Any]:
    """The errands of a house, which were done in it."""
    game = Opened("", story, Logic(Game.load(str(story.with_suffix(".json")))))
    return {"errands": draw(game, key.parameters["errands"], key.seed)}


def _quests(game: Any, story: Path) -> dict[str, Any]:
    """Nothing: the quests of a game stand in it. But see that TextWorld's plan wins it."""
    commands = Planner(GameProgression(game)).commands
    if not commands:
        raise ValueError("TextWorld has no plan that wins, or the game is won at the start")
    played = textworld.start(str(story))
    state = played.reset()
    for command in commands:
        state, _, _ = played.step(command)
    played.close()
    if not state.won:
        raise ValueError("the game did not take TextWorld's plan")
    return {}


def main() -> None:
    """Make games until the input ends."""
    replies = claim_stdout()
    # What a family's games have in common is parsed for every game, which takes half of its time.
    KnowledgeBase.load = cache(KnowledgeBase.load)
    for line in sys.stdin:
        key = GameKey(*json.loads(line))
        try:
            reply = {"content": store(key, *make(key))}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
