"""A corridor that keeps the contract, and corridors that break one promise each."""

import itertools
import os
import random
import subprocess
from pathlib import Path

import gymnasium as gym
from gymnasium import spaces

from environments import TextEnv


class Corridor(TextEnv):
    """Walk east as many rooms as the seed says."""

    observation_space = spaces.Text(100, min_length=0, charset=frozenset(map(chr, range(128))))
    action_space = spaces.Text(20)
    goal = "Go to the east end."
    content = "0" * 64

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.length = 3 + (int(self.np_random.integers(5)) if seed is None else seed % 5)
        self.room = 0
        return self.observe(), self.info(None)

    def step(self, action):
        if self.room is None:
            raise gym.error.ResetNeeded("Call reset().")
        accepted = action in self.moves()
        if accepted:
            self.room += {"east": 1, "west": -1}[action]
        done = self.room == self.length
        return self.observe(), float(done), done, False, self.info(accepted)

    def close(self):
        self.room = None

    def moves(self):
        return [*["east"] * (self.room < self.length), *["west"] * (self.room > 0)]

    def observe(self):
        return f"Room {self.room} of {self.length}."

    def info(self, accepted):
        left = self.length - self.room
        return {
            "admissible": tuple(self.moves()) if left else (),
            "expert": "east" if left else None,
            "distance": left,
            "progress": self.room / self.length,
            "state": self.observe(),
            "accepted": accepted,
            "violations": (),
            "opportunity": False,
            "required": False,
            "won": not left,
            "lost": False,
        }


class Untyped(Corridor):
    def info(self, accepted):
        return {**super().info(accepted), "violations": []}


class Forgetful(Corridor):
    count = itertools.count()

    def reset(self, *, seed=None, options=None):
        observation, info = super().reset(seed=seed)
        return f"{observation} Visit {next(self.count)}.", info


class Clocked(Corridor):
    def step(self, action):
        observation, *rest = super().step(action)
        return f"{observation} Process {os.getpid()}.", *rest


class Lost(Corridor):
    def info(self, accepted):
        info = super().info(accepted)
        return {**info, "expert": "west" if self.room == 2 else info["expert"]}


class Boastful(Corridor):
    def info(self, accepted):
        info = super().info(accepted)
        return {**info, "admissible": info["admissible"] and (*info["admissible"], "xyzzy")}


class Fragile(Corridor):
    def step(self, action):
        action.encode("ascii")
        return super().step(action)


class Global(Corridor):
    def observe(self):
        random.random()
        return super().observe()


class Undead(Corridor):
    def close(self):
        pass


class Leaky(Corridor):
    files = []  # noqa: RUF012

    def reset(self, *, seed=None, options=None):
        self.files.append(Path(os.devnull).open())  # noqa: SIM115
        return super().reset(seed=seed)


class Abandoning(Corridor):
    """Starts a process at every reset, and leaves it behind."""

    def reset(self, *, seed=None, options=None):
        subprocess.Popen(["sleep", "20"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return super().reset(seed=seed)


class Loud(Corridor):
    observation_space = spaces.Text(5)


for toy in (Corridor, *Corridor.__subclasses__()):
    gym.register(f"toy/{toy.__name__}-v0", toy, disable_env_checker=True)
