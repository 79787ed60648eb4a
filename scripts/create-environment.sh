#!/bin/sh
# Create .venv with the Python given, or say exactly what is missing.
set -eu
python=$1

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "bci-app needs Python 3.11 or newer, and '$python' is not that." >&2
    echo "Install it, or name another one: make demo PYTHON=/path/to/python3" >&2
    exit 1
fi

create() { "$python" -m venv .venv >/dev/null 2>&1; }

echo "Creating the environment in .venv" >&2
if ! create; then
    rm -rf .venv
    # Debian ships venv as a package of its own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3-venv" >&2
        apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            python3-venv >/dev/null
    else
        echo "Python's venv module is missing. Install it, then call make again:" >&2
        echo "    sudo apt-get install python3-venv" >&2
        exit 1
    fi
    create || { rm -rf .venv; echo "'$python -m venv .venv' failed; run it to see why." >&2; exit 1; }
fi
