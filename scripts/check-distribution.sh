#!/bin/sh
# Build source distribution and wheel, install the wheel into an empty environment, and use it there
# as somebody does who has nothing else: version, doctor, a course, figures of its recording.
#
#     sh scripts/check-distribution.sh [PYTHON]      the two files are left in dist/
set -eu

python=${1:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

say() { printf '\n== %s\n' "$*" >&2; }

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/pyproject.toml")
grep -q "^## $version - " "$root/CHANGELOG.md" ||
    { say "CHANGELOG.md has no section of version $version"; exit 1; }

say "building $version from what is committed"
git -C "$root" archive HEAD | (mkdir "$work/source" && tar -x -C "$work/source")
"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install --quiet --disable-pip-version-check build
"$work/build/bin/python" -m build --outdir "$work/dist" "$work/source" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }

say "what must be in them"
"$python" - "$work/source" "$work"/dist/*.whl "$work"/dist/*.tar.gz <<'CHECK'
import sys
import tarfile
import zipfile
from pathlib import Path

root, wheel, source = map(Path, sys.argv[1:])
files = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
packaged = [f for f in files if f.startswith(("bci_app/", "devices/", "calibration/"))]
in_wheel = set(zipfile.ZipFile(wheel).namelist())
in_source = {name.partition("/")[2] for name in tarfile.open(source).getnames()}
unneeded = (".gitignore", ".github/", ".ci/")
missing = [f"wheel: {f}" for f in packaged if f not in in_wheel]
missing += [f"source: {f}" for f in files if f not in in_source and not f.startswith(unneeded)]
beyond = [f for f in in_wheel if f not in packaged and ".dist-info/" not in f]
for name in missing + [f"wheel has, besides: {f}" for f in beyond]:
    print(name)
sys.exit(bool(missing or beyond))
CHECK

say "installing the wheel into an empty environment"
"$python" -m venv "$work/empty"
"$work/empty/bin/python" -m pip install --quiet --disable-pip-version-check \
    -c "$root/constraints.txt" "$work"/dist/*.whl
mkdir "$work/elsewhere"
cd "$work/elsewhere"
app="$work/empty/bin/bci-app"

say "using it"
"$app" --version
"$app" doctor
# A course cut short is not completed, and its exit code says so: the recording is what is wanted.
"$app" demo --headless --seconds 20 --seed 3 --out demo --json >summary.json || true
recording=$(find demo -name '*.xdf')
"$app" replay "$recording" --check
"$app" evaluate "$recording" --classes 9=9,15=15 --start 0.5 --window 2

mkdir -p "$root/dist"
cp "$work"/dist/* "$root/dist/"
say "done: $(cd "$work/dist" && echo *)"
