"""Where two runs first part: in their configuration, then in what the agent decided.

print(text(diff(Path("runs/3f2a91c0"), Path("runs/b10c44e7"))))
"""

from harness.diff.difference import Difference, Setting, Side, diff
from harness.diff.partings import Decision, Parting, Place
from harness.diff.text import text

__all__ = ["Decision", "Difference", "Parting", "Place", "Setting", "Side", "diff", "text"]
