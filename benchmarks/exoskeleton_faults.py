"""What can go wrong between a program and an exoskeleton, and what the legs do then.

Each fault strikes, at a random moment, a session in which somebody walks and turns. Counted over
many seeded runs in virtual time: how long until the legs are in a safe stance (standing still,
seated, or held by a stop), commands executed twice, commands executed that were not asked for,
and commands executed after they had been given up. The last three have to be 0. Where a fault
does not stop the legs by itself, an emergency stop is called under it, and timed.

    python benchmarks/exoskeleton_faults.py                      all rows, 50 runs each
    python benchmarks/exoskeleton_faults.py --only "two hosts" --seed 17 --runs 1
"""

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterator

from virtual_time import exoskeleton_faults, line_faults, program_faults
from virtual_time.trial import Fault, run

FAULTS = (*program_faults.FAULTS, *line_faults.FAULTS, *exoskeleton_faults.FAULTS)


def table(rows: list[Fault], seeds: range) -> Iterator[dict[str, object]]:
    """Let each fault strike once a seed; yield a row of figures each."""
    for row in rows:
        outcomes = [run(row, seed) for seed in seeds]
        times_s = sorted(outcome.until_safe_s for outcome in outcomes)
        yield {
            "fault": row.name,
            "what": row.what,
            "runs": len(outcomes),
            "stopped_by": "by itself" if row.by_itself else "by a stop",
            "until_safe_median_s": round(statistics.median(times_s), 3),
            "until_safe_max_s": round(times_s[-1], 3),
            "executed": sum(outcome.executed for outcome in outcomes),
            "executed_twice": sum(outcome.executed_twice for outcome in outcomes),
            "not_asked": sum(outcome.not_asked for outcome in outcomes),
            "after_giving_up": sum(outcome.after_giving_up for outcome in outcomes),
        }


def main() -> int:
    """Make the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", help="name of a single fault")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the first run; the others count on")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row for row in FAULTS if options.only in (None, row.name)]
    if not rows:
        names = ", ".join(row.name for row in FAULTS)
        parser.error(f"no fault is named {options.only!r}: there are {names}")
    figures = []
    if not options.json:
        print(_LINE.format(*_HEADER_1))
        print(_LINE.format(*_HEADER_2))
    for row in table(rows, range(options.seed, options.seed + options.runs)):
        figures.append(row)
        if not options.json:
            print(_LINE.format(*(row[name] for name in _COLUMNS)), flush=True)
    if options.json:
        print(json.dumps(figures, indent=1))
    return int(any(_is_bad(row) for row in figures))


_COLUMNS = (
    *("fault", "stopped_by", "until_safe_median_s", "until_safe_max_s"),
    *("executed", "executed_twice", "not_asked", "after_giving_up"),
)
_HEADER_1 = ("", "legs safe", "after s", "after s", "commands", "executed", "not", "after")
_HEADER_2 = ("fault", "", "median", "max", "executed", "twice", "asked for", "giving up")
_LINE = "{:24}{:12}{:>8}{:>9}{:>10}{:>10}{:>11}{:>11}"


def _is_bad(row: dict[str, object]) -> bool:
    forbidden = any(row[name] for name in ("executed_twice", "not_asked", "after_giving_up"))
    return forbidden or not math.isfinite(float(str(row["until_safe_max_s"])))


if __name__ == "__main__":
    sys.exit(main())
