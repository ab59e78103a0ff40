"""The engine of DriftGauge: tasks, sessions, rollouts, records, drift, report.

import harness
run = harness.load("runs/3f2a91c0")      # or several: the entries of one comparison
run.turns, run.tasks                     # pandas frames
run.drift()                              # an entry a row: value, low, high, p
"""

from harness.agent import Agent, Decision, View
from harness.comparison import Comparison, load

__all__ = ["Agent", "Comparison", "Decision", "View", "load"]
