#!/bin/sh
# Ask the Python Packaging Advisory Database about every pinned version. Needs the internet
# (pypi.org itself: a mirror has no advisories). Exit code 0 only when all were asked about and none
# is known to be vulnerable.
#
#     sh scripts/audit-dependencies.sh [PYTHON]
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"${1:-python3}" -m venv "$work/audit"
"$work/audit/bin/python" -m pip install --quiet --disable-pip-version-check pip-audit
# Without --strict a version that could not be asked about would pass.
"$work/audit/bin/pip-audit" --strict --no-deps --disable-pip -r "$root/constraints.txt"
