"""Arms: one mechanism, other histories."""

from harness.agent import Episode, Exchange
from harness.session import ARMS, Cell, cells, play_of
from tests.harness.walks import Walker, moody, panel

PANEL = panel(blocks=2, tasks=3)
BLOCK = PANEL.blocks[0]
SESSION = [
    Episode("Go.", "A room.", (Exchange("go", "Another room."),)),
    Episode("Go on.", "A third room."),
]


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


def test_an_arm_is_a_history() -> None:
    assert ARMS["chained"](SESSION) == tuple(SESSION)
    assert ARMS["fresh"](SESSION) == ()


def _play(arm: str, agent: Walker, session: list[Episode], order: int = 0, at: int = 2) -> str:
    return play_of(Cell(BLOCK, order, at, arm), session, agent).id


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
    assert play_of(Cell(BLOCK, 0, 2, "chained"), SESSION, agent).history == ()
    assert _play("chained", agent, SESSION) == _play("fresh", agent, SESSION)
