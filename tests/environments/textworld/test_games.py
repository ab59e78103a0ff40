"""The cache of games, and the children that fill it."""

import hashlib
import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from environments import child
from environments.textworld.env import CoinCollector, Cooking, Quest, Simple, TreasureHunter
from environments.textworld.games import GameError, GameKey, find, folder, prepare

KEY = GameKey("treasure_hunter", {"level": 1}, seed=5)

FAMILIES = [
    GameKey(family.family, family().parameters, seed=0)
    for family in (TreasureHunter, CoinCollector, Cooking, Quest, Simple)
]

MADE = {
    "1.7.0": {
        "treasure_hunter": "3290e4d036efbb2b4cb8d1b03e79c6b55086fdfc07d5d11cb574c5b49f185de1",
        "coin_collector": "91eb219e2518242eb796497e0270e9b35f157d678c049c0cdccdf6724b315934",
        "cooking": "3c4e39bd8bace3b7b005de11911c9dd0675e5f6e33ce7e5e3533e91880c9541f",
        "quest": "b53be8e93a6dd0f133a031e7a38b88f800451c37ec285a1a4afba52bdf56fc58",
        "simple": "41dc29a4c25e8c3f43f2d86a7fb09c071e85abb6e07ab3f8109b4b01bd64093a",
    },
}
"""What game 0 of each family is, by version of TextWorld. Panels are locked to such hashes."""

PREPARE = """
import json, sys
from environments.textworld.games import GameKey, prepare
keys = [GameKey(*key) for key in json.load(sys.stdin)]
print(json.dumps([game.content for game in prepare(keys, workers=1)]))
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path))
    return tmp_path


def in_another_process(keys, cache, hashing):
    environ = {**child.environ(), "DRIFTGAUGE_CACHE": str(cache), "PYTHONHASHSEED": hashing}
    process = subprocess.Popen(
        [sys.executable, "-c", PREPARE],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(json.dumps(keys))
    process.stdin.close()
    return process


def contents(process):
    with process:
        return json.loads(process.stdout.read())


def test_a_seed_means_the_same_game_in_every_process(tmp_path):
    here = [game.content for game in prepare(FAMILIES, workers=2)]
    assert contents(in_another_process(FAMILIES, tmp_path, hashing="7")) == here


def test_a_seed_means_the_game_that_it_has_always_meant():
    if version("textworld") not in MADE:
        pytest.skip(f"Nobody has noted the games of TextWorld {version('textworld')}.")
    made = {key.family: game.content for key, game in zip(FAMILIES, prepare(FAMILIES), strict=True)}
    assert made == MADE[version("textworld")]


def test_two_processes_may_make_the_same_game_at_once(cache):
    both = [in_another_process([KEY], cache, hashing) for hashing in ("1", "2")]
    assert contents(both[0]) == contents(both[1]) == [find(KEY).content]
    assert not [path for path in folder().rglob("*") if path.name.startswith(".")]


def test_a_game_is_made_once(cache, monkeypatch):
    calls = []
    [made] = prepare([KEY], progress=lambda ready, of: calls.append((ready, of)))
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("made again"))
    assert prepare([KEY, KEY], progress=lambda ready, of: calls.append((ready, of))) == [made] * 2
    assert calls == [(1, 1), (2, 2)]


def test_a_corrupt_entry_is_made_anew(cache):
    [made] = prepare([KEY])
    files = [made.story, made.story.with_suffix(".json"), *(folder() / "index").iterdir()]
    whole = [file.read_bytes() for file in files]
    for file, data in zip(files, whole, strict=True):
        file.write_bytes(data[: len(data) // 2])
    assert find(KEY) is None
    assert prepare([KEY]) == [made]
    assert [file.read_bytes() for file in files] == whole


def test_a_game_is_named_by_the_hash_of_its_canonical_form():
    [game] = prepare(FAMILIES[:1])
    data = game.story.with_suffix(".json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == game.content
    assert os.fsencode(sys.prefix) not in data  # no path of this machine
    assert game.story.read_bytes()[0x12:0x18] == b"000000"  # no date


def test_what_cannot_be_made_is_an_error_with_its_reason(cache):
    with pytest.raises(GameError, match=r"Expected level to be within"):
        prepare([GameKey("treasure_hunter", {"level": 99}, 0)])


def test_where_games_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("DRIFTGAUGE_CACHE", str(tmp_path / "ours"))
    assert folder() == tmp_path / "ours" / "games"
    monkeypatch.delenv("DRIFTGAUGE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "driftgauge" / "games"
