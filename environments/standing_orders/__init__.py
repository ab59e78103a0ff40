"""Standing orders: rules in the brief that have nothing to do with the task, over any environment.

env = StandingOrders(gym.make("driftgauge/TextWorldQuest-v0"), ("look_on_arrival", "close_behind"))
print(rulebook(env.speech).tell(env.rules))         # what the agent is told, once
observation, info = env.reset(seed=3)
info["expert"]                                      # keeps the rules, and wins
*_, info = env.step("go north")
info["violations"], info["opportunity"]             # ((), False)
"""

from __future__ import annotations

from environments.standing_orders.rules import RULES, Rule, rulebook
from environments.standing_orders.wrapper import StandingOrders

__all__ = ["RULES", "Rule", "StandingOrders", "rulebook"]
