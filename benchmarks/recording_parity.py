"""Live sessions with faults injected, each derived again from its record: differences (0).

A virtual subject walks the course over the real loop (BrainFlow's driver on a pseudo-terminal, the
controller on a serial line, both in processes of their own) while packets are lost, corrupted and
held up, the headset is unplugged and plugged in again, the exoskeleton's line loses frames, its
controller restarts, and somebody stops and releases the legs.

    python benchmarks/recording_parity.py                 20 sessions of 20 s
    python benchmarks/recording_parity.py --sessions 3 --seconds 12 --seed 7
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime.conductor import Conductor
from bci_app.runtime.controls import Controls
from bci_app.runtime.course import Course
from bci_app.runtime.live import run_live
from bci_app.runtime.parity import check_parity
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Session
from bci_app.runtime.simulators import Simulator
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.acquisition import Acquisition
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.virtual_brain import OCCIPITAL_CHANNELS

_EVERY_S = (0.7, 2.0)
_UNPLUGGED_S = 1.2
_STOPPED_S = 0.8


def main() -> None:
    """Run the sessions and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.sessions):
            path = Path(folder) / f"session{seed}.xdf"
            faults = run(path, seed, options.seconds)
            rows.append(report(path, seed, faults))
            if not options.json:
                print(rows[-1])
    n_different = sum(row["difference"] is not None for row in rows)
    total = {
        "sessions": len(rows),
        "differences": n_different,
        "decisions": sum(row["decisions"] for row in rows),
        "events": sum(row["events"] for row in rows),
        "lost_samples": sum(row["lost_samples"] for row in rows),
        "gate_inputs": sum(row["gate_inputs"] for row in rows),
    }
    print(json.dumps({**total, "per_session": rows} if options.json else total, indent=2))
    raise SystemExit(1 if n_different else 0)


def run(path: Path, seed: int, duration_s: float) -> Counter[str]:
    """Run one session; return which faults it had, and how often."""
    rng, faults, settings = random.Random(seed), Counter[str](), PathSettings(window_s=1.0)
    with ExitStack() as stack:
        head = stack.enter_context(Simulator("headset", "--seed", str(seed)))
        legs = stack.enter_context(Simulator("exoskeleton"))
        headset = BrainFlowHeadset("cyton", serial_port=head.port, channel_names=OCCIPITAL_CHANNELS)
        acquisition = stack.enter_context(Acquisition(headset))
        info = acquisition.info
        recorder = stack.enter_context(Recorder(path, info, settings, {"seeds": {"demo": seed}}))

        def look_at(frequency_hz: float | None) -> None:
            head.command(f"gaze {'none' if frequency_hz is None else f'{frequency_hz:g}'}")

        conductor = Conductor(Course(duration_s=duration_s), settings, look_at)
        link = stack.enter_context(ExoskeletonLink(legs.port))
        controls = Controls()
        controls.connect(link)
        path_online = OnlinePath(settings, info.sampling_rate_hz, len(info.channel_names))
        session = Session(path_online, link, [recorder, conductor])
        deeds: dict[str, Callable[[], float]] = {
            "lose": lambda: _do(head, f"lose {rng.randint(1, 60)}"),
            "corrupt": lambda: _do(head, f"corrupt {rng.randint(1, 20)}"),
            "truncate": lambda: _do(head, f"truncate {rng.randint(1, 20)}"),
            "repeat": lambda: _do(head, f"repeat {rng.randint(1, 20)}"),
            "stall": lambda: _do(head, f"stall {rng.uniform(0.1, 1.5):.2f}"),
            "unplug": lambda: _do(head, "unplug", _UNPLUGGED_S),
            "plug": lambda: _do(head, "plug"),
            "line": lambda: _do(legs, "lose-frames 0.3"),
            "line cut": lambda: _do(legs, "lose-frames 1", 0.9),
            "mend": lambda: _do(legs, "mend"),
            "reboot": lambda: _do(legs, "reboot"),
            "stop": lambda: (controls.stop("the benchmark"), _STOPPED_S)[1],
            "release": lambda: (controls.release(), 0.0)[1],
        }
        mends = {"unplug": "plug", "line": "mend", "line cut": "mend", "stop": "release"}
        began_s = time.monotonic()
        due: list[tuple[float, str]] = [(began_s + 4.0, "")]

        def tick(now_s: float) -> bool:
            controls.carry_out(session)
            for prompt in conductor.advance(now_s):
                session.tell(prompt)
            if now_s >= due[0][0]:
                _, name = due.pop(0)
                if not name:
                    name = rng.choice([deed for deed in deeds if deed not in mends.values()])
                    due.append((now_s + rng.uniform(*_EVERY_S), ""))
                lasts_s = deeds[name]()
                faults[name] += 1
                if name in mends:
                    due.append((now_s + max(lasts_s, 0.5), mends[name]))
                due.sort()
            return now_s - began_s < duration_s

        run_live(acquisition, session, tick)
    return faults


def _do(simulator: Simulator, line: str, lasts_s: float = 0.0) -> float:
    simulator.command(line)
    return lasts_s


def report(path: Path, seed: int, faults: Counter[str]) -> dict[str, object]:
    """Check one session."""
    session = read_session(path)
    parity = check_parity(session)
    return {
        "seed": seed,
        "seconds": round(session.duration_s, 1),
        "lost_samples": session.n_lost,
        "events": parity.n_events,
        "decisions": parity.n_decisions,
        "gate_inputs": parity.n_gate_inputs,
        "faults": dict(faults),
        "difference": None if parity.difference is None else str(parity.difference),
    }


if __name__ == "__main__":
    main()
