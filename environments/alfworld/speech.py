"""How ALFWorld words looking, taking and leaving; it takes no other words."""

from __future__ import annotations

from environments.speech import Speech, Way

SPEECH = Speech(
    ways={
        "look": Way("look", "look"),
        "inventory": Way("inventory", "inventory"),
        "examine": Way("examine (.+)", "examine {}"),
        "take": Way("take (.+) from .+"),
        "put": Way("move (.+) to .+"),
        "open": Way("open (.+)"),
        "close": Way("close (.+)", "close {}"),
        "leave": Way("go to .+"),
    },
    arrival=r"^You arrive at (.+?)\.",
    place="place",
    # Not examine_before_taking: only what one holds can be examined.
    rules=(
        "look_on_arrival",
        "look_before_leaving",
        "look_after_opening",
        "look_after_putting",
        "inventory_at_first",
        "inventory_every_fifth",
        "inventory_after_taking",
        "examine_after_taking",
        "examine_before_opening",
        "close_behind",
    ),
)
