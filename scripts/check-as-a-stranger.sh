#!/usr/bin/env bash
# Walk the path of somebody who has only the README and docs, and stop at the first step that fails.
#
#     scripts/check-as-a-stranger.sh [FOLDER]
#
# FOLDER (by default a new one) takes the environment and all that comes of it; an environment that is
# there is used again. PYTHON names the interpreter. BCI_APP_DATA, else ../shared/data, holds the real
# recordings; without them, without a C compiler, or without a display and xdotool (`xvfb-run -a`
# gives a display) the steps that need them are left out, and said. Wants a machine that is not busy:
# headset, controller and session run in real time.
set -Eeuo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
recordings=${BCI_APP_DATA:-$repository/../shared/data}
classes=2=13,4=17,3=21,1=idle
work=${1:-$(mktemp -d)}
mkdir -p "$work"
cd "$work"
work=$PWD
rm -rf demo sessions study subjects window cyton headset.txt harness.txt # of an earlier walk
devices=()
trap 'kill "${devices[@]}" 2>/dev/null || true' EXIT
trap 'echo "FAILED in this step; what it said is in $work/said.txt:" >&2; tail -n 15 said.txt >&2' ERR

step() { printf '%s  %s\n' "$(date +%T)" "$1"; }
left_out() { printf '          left out: %s\n' "$1"; }
says() { "$@" >said.txt 2>&1; }
# refuses CODE WORDS COMMAND: the command ends with the code, and says the words without a traceback.
refuses() {
    local code=0
    COLUMNS=1000 "${@:3}" >said.txt 2>&1 </dev/null || code=$?
    [ "$code" = "$1" ] && grep -q -- "$2" said.txt && ! grep -q Traceback said.txt
}
# appears COMMAND: wait until it succeeds, for a minute at most.
appears() {
    for _ in $(seq 120); do "$@" >/dev/null 2>&1 && return; sleep 0.5; done
    return 1
}

step "install into an environment of its own"
[ -x venv/bin/bci-app ] || {
    says "${PYTHON:-python3}" -m venv venv
    says venv/bin/pip install -c "$repository/constraints.txt" "$repository[bids]"
}
PATH=$work/venv/bin:$PATH

step "doctor and devices"
says bci-app doctor
says bci-app devices

step "demo, headless"
says bci-app demo --headless --seed 3 --out demo
session=$(echo demo/session-*.xdf)

step "replay the demo: the same decisions again, then other settings"
says bci-app replay "$session" --check
says bci-app replay "$session" --speed max --with window_s=1.5,policy.threshold=0.6

step "export the demo to BIDS, and read it back"
says bci-app export "$session" --out study --subject 07 --session 01
says bci-app replay study/sub-07 --classes 9=9,11=11,13=13,15=15,17=17,idle=idle --speed max

step "calibrate a virtual person, in virtual time"
says bci-app calibrate --rehearse Obliging --subject test --blocks 2

if [ -d "$recordings/exoskeleton" ]; then
    person=$recordings/exoskeleton/subject12
    step "replay, evaluate and calibrate from recordings"
    says bci-app replay "$(find "$person" -name '*_raw.fif' | sort | head -n 1)" --classes $classes --speed max
    says bci-app evaluate "$person" --classes 2=13,4=17,3=21 --decoder fbcca --window 2
    says bci-app calibrate --from "$person" --classes $classes --subject 01
else
    left_out "no recordings in $recordings: set BCI_APP_DATA"
fi

step "a headset at a port, in another process"
mkfifo -m 600 headset.in 2>/dev/null || true
exec 3<>headset.in
bci-app simulate headset --link "$work/cyton" <headset.in >headset.txt 2>&1 3>&- &
devices+=($!)
appears test -e cyton
echo "gaze 15" >&3

if command -v cc >/dev/null; then
    step "the C reference as a controller at a port: run"
    firmware=$repository/devices/firmware/exoskeleton
    cc -std=c99 -O2 -o harness "$firmware"/{controller,motion,harness_posix}.c
    mkfifo -m 600 harness.in 2>/dev/null || true
    exec 4<>harness.in
    ./harness sitting <harness.in >harness.txt 2>&1 3>&- 4>&- &
    devices+=($!)
    appears test -s harness.txt
    controller=$(cat harness.txt)
else
    left_out "no C compiler: the simulated exoskeleton answers"
    controller=sim
fi
cat >session.toml <<TOML
[headset]
board = "cyton"
serial_port = "$work/cyton"
channels = ["Oz", "O1", "O2", "PO3", "POz", "PO4", "PO7", "PO8"]

[exoskeleton]
port = "$controller"

[screen]
show = false
TOML
(sleep 10; echo "gaze none"; sleep 3; echo "gaze 15") >&3 & # where the first look came too soon
says bci-app run --config session.toml --headless --seconds 20
grep -q "15 Hz.*acknowledged" said.txt
says bci-app replay sessions/session-*.xdf --check

step "quality of that headset"
says bci-app quality --config session.toml --no-impedance

if [ "$controller" != sim ]; then
    step "everything that the protocol demands, asked of the C reference"
    says bci-app conformance --yes "$controller"
fi

step "mistakes are told"
sed 's/serial_port/serial_prot/' session.toml >typo.toml
sed "s|$work/cyton|$work/nothing|" session.toml >unplugged.toml
sed 's/"cyton"/"cytn"/' session.toml >unknown.toml
refuses 1 'did you mean serial_port' bci-app run --config typo.toml
refuses 1 'plug the receiver in' bci-app run --config unplugged.toml
refuses 1 'did you mean cyton' bci-app run --config unknown.toml
refuses 1 'cannot be read' bci-app run --config absent.toml
refuses 1 'bci-app calibrate' bci-app run --config session.toml --profile 77
refuses 1 'does not exist' bci-app replay absent.xdf
refuses 1 'there is no port' bci-app conformance --yes "$work/nothing"
refuses 2 'No such command' bci-app rum
echo "battery dead" >&3
refuses 1 'does not answer' bci-app run --config session.toml

if [ -n "${DISPLAY:-}" ] && command -v xdotool >/dev/null; then
    step "look at a target with the mouse pointer"
    XDG_CONFIG_HOME=$work COLUMNS=200 bci-app demo --out window >said.txt 2>&1 &
    devices+=($!)
    subject=$(timeout 60 xdotool search --sync --onlyvisible --name "bci-app: subject" | head -n 1)
    operator=$(timeout 60 xdotool search --sync --onlyvisible --name "bci-app: Demo" | head -n 1)
    sleep 5 # the screen is measured before the notice can be confirmed
    xdotool windowfocus --sync "$subject" key Return
    WIDTH=0 HEIGHT=0
    eval "$(xdotool getwindowgeometry --shell "$subject" | grep -E '^(WIDTH|HEIGHT)=[0-9]+$')"
    xdotool mousemove --window "$subject" $((WIDTH * 32 / 100)) $((HEIGHT * 84 / 100)) # stand
    appears grep -q 'stand .*acknowledged' said.txt
    xdotool windowfocus --sync "$subject" key x
    appears grep -q 'emergency stop: subject' said.txt
    xdotool windowfocus --sync "$operator" key ctrl+q
    wait $! || true # the course was not completed
    says bci-app replay window/session-*.xdf --check
else
    left_out "no display, or no xdotool: the windows"
fi

step "what the steps from sample to command cost"
says bci-app bench
step "all is as the documents say; it is in $work"
