"""How ScienceWorld words looking, taking and leaving."""

from __future__ import annotations

from environments.speech import Speech, Way

SPEECH = Speech(
    ways={
        "look": Way("look|look around", "look around"),
        "inventory": Way("inventory", "inventory"),
        "take": Way("(?:pick up|get|take) (.+)"),
        "put": Way("(?:put down|drop) (.+)|(?:move|put) (.+) (?:to|in) .+"),
        "open": Way("open (.+)"),
        "leave": Way("(?:go|walk|teleport)(?: to)? .+"),
    },
    arrival=r"(?:^You (?:move|teleport) to the|is called the) ([\w ]+)\.",
    place="room",
    # Examining and closing take time, and behind them the expert knows no plan.
    rules=(
        "look_on_arrival",
        "look_before_leaving",
        "look_after_opening",
        "look_after_putting",
        "inventory_at_first",
        "inventory_every_fifth",
        "inventory_after_taking",
    ),
)
