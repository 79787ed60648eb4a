"""The fourth page: the trials, what to expect after each block, and when it is enough."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtWidgets import QHBoxLayout

from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_plan import Expectation
from bci_app.runtime.guided_run import Led, Run
from bci_app.ui.calibration.page import Page, button, label, panel, progress_bar
from bci_app.ui.calibration.step_runner import StepRunner, ending_with
from calibration.protocol import Phase

_STOP_PX = 44


class TrialsPage(Page):
    """Leads the subject through the trials."""

    title = "Trials"

    def __init__(self, guided: GuidedCalibration, runner: StepRunner) -> None:
        super().__init__(guided, runner)
        self.led: Led | None = None
        self.expectations: list[Expectation] = []
        self.asked = label("", "readout")
        self.words = label("")
        self.bar = progress_bar()
        self.counts = label("")
        self.begin_button = button("Begin", "Lead the subject through the trials (B)")
        self.begin_button.setObjectName("primary")
        self.begin_button.clicked.connect(self.begin)
        self.pause_button = button("Pause", "Hold, or go on (P)")
        self.pause_button.clicked.connect(self.pause)
        self.stop_button = button("■  STOP", "Blank the targets and hold, at once (Space, Escape)")
        self.stop_button.setObjectName("stop")
        self.stop_button.setMinimumHeight(_STOP_PX)
        self.stop_button.clicked.connect(self.stop_now)
        row = QHBoxLayout()
        row.addWidget(self.begin_button)
        row.addWidget(self.pause_button)
        row.addStretch(1)
        row.addWidget(self.stop_button)
        self.column.addWidget(panel("ASKED NOW", self.asked, self.words, self.bar, self.counts))
        self.column.addLayout(row)
        self.expected = label("Known after the second block.")
        self.column.addWidget(
            panel("EXPECTED OF A SESSION, WITH 90 % INTERVALS", self.expected, stretch=True), 1
        )

    @property
    def is_held(self) -> bool:
        """Whether the protocol waits for somebody to go on."""
        return self.led is not None and self.led.progress.phase is Phase.PAUSED

    def enter(self) -> None:
        """Show what is done already."""
        self._show_counts()
        if self.guided.protocol.phase is Phase.DONE:
            self.asked.setText("●  All blocks are done")
            self.words.setText("Go on to the result, or record another block.")
            self.begin_button.setText("Another block")
        else:
            self.asked.setText("○  Ready")
            self.words.setText(
                "The subject sits at ease, and is told: look at the target that is shown, until it "
                "stops flickering; where none is shown, look away from all of them. Blink in "
                "between."
            )
        self._refresh()

    def begin(self) -> None:
        """Begin, go on, or add a block."""
        if self.runner.running:
            if self.is_held:
                self.runner.controls.release()
                self.runner.controls.begin()
            return
        if self.guided.protocol.phase is Phase.DONE:
            self.guided.add_block()
        self.led = None
        self.runner.start(self._step)
        self._refresh()

    def pause(self) -> None:
        """Hold, or go on."""
        if not self.runner.running:
            return
        if self.is_held:
            self.begin()
        else:
            self.runner.controls.pause()

    def stop_now(self) -> None:
        """Blank the targets and hold."""
        if self.runner.running:
            self.runner.controls.stop("the researcher stopped it")

    def take(self, event: object) -> None:
        """Show how far it is, or what to expect."""
        if isinstance(event, Led):
            self.led = event
            self._show_asked(event)
            self._show_counts()
            self._refresh()
        elif isinstance(event, Expectation):
            self.show_expectation(event)

    def show_expectation(self, expectation: Expectation) -> None:
        """Add what to expect after a block."""
        self.expectations.append(expectation)
        lines = [each.sentence for each in self.expectations]
        if expectation.enough:
            lines.append("●  Enough: you may go on to the result now.")
        self.expected.setText("\n\n".join(lines))
        self._refresh()

    def finish(self, result: object) -> None:
        """Say how the run ended."""
        assert isinstance(result, Run)  # noqa: S101 - what the step returns
        self.enter()
        if not result.completed:
            self.asked.setText("‖  Ended early")
            self.words.setText(
                f"{result.reason or 'Ended'}: what was recorded is safe. Begin to go on where it "
                "was."
            )

    def fail(self, message: str) -> None:
        """Say what went wrong, and that nothing is lost."""
        self.asked.setText("■  Interrupted")
        self.words.setText(
            f"{message}\nWhat was recorded is safe. Mend it and begin to go on where it was."
        )
        self._refresh()

    # --- within -----------------------------------------------------------------------------------

    def _step(self, controls: Controls, tell: Callable[[object], None]) -> Run:
        with ThreadPoolExecutor(1, "expectation") as beside:
            expecting: list[Future[None]] = []

            def expect(n_blocks: int) -> None:
                tell(self.guided.expect(n_blocks, ending_with(controls)))

            def on_block(block: int) -> None:
                expecting.append(beside.submit(expect, block + 1))

            run = self.guided.record_trials(controls, tell, on_block=on_block)
        for expected in expecting:
            expected.result()  # raises what went wrong there
        return run

    def _show_asked(self, led: Led) -> None:
        self.words.setText(led.held or led.sentence)
        if led.trial is not None:
            verb = "Look" if led.progress.phase is Phase.LOOK else "Get ready"
            self.asked.setText(f"▶  {verb}: {self.guided.words_for(led.trial)}")
        elif led.progress.phase is Phase.PAUSED:
            self.asked.setText(f"‖  Held: {led.held or 'paused'}")
            self.words.setText("Go on when it is mended and the subject is ready.")
        else:
            self.asked.setText({Phase.BREAK: "○  Break"}.get(led.progress.phase, "○  Rest"))

    def _show_counts(self) -> None:
        progress = self.led.progress if self.led else self.guided.protocol.progress(0.0)
        self.bar.setValue(round(1000 * progress.n_kept / max(1, progress.n_planned)))
        self.counts.setText(
            f"{progress.n_kept} of {progress.n_planned} trials done, {progress.n_spoiled} spoiled "
            "and done again"
        )

    def _refresh(self) -> None:
        running = self.runner.running
        self.begin_button.setEnabled(not running or self.is_held)
        if running:
            self.begin_button.setText("Go on")
        elif self.guided.protocol.phase is not Phase.DONE:
            self.begin_button.setText("Go on" if self.guided.has_trials else "Begin")
        self.pause_button.setEnabled(running)
        self.pause_button.setText("Go on" if running and self.is_held else "Pause")
        self.stop_button.setEnabled(running)
        enough = bool(self.expectations) and self.expectations[-1].enough
        self.is_ready = self.guided.has_trials and (not running or self.is_held or enough)
        self.changed.emit()
