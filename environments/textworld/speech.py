"""How TextWorld words looking, taking and leaving; of the words that it takes, the common ones."""

from __future__ import annotations

from environments.speech import Speech, Way

SPEECH = Speech(
    ways={
        "look": Way(r"l|look", "look"),
        "inventory": Way(r"i|inv|inventory|take inventory", "inventory"),
        "examine": Way(r"(?:x|examine|check|describe|watch|look at) (.+)", "examine {}"),
        "take": Way(r"(?:take|get|carry|hold|pick up|remove) (.+?)(?: (?:from|off|in) .+)?"),
        "put": Way(
            r"(?:put down|put|insert|drop|place|discard|throw) (.+?)(?: (?:in|into|on|onto) .+)?"
        ),
        "open": Way(r"(?:open|uncover|unwrap) (.+)"),
        "close": Way(r"(?:close|shut|cover) (.+)", "close {}"),
        "leave": Way(r"(?:(?:go|walk|run) )?(?:north|south|east|west|n|s|e|w)"),
    },
    arrival=r"^-= (.+) =-$",
    place="room",
    # Not examine_before_opening: of what is closed, only doors can be examined.
    rules=(
        "look_on_arrival",
        "look_before_leaving",
        "look_after_opening",
        "look_after_putting",
        "inventory_at_first",
        "inventory_every_fifth",
        "inventory_after_taking",
        "examine_after_taking",
        "examine_before_taking",
        "close_behind",
    ),
    door=r"\b(?:door|portal|gate|passageway|gateway|hatch)\b",
)
