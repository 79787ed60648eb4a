"""``python -m devices.exoskeleton.conformance PORT``."""

import sys

from devices.errors import DeviceError
from devices.exoskeleton.conformance.suite import Result, check_port


def main(arguments: list[str]) -> int:
    """Check the controller at a port; return 0 when it conforms, 1 when not, 2 for a misuse."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m devices.exoskeleton.conformance PORT\n")
        return 2
    try:
        results = check_port(arguments[0], _show)
    except DeviceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    failed = sum(bool(result.failure) for result in results)
    sys.stdout.write(f"{len(results) - failed} of {len(results)} demands are met\n")
    return 1 if failed else 0


def _show(result: Result) -> None:
    verdict = "FAILED" if result.failure else "passed"
    sys.stdout.write(f"{verdict} {result.duration_s:5.1f} s  {result.title}\n")
    if result.failure:
        sys.stdout.write(f"               {result.failure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
