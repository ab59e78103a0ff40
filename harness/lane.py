"""A play that is going on in a slot: where it stands, what the agent is shown, its turns.

    reset sent → the recorded commands sent, one after another → ready
    ready → decided, and the command sent → recorded → ready or ended

A lane waits for its environment, or it is ready: then the agent is to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from environments.contract import Info
from harness.agent import Decision, Episode, Exchange, View, turns_in
from harness.records import End, TurnRow
from harness.schedule import exchanges
from harness.session import Play
from harness.task import PanelMismatch, Task
from harness.workers import Reply

UNREADABLE = "That is not a command."
"""What the agent reads when no command could be read from its output."""


class Diverged(Exception):
    """A replay led to another state than the one that is recorded."""


class Decided(NamedTuple):
    """A decision whose outcome is not known yet."""

    decision: Decision
    seconds: float
    """The batch's wall time divided by its decisions."""
    chosen: bool
    """The command was chosen among the admissible ones."""


@dataclass
class Lane:
    """A play in a slot."""

    slot: int
    play: Play
    rows: list[TurnRow]
    """The turns so far, those of an earlier start among them."""
    episode: Episode = field(default_factory=lambda: Episode("", ""))
    """The task so far, as it stands in a history."""
    info: Info | None = None
    """What the environment told last; None until it has begun."""
    replayed: int = 0
    """How many of the rows the environment has been through."""
    decided: Decided | None = None
    """What the environment, or `record`, has to answer now."""
    retried: bool = False
    void: str = ""
    """Why the task is void, if it is."""

    @property
    def ready(self) -> bool:
        """The environment is where the rows end, and nothing has been decided there."""
        return self.info is not None and self.replayed == len(self.rows) and self.decided is None

    @property
    def end(self) -> End | None:
        """How the task ended, or None while it goes on."""
        if self.void:
            return "void"
        if self.rows and self.rows[-1].won:
            return "won"
        if self.rows and self.rows[-1].lost:
            return "lost"
        return "capped" if len(self.rows) >= self.play.task.cap else None

    def begin(self) -> None:
        """Begin from the task's start: the environment is being reset."""
        self.info, self.replayed, self.decided = None, 0, None

    def replay(self, reply: Reply) -> str | None:
        """Take in the answer to a reset or to a recorded command.

        Returns:
            The next recorded command; None once the environment is where the rows end.

        Raises:
            Diverged: the recorded command led elsewhere.
            PanelMismatch: the game is another one.
        """
        if self.info is None:
            _check_content(self.play.task, reply.content)
            self.episode = Episode(reply.goal, reply.observation, exchanges(self.rows))
            if self.play.past is not None:
                self.void = _void(reply.info)
        else:
            self._pass(reply.info)
        self.info = reply.info
        while self.replayed < len(self.rows):
            command = self.rows[self.replayed].command
            if command is not None:
                return command
            self._pass(self.info)
        return None

    def view(self, seed: int, messages: bool) -> View:
        """What the agent is shown in a ready lane.

        Args:
            seed: the panel's.
            messages: what the agent writes is sent as it is.
        """
        assert self.info is not None
        return View(
            slot=self.slot,
            brief=self.play.brief,
            history=self.play.history,
            episode=self.episode,
            admissible=self.info["admissible"] or (),
            key=("act", seed, self.play.task.name, len(self.rows) + 1),
            expert=self.info["expert"],
            messages=messages,
        )

    def record(self, reply: Reply | None) -> TurnRow:
        """Add what came of the decision to rows and episode.

        Args:
            reply: None for an output that could not be read: nothing was sent, the state stays.
        """
        row = self._row(reply)
        self.rows.append(row)
        said = Exchange(row.text, row.feedback)
        self.episode = self.episode._replace(exchanges=(*self.episode.exchanges, said))
        if reply is not None:
            self.info = reply.info
        self.replayed, self.decided = len(self.rows), None
        return row

    def _pass(self, info: Info) -> None:
        """The environment answered a recorded turn by `info`."""
        row = self.rows[self.replayed]
        if info["state"] != row.state_after:
            raise Diverged(f"replay diverged at turn {row.turn}: {row.command!r}")
        self.replayed += 1

    def _row(self, reply: Reply | None) -> TurnRow:
        before, decided = self.info, self.decided
        assert before is not None and decided is not None
        after = before if reply is None else reply.info
        decision = decided.decision
        return TurnRow(
            play=self.play.id,
            task=self.play.task.name,
            turn=len(self.rows) + 1,
            age=turns_in(self.play.history),
            observation=self.episode.observation,
            admissible=before["admissible"],
            command=decision.command,
            text=decision.said,
            feedback=UNREADABLE if reply is None else reply.observation,
            chosen=decided.chosen,
            expert=before["expert"],
            state_before=before["state"],
            state_after=after["state"],
            distance_before=before["distance"],
            distance_after=after["distance"],
            progress=after["progress"],
            accepted=None if reply is None else after["accepted"],
            violations=() if reply is None else after["violations"],
            opportunity=False if reply is None else after["opportunity"],
            required=False if reply is None else after["required"],
            won=after["won"],
            # A game that ends and is not won is lost, whatever it calls it.
            lost=after["lost"] or (reply is not None and reply.ended and not after["won"]),
            margin=decision.margin,
            recomputed=decision.recomputed,
            prompt_tokens=decision.prompt_tokens,
            encoded_tokens=decision.encoded_tokens,
            generated_tokens=decision.generated_tokens,
            dropped_turns=decision.dropped_turns,
            steered_tokens=decision.steered_tokens,
            dose=decision.dose,
            seconds=decided.seconds,
        )


def _void(info: Info) -> str:
    """Why there is nothing to be done in a world as earlier tasks have left it."""
    if info["won"]:
        return "it was done already"
    return "it could no longer be done" if info["lost"] else ""


def _check_content(task: Task, content: str) -> None:
    if content != task.content:
        raise PanelMismatch(
            f"Task {task.name} came out as {content[:12]} when it was played, but the panel has "
            f"{task.content[:12]}: the game has changed since the panel was made."
        )
