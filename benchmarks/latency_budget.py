"""Where the time goes from the last sample that a decision needs to the byte on the wire.

    python benchmarks/latency_budget.py [--seconds 60] [--load N] [--json | --markdown]

A session with its real threads, driver and lines runs in real time: a virtual Cyton and a simulated
controller in processes of their own, at the other ends of pseudo-terminals, BrainFlow's driver, the
recorder, the signal's judge. A model of growing windows decides, 13 lengths each 0.125 s. So that
there are enough commands, the policy's answer is replaced, after it was computed, by "sure": every
hop sends a command that changes nothing. All stamps are on one clock, so the stages add up.

Three times: alone, beside N processes that only compute (by default one for each core), and beside
both windows of a session (on the display; without one, on an Xvfb that is started if there is one).
Each time the floor is measured as well: the interval of packets, a pipe and a pseudo-terminal to
another process and back, and the matrix products that a hop cannot do without.

Then the same from gaze to motion: see gaze_to_motion.py, which does that part alone.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import contextlib
import json
import math
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import gaze_to_motion
import numpy as np
from exoskeleton_link import busy_processes
from latency_devices import RATE_HZ, stamped_board, stamped_controller
from latency_floor import floor_s
from scaling import Size, fitted

from bci_app.online.events import GapFound
from bci_app.online.gate import GateSettings
from bci_app.online.growing import GrowingModel
from bci_app.online.path import OnlinePath
from bci_app.online.settings import PathSettings, Target
from bci_app.runtime.configuration import ScreenSettings
from bci_app.runtime.controls import Controls
from bci_app.runtime.live import run_live
from bci_app.runtime.quality import SignalWatch
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Listener, Session, SessionEvent
from bci_app.runtime.subject_stimulus import screen_stimulus
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.events import FrameWritten
from devices.exoskeleton.serial_link import ExoskeletonLink
from devices.headset.acquisition import Acquisition
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.source import HeadsetInfo
from devices.virtual_brain import OCCIPITAL_CHANNELS, VirtualSubject

SETTLING_S = 7.0
"""By then the filters have settled and windows have grown to their full length."""


STAGES = {
    "sample due → its packet on the line (simulated board)": ("due", "sent"),
    "→ through BrainFlow's driver to the acquisition thread": ("sent", "arrived"),
    "→ chunk, queue, taken by the session": ("arrived", "fed"),
    "→ news of the link, listeners, recording": ("fed", "filtering"),
    "filters": ("filtering", "filtered"),
    "decoder": ("filtered", "decoded"),
    "policy": ("decoded", "decided"),
    "gate": ("decided", "admitted"),
    "command to the link, frame written": ("admitted", "written"),
    "→ read by the controller": ("written", "read"),
    "**sample due → frame written**": ("due", "written"),
    "**of it ours: sample arrived → frame written**": ("arrived", "written"),
}

Spread = dict[str, float]


def spread(times_s: Iterable[float]) -> Spread:
    """Median, 99th percentile and largest, in ms."""
    p50, p99, most = np.percentile(1e3 * np.array(list(times_s)), [50, 99, 100]).tolist()
    return {"p50_ms": p50, "p99_ms": p99, "max_ms": most}


class Stamps:
    """The moments of each command on its way: a listener, and put around the parts of a session.

    Attributes
    ----------
    commands : dict
        By sequence number: what was stamped until the command was handed to the link.
    written_s : dict
        When the frame of each had been written.
    n_lost : int
        Samples lost.
    """

    def __init__(self) -> None:
        self._now: dict[str, float] = {}
        self.commands: dict[int, dict[str, float]] = {}
        self.written_s: dict[int, float] = {}
        self.n_lost = 0

    def __call__(self, event: SessionEvent) -> None:
        """Take note of a frame that was written, and of samples that were lost."""
        if isinstance(event, FrameWritten):
            self.written_s[event.sequence] = event.written_at_s
        elif isinstance(event, GapFound):
            self.n_lost += event.n_lost

    def put_around(self, session: Session, path: OnlinePath, link: ExoskeletonLink) -> None:
        """Stamp where one part hands over to the next; nothing else changes."""
        policy = path._decider._policy  # noqa: SLF001 - nobody else asks for it
        feed, send, judge, admit = session.feed, link.send, policy.judge, path.gate.admit
        process = path._filter.process  # noqa: SLF001 - likewise
        stamps = self._now

        def stamped_feed(chunk: Chunk) -> None:
            stamps["fed"], stamps["arrived"] = time.monotonic(), chunk.arrival_s or math.nan
            feed(chunk)

        def stamped_process(samples_uv):
            stamps["filtering"] = time.monotonic()
            filtered = process(samples_uv)
            stamps["filtered"] = time.monotonic()
            return filtered

        def sure_judge(*arguments):
            stamps["decoded"] = time.monotonic()
            verdict = judge(*arguments)
            return None if verdict is None else replace(verdict, is_decision=True)

        def stamped_admit(decision):
            stamps["decided"], stamps["end_index"] = time.monotonic(), decision.end_index
            answer = admit(decision)
            stamps["admitted"] = time.monotonic()
            return answer

        def stamped_send(command: Command) -> int:
            here = dict(stamps)
            sequence = send(command)
            self.commands[sequence] = here
            return sequence

        session.feed, path._filter.process = stamped_feed, stamped_process  # noqa: SLF001 - likewise
        policy.judge, path.gate.admit, link.send = sure_judge, stamped_admit, stamped_send


@dataclass(frozen=True)
class Budget:
    """What was measured in one condition."""

    n_commands: int
    n_lost_samples: int
    stages: dict[str, Spread]
    floor: dict[str, Spread]


AttachWindow = Callable[[HeadsetInfo, Controls], Iterable[Listener]]


def measure(
    seconds: float, model: GrowingModel, attach: AttachWindow | None = None, screen: bool = False
) -> Budget:
    """Run a session and see when each command was where."""
    frequencies_hz = model.decoder.frequencies_hz
    settings = PathSettings(
        targets=tuple(Target(frequency_hz, Command.STOP) for frequency_hz in frequencies_hz),
        sequential=model.settings_for(0.1, onsets_known=False),
        gate=GateSettings(min_interval_s=0.0),
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        board = stack.enter_context(stamped_board(partial(VirtualSubject, 1)))
        controller = stack.enter_context(stamped_controller())
        headset = BrainFlowHeadset("cyton", board.port, OCCIPITAL_CHANNELS)
        acquisition = stack.enter_context(Acquisition(headset))
        info, controls, stamps = acquisition.info, Controls(), Stamps()
        listeners: list[Listener] = [
            stamps,
            stack.enter_context(Recorder(folder / "session.xdf", info, settings)),
            *(attach(info, controls) if attach else ()),
        ]
        window = None
        if screen:
            shown = screen_stimulus(
                ScreenSettings(size_deg=3.0),
                settings,
                controls,
                gaze_by_pointer=True,  # a window of the demo's size
                confirmed_by="benchmark",
            )
            window = stack.enter_context(shown)
            listeners.append(window)
        path = OnlinePath(settings, RATE_HZ, len(info.channel_names), model)
        link = stack.enter_context(ExoskeletonLink(controller.port))
        controls.connect(link)
        watch = SignalWatch(info.channel_names, RATE_HZ, range_uv=info.range_uv)
        session = Session(path, link, listeners, watch)
        stamps.put_around(session, path, link)
        first_s, until_s = board.pipe.recv(), time.monotonic() + SETTLING_S + seconds

        def tick(now_s: float) -> bool:
            if window is not None:
                window.poll(session)
            return now_s < until_s and not controls.ended

        run_live(acquisition, session, tick)
        session.poll()
    settled_s = first_s + SETTLING_S
    rows = []
    for sequence, here in stamps.commands.items():
        last = int(here["end_index"]) - 1
        due_s = first_s + last / RATE_HZ
        if due_s < settled_s or sequence not in stamps.written_s or not controller.read_s[sequence]:
            continue
        rows.append(
            here
            | {"due": due_s, "sent": board.sent_s[last]}
            | {"written": stamps.written_s[sequence], "read": controller.read_s[sequence]}
        )
    if not rows:
        raise SystemExit("no command came through: expected one each 0.125 s")
    return Budget(
        len(rows),
        stamps.n_lost,
        {
            name: spread(row[until] - row[since] for row in rows)
            for name, (since, until) in STAGES.items()
        },
        {name: spread(times_s) for name, times_s in floor_s(model).items()},
    )


def beside_windows(seconds: float, model: GrowingModel) -> Budget:
    """Measure in a thread of its own, with the operator window in this one."""
    from bci_app.ui.app import run_with_window

    settings = PathSettings(
        targets=tuple(Target(f, Command.STOP) for f in model.decoder.frequencies_hz)
    )

    def work(attach: AttachWindow) -> Budget | BaseException:
        # After an error the window would wait for somebody to close it.
        try:
            return measure(seconds, model, attach, screen=True)
        except BaseException as error:  # noqa: BLE001 - raised again below
            return error

    found = run_with_window(work, title="Latency", settings=settings, calibrated=True)
    if isinstance(found, BaseException):
        raise found
    return found


@contextlib.contextmanager
def display() -> Iterator[bool]:
    """Provide a display; whether there is one."""
    if "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ:
        yield True
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        print("no display, no Xvfb: both windows are left out", file=sys.stderr)
        yield False
        return
    command = [xvfb, "-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        os.environ["DISPLAY"] = f":{server.stdout.readline().strip()}"
        try:
            yield True
        finally:
            server.terminate()
            del os.environ["DISPLAY"]


def conditions(seconds: float, n_busy: int) -> Iterator[tuple[str, Budget]]:
    """Measure in each condition."""
    print("fitting a model", file=sys.stderr)
    model = fitted(Size(), np.random.default_rng(0))
    print("alone", file=sys.stderr)
    yield "alone", measure(seconds, model)
    name = f"beside {n_busy} busy processes"
    print(name, file=sys.stderr)
    with busy_processes(n_busy):
        yield name, measure(seconds, model)
    with display() as there_is_one:
        if there_is_one:
            print("beside both windows", file=sys.stderr)
            yield "beside both windows", beside_windows(seconds, model)


def table(budgets: dict[str, Budget]) -> str:
    """Lay out stages and floor, as Markdown."""
    first = next(iter(budgets.values()))
    lines = [
        "| p50 / p99 / max, in ms | " + " | ".join(budgets) + " |",
        "|---" * (1 + len(budgets)) + "|",
    ]
    for part in ("stages", "floor"):
        if part == "floor":
            lines.append("| *floor, in the same run* |" + " |" * len(budgets))
        for name in getattr(first, part):
            cells = [
                " / ".join(_ms(v) for v in getattr(b, part)[name].values())
                for b in budgets.values()
            ]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    for name, counted in (("commands timed", "n_commands"), ("samples lost", "n_lost_samples")):
        counts = [str(getattr(b, counted)) for b in budgets.values()]
        lines.append(f"| {name} | " + " | ".join(counts) + " |")
    return "\n".join(lines)


def _ms(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of each condition")
    parser.add_argument("--load", type=int, default=os.cpu_count() or 1, help="busy processes")
    parser.add_argument("--rounds", type=int, default=2, help="of the course, gaze to motion")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--markdown", action="store_true", help="only the tables")
    options = parser.parse_args()
    budgets = dict(conditions(options.seconds, options.load))
    motions = list(gaze_to_motion.measure(options.rounds))
    where = f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    if options.json:
        found = {name: asdict(budget) for name, budget in budgets.items()}
        walks = {kind: gaze_to_motion.figures(walk) for kind, walk in motions}
        print(json.dumps({"machine": where, "stages": found, "gaze_to_motion": walks}, indent=2))
        return
    if not options.markdown:
        print(where, end="\n\n")
    print(table(budgets), gaze_to_motion.table(motions), sep="\n\n")


if __name__ == "__main__":
    main()
