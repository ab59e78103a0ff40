"""Arms: one mechanism, other histories."""

import pytest

from harness.agent import Episode, Exchange, History, turns_in
from harness.session import ARMS, Cell, Past, age, cells, play_of
from tests.harness.walks import Walker, moody, panel

PANEL = panel(blocks=2, tasks=3)
BLOCK = PANEL.blocks[0]
SESSION = [
    Episode("Go.", "A room.", (Exchange("go", "Another room."),)),
    Episode("Go on.", "A third room."),
]


def words(text: str) -> int:
    return len(text.split())


def past(
    own: list[Episode], expert: tuple[Episode, ...] = (), key: tuple[str | int, ...] = (0, "0", 0)
) -> Past:
    return Past(own, expert, words, key)


def texts(history: History) -> list[str]:
    return [
        text
        for episode in history
        for text in (episode.goal, episode.opening, *(t for e in episode.exchanges for t in e))
    ]


def lived(turns: int, tasks: int = 2) -> list[Episode]:
    """A session of tasks in which the agent wandered for so many turns each."""
    exchange = Exchange("go to the hall", "You are in the hall. There is nothing to see here.")
    return [Episode("Find the way out.", "You are in a cellar.", (exchange,) * turns)] * tasks


def test_every_arm_has_every_position_of_every_session() -> None:
    names = [cell.name for cell in cells(PANEL, ("chained", "fresh"))]
    assert len(names) == len(set(names)) == 2 * 2 * 2 * 3
    assert names[:4] == [
        ("0", 0, 1, "chained"),
        ("0", 0, 2, "chained"),
        ("0", 0, 3, "chained"),
        ("0", 1, 1, "chained"),
    ]
    assert {cell.order for cell in cells(PANEL, ("chained",), orders=1)} == {0}


def test_a_position_plays_what_its_order_says() -> None:
    forth = [Cell(BLOCK, 0, k, "chained").task.name for k in (1, 2, 3)]
    back = [Cell(BLOCK, 1, k, "chained").task.name for k in (1, 2, 3)]
    assert forth == ["test0/0/A", "test0/0/B", "test0/0/C"] == back[::-1]


def test_a_session_ends_at_its_last_position() -> None:
    cell: Cell | None = Cell(BLOCK, 1, 1, "chained")
    seen = []
    while cell is not None:
        seen.append(cell.position)
        cell = cell.following()
    assert seen == [1, 2, 3]


def test_chained_is_what_was_lived_and_fresh_is_nothing() -> None:
    assert ARMS["chained"](past(SESSION)) == tuple(SESSION)
    assert ARMS["fresh"](past(SESSION)) == ()


def test_padded_is_as_long_message_by_message_and_shares_no_text() -> None:
    own = lived(turns=5)
    padded = ARMS["padded"](past(own))
    assert [len(episode.exchanges) for episode in padded] == [5, 5]
    for neutral, text in zip(texts(padded), texts(tuple(own)), strict=True):
        assert neutral and neutral != text
        assert abs(words(neutral) - words(text)) <= 1
    assert sum(map(words, texts(padded))) == sum(map(words, texts(tuple(own))))


def test_padded_goes_on_where_it_was_as_the_session_grows() -> None:
    """What is encoded for one position serves the next."""
    own = lived(turns=3, tasks=4)
    whole = ARMS["padded"](past(own))
    assert all(ARMS["padded"](past(own[:k])) == whole[:k] for k in range(5))


def test_sessions_begin_at_different_places_of_the_prose() -> None:
    own = lived(turns=3)
    begins = {ARMS["padded"](past(own, key=(0, "0", order)))[0].opening for order in range(8)}
    assert len(begins) > 1


@pytest.mark.parametrize("wandered", [3, 5, 12])
def test_expert_is_the_experts_play_behind_neutral_turns_up_to_the_chained_length(
    wandered: int,
) -> None:
    own, plays = lived(turns=wandered, tasks=3), tuple(lived(turns=2, tasks=3))
    filler, *rest = ARMS["expert"](past(own, plays))
    assert tuple(rest) == plays
    history = (filler, *plays)
    assert turns_in(history) == turns_in(tuple(own))
    assert abs(sum(map(words, texts(history))) - sum(map(words, texts(tuple(own))))) <= 3
    assert not {*texts((filler,))} & {*texts(tuple(own))}


@pytest.mark.parametrize("wandered", [0, 2])
def test_where_the_expert_took_as_long_nothing_is_filled_in(wandered: int) -> None:
    plays = tuple(lived(turns=2))
    assert ARMS["expert"](past(lived(turns=wandered), plays)) == plays


@pytest.mark.parametrize("arm", ARMS)
def test_at_position_1_every_arm_is_an_empty_history(arm: str) -> None:
    assert ARMS[arm](past([])) == ()


def test_the_age_of_a_task_is_what_the_session_lived_before_it() -> None:
    of = {arm: age(Cell(BLOCK, 0, 3, arm), SESSION) for arm in ARMS}
    assert of == {"chained": 1, "fresh": 0, "padded": 1, "expert": 1, "undamaged": 0}


def _play(arm: str, agent: Walker, session: list[Episode], order: int = 0, at: int = 2) -> str:
    return play_of(Cell(BLOCK, order, at, arm), past(session), agent).id


def test_equal_histories_and_states_are_one_play() -> None:
    agent = Walker(moody)
    assert _play("chained", agent, []) == _play("fresh", agent, SESSION)
    assert _play("fresh", agent, [], order=0) == _play("fresh", agent, [], order=1)
    assert _play("chained", agent, SESSION) != _play("fresh", agent, SESSION)
    assert _play("chained", agent, SESSION) != _play("chained", agent, SESSION[::-1])
    assert _play("fresh", agent, [], at=1) != _play("fresh", agent, [], at=2)


def test_what_is_not_deterministic_is_played_for_every_row() -> None:
    agent = Walker(moody, deterministic=False)
    assert _play("chained", agent, []) != _play("fresh", agent, [])
    assert _play("fresh", agent, [], order=0) != _play("fresh", agent, [], order=1)


def test_what_sees_no_history_is_given_none() -> None:
    agent = Walker(moody, sees_history=False)
    assert play_of(Cell(BLOCK, 0, 2, "chained"), past(SESSION), agent).history == ()
    assert _play("chained", agent, SESSION) == _play("fresh", agent, SESSION)
