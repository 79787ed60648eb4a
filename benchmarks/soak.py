"""The whole app for hours: what is lost, what grows, what gets slower, over time.

    python benchmarks/soak.py run [--out DIR] [--seconds 7200] [--profile FILE] [--seed 7]
    python benchmarks/soak.py simulated [--out DIR] [--hours 24] [--person Amara] [--accepted 0.1]
    python benchmarks/soak.py verdict [--out DIR]
    python benchmarks/soak.py figure [--out DIR] [--figure docs/images/soak.png]

`run` is the session of ``bci-app run`` in a process of its own, as soak_session.py says, watched
from here, and another process that hears its LSL streams. Every five seconds a line is added to
DIR/soak.jsonl, so that a run that is cut off is not lost. In the end the recording is replayed and
held against what was decided. A profile for the virtual subject comes from ``bci-app calibrate
--rehearse Obliging``. `simulated` is a day in virtual time, see soak_simulated.py, with a line a
minute in DIR/simulated.jsonl. `verdict` prints what both logs say, as tables, with exit code 1
where something is not as it should be; `figure` draws them over time. Both may be asked meanwhile.

`run` needs a display: ``xvfb-run -a -s "-screen 0 1920x1080x24" python ...`` makes one.
"""

import argparse
import os
import sys
from pathlib import Path

# As the command line does: one thread in every matrix product, before NumPy is imported.
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

_FIGURE = Path(__file__).parents[1] / "docs" / "images" / "soak.png"


def main() -> None:
    """Run what was asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "what", choices=["run", "simulated", "verdict", "figure", "session", "listen"]
    )
    parser.add_argument("--out", type=Path, default="soak", help="what is seen is kept here")
    parser.add_argument("--seconds", type=float, default=7200.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--profile", type=Path, help="of the virtual subject")
    parser.add_argument("--hours", type=float, default=24.0, help="simulated")
    parser.add_argument("--person", default="Amara", help="who is simulated")
    parser.add_argument("--accepted", type=float, default=0.1, help="false commands a minute")
    parser.add_argument("--figure", type=Path, default=_FIGURE, help="where it is drawn")
    arguments = parser.parse_args()
    if arguments.what == "session":  # in a child of `run`
        from soak_session import hold_session

        hold_session(arguments)
    elif arguments.what == "listen":  # in another
        from soak_listener import listen

        listen("soak")
    elif arguments.what == "simulated":
        from soak_simulated import simulate

        simulate(arguments)
    elif arguments.what == "verdict":
        from soak_verdict import print_verdicts

        sys.exit(0 if print_verdicts(arguments.out) else 1)
    elif arguments.what == "figure":
        from soak_figure import draw

        draw(arguments.out, arguments.figure)
    else:
        from soak_machine import watch_session

        watch_session(arguments)


if __name__ == "__main__":
    main()
