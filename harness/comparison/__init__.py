"""Read runs and lay them beside each other.

    comparison = harness.load("runs/demo")       # a run, several, or a folder of runs
    comparison.drift()                           # the endpoint, an entry a row
    comparison.compare(reference="in_context")   # paired by block, with Holm's correction
    comparison.causes()                          # length, interference, self-conditioning
    comparison.secondary()                       # every other measure
    comparison.turns, comparison.tasks           # what all of it is computed from

Files: `runs` reads a folder, `entries` says which runs are one line of the comparison, and
`comparison` puts the tables together from `endpoint`, `caveats`, `against`, `splits`, `breakdown`
and `secondary`.
"""

from harness.comparison.comparison import Comparison, load
from harness.comparison.entries import Entry
from harness.comparison.runs import Run, run_folders

__all__ = ["Comparison", "Entry", "Run", "load", "run_folders"]
