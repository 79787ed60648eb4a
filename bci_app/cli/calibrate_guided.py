"""`bci-app calibrate --config`, `--rehearse`: a subject led through the guided calibration."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from bci_app.cli import output
from bci_app.cli.calibrate_from import calibration_result, print_calibration
from bci_app.cli.display import has_display
from bci_app.cli.photosensitivity import confirm_leds
from bci_app.cli.signals import stopping_on_signals
from bci_app.runtime.bench import Bench, LiveBench, VirtualBench
from bci_app.runtime.configuration import SessionConfiguration, read_configuration
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_plan import Expectation, GuidedPlan
from bci_app.runtime.guided_quality import Quality, check_quality
from bci_app.runtime.guided_run import Led, Run
from bci_app.runtime.subjects import session_of
from calibration.errors import CalibrationError
from calibration.protocol import Phase
from calibration.sweep import Proposal


@dataclass(frozen=True, slots=True)
class Guided:
    """What was given on the command line.

    Parameters
    ----------
    config : Path or None
    rehearse : str or None
        Name of the virtual subject of a rehearsal.
    subject, session : str
    sweep : bool
    n_blocks : int
    look_s, max_false_per_min : float
    seed : int
    window : bool
        Whether a window may be shown.
    """

    config: Path | None
    rehearse: str | None
    subject: str
    session: str
    sweep: bool
    n_blocks: int
    look_s: float
    max_false_per_min: float
    seed: int
    window: bool


def calibrate_guided(given: Guided, out: Path, *, as_json: bool) -> None:
    """Lead a subject through the calibration, in a window or in the terminal.

    Raises
    ------
    CalibrationError
        When the signal will not do, the trials do not suffice, or it was ended early.
    BciAppError, DeviceError
        When a configuration, a device or the disk fails.
    """
    configuration = read_configuration(given.config) if given.config else SessionConfiguration()
    confirmed_by = None
    if configuration.leds.port and given.rehearse is None:
        confirm_leds()
        confirmed_by = "researcher"
    guided = GuidedCalibration(
        _bench(given, configuration, confirmed_by),
        configuration.path,
        session_of(out, given.subject, given.session),
        GuidedPlan(
            n_blocks=given.n_blocks,
            look_s=given.look_s,
            max_false_per_min=given.max_false_per_min,
            seed=given.seed,
        ),
        _facts(given),
    )
    if given.window and given.rehearse is None and has_display():
        from bci_app.ui.calibration.wizard import run_wizard

        finished = run_wizard(guided)
        if as_json:
            output.print_json({"profile": None if finished is None else str(finished)})
        sys.exit(0 if finished else 1)
    _Terminal(given, guided).run(as_json)


def _bench(given: Guided, configuration: SessionConfiguration, confirmed_by: str | None) -> Bench:
    if given.rehearse is None:
        return LiveBench(configuration, given.seed, confirmed_by)
    from devices.virtual_brain import VirtualSubject, person_named

    return VirtualBench(VirtualSubject(given.seed, person=person_named(given.rehearse)))


def _facts(given: Guided) -> dict[str, object]:
    facts: dict[str, object] = {"seeds": {"calibration": given.seed}}
    if given.config is not None:
        facts["configuration"] = given.config.read_text(encoding="utf-8")
    if given.rehearse is not None:
        facts["rehearsed_on"] = given.rehearse
    return facts


@dataclass(slots=True)
class _Terminal:
    """The steps, one after the other, with what is said about them."""

    given: Guided
    guided: GuidedCalibration
    expectations: list[Expectation] = field(default_factory=list)
    running: list[Controls] = field(default_factory=list)

    def run(self, as_json: bool) -> None:
        say = partial(output.console(stderr=True).print, markup=False, soft_wrap=True)
        visit = self.guided.visit
        say(f"Subject {visit.subject}, session {visit.session}: {visit.folder}")
        proposal = None
        with stopping_on_signals(self.running):
            self._quality(say)
            if self.given.sweep:
                proposal = self._sweep(say)
            run = self._trials(say)
        began_s = time.perf_counter()
        with output.progress() as bar:
            task = bar.add_task("Reading", total=100)
            calibration = self.guided.fit(
                lambda what, share: bar.update(task, description=what, completed=round(100 * share))
            )
            path = self.guided.save(calibration)
        took_s = time.perf_counter() - began_s
        if as_json:
            progress = self.guided.protocol.progress(0.0)
            output.print_json(
                {
                    **calibration_result(calibration, path, took_s),
                    "session": visit.session,
                    "recording": str(run.recording),
                    "targets_hz": list(self.guided.settings.frequencies_hz),
                    "sweep": None if proposal is None else asdict(proposal),
                    "n_kept": progress.n_kept,
                    "n_spoiled": progress.n_spoiled,
                    "blocks": [asdict(each) for each in self.expectations],
                }
            )
        else:
            print_calibration(calibration, path)

    def _quality(self, say: Callable[[str], None]) -> None:
        controls = self._controls()
        bench = self.guided.bench
        impedances = bench.impedances(lambda name, kohm: say(f"{name}: {_kohm(kohm)}"))
        quality = check_quality(bench, controls, impedances_kohm=impedances)
        _ended(controls)
        say(f"{quality.headset.name}: {_summary(quality)}")
        for reason in quality.verdict.reasons:
            say(f"  {reason}")
        if not quality.verdict.go:
            raise CalibrationError(
                f"the signal will not do: {'; '.join(quality.verdict.reasons)}. Mend it, or leave "
                "an electrode out by naming it - in [headset] channels, and start again."
            )

    def _sweep(self, say: Callable[[str], None]) -> Proposal | None:
        if self.guided.has_trials:
            say("Trials of this session were recorded before: its targets stay as they are")
            return None
        controls = self._controls()
        with output.progress() as bar:
            task = bar.add_task("Sweep", total=None)

            def tell(k: int, n_rounds: int, led: Led) -> None:
                n = led.progress.n_planned
                bar.update(
                    task,
                    description=f"Sweep, round {k + 1} of {n_rounds}",
                    total=n_rounds * n,
                    completed=k * n + led.progress.n_kept,
                )
                self._end_if_held(controls, led)

            proposal = self.guided.sweep(controls, tell)
        if proposal is None:
            raise CalibrationError(
                "the sweep was ended early. What was recorded is safe: the same command goes on "
                "with the next round."
            )
        self.guided.use_frequencies(proposal.frequencies_hz)
        for each in proposal.candidates:
            say(f"{'●' if each.chosen else '○'} {each.sentence}")
        return proposal

    def _trials(self, say: Callable[[str], None]) -> Run:
        controls = self._controls()
        with output.progress() as bar, ThreadPoolExecutor(1, "expectation") as beside:
            task = bar.add_task("Trials", total=None)
            expecting: list[Future[None]] = []

            def on_block(block: int) -> None:
                expecting.append(beside.submit(self._expect, block + 1, say, controls))
                if self.given.rehearse is not None:  # virtual time waits
                    expecting[-1].result()

            def tell(led: Led) -> None:
                progress = led.progress
                bar.update(
                    task,
                    description=self._where(led),
                    total=progress.n_planned,
                    completed=progress.n_kept,
                )
                self._end_if_held(controls, led)

            run = self.guided.record_trials(controls, tell, on_block=on_block)
        for expected in expecting:
            expected.result()  # raises what went wrong there
        enough = bool(self.expectations) and self.expectations[-1].enough
        if not run.completed and not enough:
            raise CalibrationError(
                f"the calibration was ended early{': ' if run.reason else ''}{run.reason}. What "
                f"was recorded is safe in {run.recording}: the same command goes on where it was."
            )
        return run

    def _expect(self, n_blocks: int, say: Callable[[str], None], controls: Controls) -> None:
        expectation = self.guided.expect(n_blocks)
        self.expectations.append(expectation)
        say(expectation.sentence)
        if expectation.enough:
            controls.end()

    def _where(self, led: Led) -> str:
        if led.trial is None:
            return led.sentence
        return f"{led.sentence}; {self.guided.words_for(led.trial)}"

    def _controls(self) -> Controls:
        """Return the controls of the next step: a signal ends it."""
        self.running[:] = [Controls()]
        return self.running[0]

    @staticmethod
    def _end_if_held(controls: Controls, led: Led) -> None:
        """Nobody can press a key here: what holds the protocol ends it, to be gone on with."""
        if led.progress.phase is Phase.PAUSED and led.held:
            controls.end()


def _summary(quality: Quality) -> str:
    n_good = sum(not electrode.finding for electrode in quality.electrodes)
    go = "go" if quality.verdict.go else "no go"
    return f"{n_good} of {len(quality.electrodes)} electrodes good: {go}"


def _kohm(kohm: float | None) -> str:
    return "not driven" if kohm is None else f"{kohm:.0f} kΩ"


def _ended(controls: Controls) -> None:
    if controls.ended:
        raise CalibrationError("the calibration was ended before any trial: nothing was recorded.")
