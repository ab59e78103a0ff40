"""A house of three rooms in a row, a chest in the first: take the lamp from it to the last."""

from __future__ import annotations

import string

from gymnasium import spaces

from environments.digest import canonical, digest
from environments.numbered import NumberedEnv, Situation
from environments.textworld.speech import SPEECH

ROOMS = ("Hall", "Study", "Attic")


class House(NumberedEnv):
    """The lamp is in the chest, which is closed."""

    speech = SPEECH
    observation_space = spaces.Text(200, min_length=0, charset=string.printable)
    action_space = spaces.Text(50, charset=string.ascii_letters + " ")
    goal = "Take the lamp to the attic."
    content = digest("house")

    def _begin(self, number: int) -> Situation:
        self.room, self.open, self.held = 0, False, False
        return self._now("-= Hall =-")

    def _take(self, command: str) -> Situation | None:
        if command not in self._admissible():
            return self._now("You can't.", accepted=False)
        match command:
            case "open chest":
                self.open = True
            case "close chest":
                self.open = False
            case "take lamp from chest":
                self.held = True
            case "go east":
                self.room += 1
                return self._now(f"-= {ROOMS[self.room]} =-")
            case "go west":
                self.room -= 1
                return self._now(f"-= {ROOMS[self.room]} =-")
        return self._now("Done.")

    def _admissible(self) -> list[str]:
        chest = [
            "close chest" if self.open else "open chest",
            *(["take lamp from chest"] if self.open and not self.held else []),
        ]
        return [
            "look",
            "inventory",
            *(chest if self.room == 0 else []),
            *(["go east"] if self.room < 2 else []),
            *(["go west"] if self.room > 0 else []),
            *(["examine lamp"] if self.held or (self.room == 0 and self.open) else []),
        ]

    def _plan(self) -> list[str]:
        if self.held:
            return ["go east"] * (2 - self.room)
        fetch = ["take lamp from chest"] if self.open else ["open chest", "take lamp from chest"]
        return ["go west"] * self.room + fetch + ["go east"] * 2

    def _now(self, text: str, accepted: bool = True) -> Situation:
        plan = self._plan()
        return Situation(
            observation=text,
            facts=canonical([self.room, self.open, self.held]),
            admissible=tuple(self._admissible()),
            expert=plan[0] if plan else None,
            distance=len(plan),
            progress=0.0 if plan else 1.0,
            accepted=accepted,
            won=not plan,
        )
