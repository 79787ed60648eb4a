"""The whole system in real time, as in use, and everything that can go wrong with it.

A virtual subject looks at targets and walks: virtual Cyton, BrainFlow's driver, decoder, recorder,
operator window and subject window on a display of Xvfb, a serial cable, the simulated controller.
While the legs walk a fault strikes, or two. Measured are when the program noticed, when the legs
stood still, when a look moved them again, samples lost, commands that nobody asked for, processes
left over.

    python benchmarks/fault_campaign.py --list
    python benchmarks/fault_campaign.py --only "kill -9" --seed 3
    python benchmarks/fault_campaign.py --only "disk full+cable unplugged" --seed 3
    python benchmarks/fault_campaign.py --alone --out alone.jsonl        every fault once
    python benchmarks/fault_campaign.py --pairs 20 --out pairs.jsonl     chosen pairs and 20 drawn
    python benchmarks/fault_campaign.py --from alone.jsonl pairs.jsonl --markdown docs/faults.md
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from faults.catalogue import FAULTS, choose_pairs
from faults.fault import Fault
from faults.page import write_tables
from faults.trial import Row, run


def main() -> int:
    """Run what is asked for; exit code 1 when anything is not as it has to be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="name all faults")
    parser.add_argument("--only", metavar="NAME", help="one fault, or two as A+B")
    parser.add_argument("--alone", action="store_true", help="every fault by itself")
    parser.add_argument("--pairs", type=int, metavar="N", help="chosen pairs, and N drawn ones")
    parser.add_argument("--seed", type=int, default=0, help="of the first trial of each row")
    parser.add_argument("--seeds", type=int, default=1, help="trials of each row")
    parser.add_argument("--out", type=Path, help="add a line of JSON a trial to this file")
    parser.add_argument(
        "--from", dest="results", nargs="+", type=Path, default=[], help="what --out has written"
    )
    parser.add_argument("--markdown", type=Path, help="put the tables into this page")
    options = parser.parse_args()
    if options.list:
        for fault in FAULTS:
            print(f"{fault.layer:11}{fault.name:34}{fault.outcome.name.lower():10}{fault.what}")
        return 0
    if not (options.only or options.alone or options.pairs is not None or options.results):
        parser.error("say what to run: --list, --only NAME, --alone, --pairs N or --from FILE")
    read = [Row(**json.loads(line)) for path in options.results for line in path.open()]
    rows = {(row.name, row.seed): row for row in read}  # of a trial made twice, the later
    for faults in _chosen(options, parser):
        for seed in range(options.seed, options.seed + options.seeds):
            row = run(faults, seed)
            rows[row.name, seed] = row
            _tell(row)
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps(asdict(row)) + "\n")
    if options.markdown:
        write_tables(list(rows.values()), options.markdown)
    return int(any(row.problems for row in rows.values()))


def _chosen(options: argparse.Namespace, parser: argparse.ArgumentParser) -> list[Sequence[Fault]]:
    named = {fault.name: fault for fault in FAULTS}
    if options.only:
        names = options.only.split("+")
        unknown = [name for name in names if name not in named]
        if unknown:
            parser.error(f"no fault is named {unknown[0]!r}: see --list")
        return [[named[name] for name in names]]
    chosen: list[Sequence[Fault]] = [[fault] for fault in FAULTS] if options.alone else []
    if options.pairs is not None:
        chosen += choose_pairs(options.pairs)
    return chosen


def _tell(row: Row) -> None:
    def seconds(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    print(
        f"{row.name:48} seed {row.seed} {row.outcome:9} "
        f"detected {seconds(row.detected_s):6}{row.detected_by:24} safe {seconds(row.safe_s):6}"
        f"obeys {seconds(row.obeyed_s):6}lost {seconds(row.lost_s):6}"
        f"unasked {len(row.unasked)} left {row.left} exit {row.exit_code} "
        f"{'ok' if not row.problems else 'NOT AS IT HAS TO BE: ' + ' | '.join(row.problems)}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
