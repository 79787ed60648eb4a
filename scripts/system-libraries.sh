#!/bin/sh
# Install the system libraries of the named purposes, where apt and root are there; otherwise print
# the command and exit with 1. Purposes: windows (what Qt needs), tests (a virtual display).
set -eu

packages=""
for purpose in "$@"; do
    case $purpose in
        windows) packages="$packages libglib2.0-0 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3
            libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxkbcommon-x11-0 libxcb-xkb1 libxcb-shape0 fonts-dejavu-core" ;;
        tests) packages="$packages xvfb libgl1-mesa-dri xdotool gcc libc6-dev" ;;
        *) echo "unknown purpose: $purpose" >&2; exit 2 ;;
    esac
done

command -v dpkg-query >/dev/null || exit 0 # not Debian: the desktop brought them

missing=""
for package in $packages; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
        "install ok installed") ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing system libraries:$missing" >&2
    apt-get update -qq >&2
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "System libraries are missing. To have windows, install them:" >&2
    echo "    sudo apt-get install$missing" >&2
    exit 1
fi
