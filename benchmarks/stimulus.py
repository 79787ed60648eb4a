"""The flicker: whether its frames come in time, and whether its light is what was asked for.

    python benchmarks/stimulus.py timing --seconds 60            the flicker alone
    python benchmarks/stimulus.py timing --seconds 60 --session  beside a headset, its decoding and
                                                                 recording, and the operator window
    python benchmarks/stimulus.py light                          frames read back

Needs a display; ``xvfb-run -a -s "-screen 0 1920x1080x24" python ...`` makes one. Xvfb has no
vertical synchronisation: scheduling, missed refreshes and interference can be measured there;
tearing, the lock to a screen and the time of the light itself cannot (a photodiode can, see
``bci_app/stimulus/photodiode.py``).
"""

import argparse
import json
import os
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from process_memory import growth_mb_per_min, resident_mb

from bci_app.online.settings import REFERENCE_TARGETS, PathSettings
from bci_app.stimulus import messages
from bci_app.stimulus.flicker import Flicker, joint_frequency_phase
from bci_app.stimulus.process import StimulusProcess
from bci_app.stimulus.settings import Patch, StimulusSettings

REFRESH_HZ = 60.0


def five_targets() -> tuple[Patch, ...]:
    """Return the reference system's targets."""
    return tuple(
        Patch(target.command.name.title(), Flicker(target.frequency_hz), target.command)
        for target in REFERENCE_TARGETS
    )


def forty_targets() -> tuple[Patch, ...]:
    """Return a speller's keys with joint frequency and phase modulation (Chen et al. 2015)."""
    flickers = joint_frequency_phase(8.0, 0.2, 0.35 * np.pi, 40)
    return tuple(Patch(chr(ord("0") + k), flicker) for k, flicker in enumerate(flickers))


def cpu_time(pid: int) -> tuple[float, float]:
    """Processor time of a process so far, and the time now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    used_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used_s, time.monotonic()


def cpu_share(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Share of a processor that was used between two moments."""
    return round((after[0] - before[0]) / (after[1] - before[1]), 3)


def watch_flicker(seconds: float, size_px: tuple[int, int] | None) -> dict[str, object]:
    """Flicker for a while in a process of its own; return its frame timing."""
    settings = StimulusSettings(five_targets(), window_px=size_px)
    asked_s = time.monotonic()
    with StimulusProcess(settings, lambda stop: print(stop, file=sys.stderr)) as stimulus:
        ready_s = time.monotonic()
        stimulus.send(messages.Confirm("benchmark"))
        stimulus.send(messages.Begin())
        began_s, last = None, None
        memory_mb: dict[str, list[tuple[float, float]]] = {"subject": [], "session": []}
        before = cpu_time(stimulus.process_id)
        while began_s is None or time.monotonic() - began_s < seconds + 0.5:
            for report in stimulus.receive(0.2):
                if isinstance(report, messages.Began):
                    began_s = report.time_s
                    before = cpu_time(stimulus.process_id)
                elif isinstance(report, messages.Frames):
                    last = report.timing
                    minute = time.monotonic() / 60
                    memory_mb["subject"].append((minute, resident_mb(stimulus.process_id)))
                    memory_mb["session"].append((minute, resident_mb()))
            if last is not None:
                stimulus.send(messages.ShowLegs(f"walking {time.monotonic() % 1:.1f}"))
        after = cpu_time(stimulus.process_id)
    return {
        "seconds": seconds,
        "frames": last.n_frames,
        "missed": last.n_missed,
        "late": last.n_late,
        "refresh_hz": round(last.refresh_hz, 3),
        "jitter_p50_ms": round(last.jitter_p50_ms, 3),
        "jitter_p99_ms": round(last.jitter_p99_ms, 3),
        "start_to_window_s": round(ready_s - asked_s, 2),
        "confirmed_to_flicker_ms": round((began_s - ready_s) * 1e3, 1),
        "cpu_subject_window": cpu_share(before, after),
        "memory_subject_window_mb": round(memory_mb["subject"][-1][1], 1),
        "memory_subject_window_growth_mb_per_min": growth_mb_per_min(memory_mb["subject"]),
        "memory_this_process_mb": round(memory_mb["session"][-1][1], 1),
        "memory_this_process_growth_mb_per_min": growth_mb_per_min(memory_mb["session"]),
    }


def with_session(seconds: float, size_px: tuple[int, int] | None) -> dict[str, object]:
    """Flicker beside a whole rehearsal with its operator window in this process."""
    from bci_app.runtime.demo import run_demo
    from bci_app.runtime.recorder import Recorder, session_path
    from bci_app.ui.app import run_with_window

    figures: dict[str, object] = {}
    settings = PathSettings()

    def work(attach):
        def attach_and_watch(info, controls):
            def watch() -> None:
                time.sleep(2.0)  # the windows open
                before = cpu_time(os.getpid())
                figures.update(watch_flicker(seconds, size_px))
                after = cpu_time(os.getpid())
                figures["cpu_session_and_operator_window"] = cpu_share(before, after)
                controls.end()

            threading.Thread(target=watch, name="benchmark").start()
            recorder = stack.enter_context(Recorder(session_path(folder), info, settings))
            return [recorder, *attach(info, controls)]

        return run_demo(settings, seed=0, duration_s=seconds + 30, attach=attach_and_watch)

    with TemporaryDirectory() as kept, ExitStack() as stack:
        folder = Path(kept)
        result = run_with_window(work, title="benchmark", settings=settings)
    return figures | {"decision_latency_ms": result.session.decision_latency_ms}


def read_back(patches: tuple[Patch, ...], size_deg: float, seconds: float) -> dict[str, object]:
    """Draw each frame, read it back from OpenGL, and look for the lines in its light."""
    from PySide6.QtWidgets import QApplication

    from bci_app.stimulus.window import SubjectWindow

    os.environ["QT_QPA_UPDATE_IDLE_TIME"] = "0"
    app = QApplication.instance() or QApplication(["benchmark"])
    reports: list[object] = []
    window = SubjectWindow(
        StimulusSettings(patches, size_deg=size_deg, window_px=(1280, 720)), reports.append
    )
    window.open()

    def wait_for(kind: type) -> None:
        while not any(isinstance(report, kind) for report in reports):
            app.processEvents()

    wait_for(messages.Ready)
    window.handle(messages.Confirm("benchmark"))
    window.handle(messages.Begin())
    wait_for(messages.Began)
    n_frames = round(seconds * REFRESH_HZ)
    light = np.array([window.read_back(refresh) for refresh in range(n_frames)])
    window.close()
    light = (light / 255) ** 2.2
    times_s = np.arange(n_frames) / REFRESH_HZ
    frequencies_hz = np.array([patch.flicker.frequency_hz for patch in patches])
    phases_rad = np.array([patch.flicker.phase_rad for patch in patches])
    waves = np.exp(-2j * np.pi * np.outer(frequencies_hz, times_s))
    lines = 2 * waves @ (light - light.mean(axis=0)) / n_frames
    own = np.diag(lines)
    errors_rad = np.angle(np.exp(1j * (np.angle(own * 1j) - phases_rad)))
    others = np.abs(lines) / np.abs(own)
    np.fill_diagonal(others, 0)
    return {
        "targets": len(patches),
        "seconds": seconds,
        "modulation_min": round(float(2 * np.abs(own).min()), 4),
        "modulation_max": round(float(2 * np.abs(own).max()), 4),
        "phase_error_max_deg": round(float(np.degrees(np.abs(errors_rad).max())), 3),
        "leakage_max_percent": round(float(100 * others.max()), 3),
    }


def main() -> None:
    """Run one of the measurements and print its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["timing", "light"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--session", action="store_true", help="beside a whole session")
    parser.add_argument("--window", action="store_true", help="1280 x 720 instead of full screen")
    options = parser.parse_args()
    if options.what == "light":
        # Ten seconds hold whole periods of all targets of both sets.
        figures = [read_back(five_targets(), 3.0, 2.0), read_back(forty_targets(), 1.0, 10.0)]
    else:
        measure = with_session if options.session else watch_flicker
        figures = [measure(options.seconds, (1280, 720) if options.window else None)]
    for row in figures:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
