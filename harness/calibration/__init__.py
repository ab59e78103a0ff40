"""Proof that the gauge is true: agents whose drift is known, and what the gauge says of them.

    table = calibrate()     # 10,000 experiments with each agent, in two processes
    print(text(table))
    wiring(folder)          # the same kinds of agents through the engine, in real games

The gauge's own estimators are called as they are, on simulated sessions; and in a real engine
every turn is recorded as the agent knows that it played it.
"""

from harness.calibration.calibrate import calibrate
from harness.calibration.table import text
from harness.calibration.wired import wiring

__all__ = ["calibrate", "text", "wiring"]
