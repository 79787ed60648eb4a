"""Millions of random bytes into the controller in C, under the sanitizers.

Demanded: the sanitizers find nothing, and all that it says is what the Python controller says on
the same bytes at the same times, byte for byte (of the telemetry, all but the joints). The bytes:
what a host says, right, nearly right, damaged, too late or out of order, and noise.

    python benchmarks/firmware_fuzz.py [--bytes 10_000_000] [--seed 0]

Needs a C compiler (cc). Prints what was seen; exits with 1 at the first difference.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(
    0, str(Path(__file__).parents[1] / "tests" / "devices" / "firmware" / "exoskeleton")
)

from lockstep import HERE, Twins, build, compiler, sanitizers
from random_host import RandomHost

from devices.exoskeleton.postures import Posture
from devices.exoskeleton.trajectory import SITTING_DEG, STANDING_DEG

_SAYINGS_A_LIFE = 5000


def main(arguments: list[str]) -> int:
    """Fuzz; return 0 when nothing was found, 1 when something was, or nothing can be compiled."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bytes", type=int, default=10_000_000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers")
    options = parser.parse_args(arguments)
    if compiler() is None:
        sys.stderr.write(
            "no C compiler (cc) here: scripts/system-libraries.sh tests installs one\n"
        )
        return 1
    if not sanitizers():
        sys.stderr.write("the compiler has no sanitizers: only differences are looked for\n")
    begun_s, heard_bytes, lives, seen, seed = time.monotonic(), 0, 0, set(), options.seed
    with tempfile.TemporaryDirectory() as folder:
        program = build(HERE / "harness_lockstep.c", Path(folder))
        while heard_bytes < options.bytes:
            rng = random.Random(seed)
            try:
                with Twins(program, rng.choice((SITTING_DEG, STANDING_DEG))) as twins:
                    RandomHost(twins, rng).go_on(_SAYINGS_A_LIFE)
            except AssertionError as error:
                print(f"seed {seed}: {error}")
                return 1
            heard_bytes += twins.heard_bytes
            lives, seed = lives + 1, seed + 1
            seen |= twins.seen
            sys.stderr.write(f"\r{heard_bytes:,} bytes")
    sys.stderr.write("\n")
    kinds = sorted(kind.name if isinstance(kind, Posture) else kind.__name__ for kind in seen)
    print(f"{heard_bytes:,} bytes in {lives} lives and {time.monotonic() - begun_s:.0f} s,")
    print(f"under {' '.join(sanitizers()) or 'no sanitizers'}: no difference, nothing found.")
    print(f"Seen: {', '.join(kinds)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
