"""The last two pages: what came of it, and where it is kept."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from bci_app.runtime.calibrating import Calibration
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.profile_files import report_path
from bci_app.ui.calibration.page import Page, button, buttons, label, panel, progress_bar
from bci_app.ui.calibration.step_runner import StepRunner, ending_with


class ResultPage(Page):
    """Fits, and says what to expect of the next session."""

    title = "Result"

    def __init__(self, guided: GuidedCalibration, runner: StepRunner) -> None:
        super().__init__(guided, runner)
        self.calibration: Calibration | None = None
        self.next_words = "Save the profile  ▸"
        self.state = label("", "readout")
        self.words = label("")
        self.bar = progress_bar()
        self.compared = label("")
        self.column.addWidget(
            panel("EXPECTED OF THE NEXT SESSION", self.state, self.words, self.bar)
        )
        self.column.addWidget(panel("DECODERS COMPARED", self.compared, stretch=True), 1)

    def enter(self) -> None:
        """Fit."""
        self.calibration = None
        self.is_ready = False
        self.state.setText("○  Fitting …")
        self.words.setText("Decoders are compared on trials that they have not seen.")
        self.compared.setText("")
        self.bar.setVisible(True)
        self.bar.setValue(0)

        def step(controls: Controls, tell: Callable[[object], None]) -> Calibration:
            return self.guided.fit(ending_with(controls, lambda *done: tell(done)))

        self.runner.start(step)
        self.changed.emit()

    def take(self, event: object) -> None:
        """Show how far the fit is."""
        if isinstance(event, tuple):
            what, share = event
            self.words.setText(f"{what} …")
            self.bar.setValue(round(1000 * share))

    def finish(self, result: object) -> None:
        """Show what came of it."""
        assert isinstance(result, Calibration)  # noqa: S101 - what the step returns
        self.calibration = result
        self.bar.setVisible(False)
        text, found = result.profile.text, result.figures
        right = text.operating_point.expected_right
        false = text.operating_point.expected_false_per_min
        response_s = text.operating_point.expected_response_s
        self.state.setText(f"●  {right.value:.0%} of looks answered rightly")
        response = "" if response_s is None else f" after {response_s:.1f} s on average"
        self.words.setText(
            f"90 % interval {right.low:.0%} to {right.high:.0%}{response}. False commands: "
            f"{false.value:.2f} a minute expected, {text.operating_point.max_false_per_min:g} "
            f"accepted.\n{found.prospect.reason} To record another block, go back to the trials."
        )
        lines = [
            f"{'●' if each.decoder == text.decoder else '○'}  {each.decoder}: {each.accuracy:.0%} "
            f"± {each.standard_error:.0%} right in {found.window_s:g} s"
            for each in text.compared
        ]
        self.compared.setText("\n".join([*lines, *found.remarks]))
        self.is_ready = True
        self.changed.emit()

    def fail(self, message: str) -> None:
        """Say what is missing."""
        self.bar.setVisible(False)
        self.state.setText("■  No profile yet")
        self.words.setText(f"{message}\nWhat was recorded is safe: go back to record more.")
        self.changed.emit()


class ProfilePage(Page):
    """Where profile and report are, and what to do with them.

    Attributes
    ----------
    path : Path or None
        Of the profile, once it is saved.
    """

    title = "Profile"

    def __init__(self, guided: GuidedCalibration, runner: StepRunner, result: ResultPage) -> None:
        super().__init__(guided, runner)
        self.path: Path | None = None
        self._result = result
        self.next_words = "Finish"
        self.state = label("", "readout")
        self.words = label("")
        self.report_button = button("Open the report", "In the browser (O)")
        self.report_button.clicked.connect(self.open_report)
        self.column.addWidget(panel("PROFILE", self.state, self.words))
        self.column.addWidget(buttons(self.report_button))
        self.column.addStretch(1)

    def enter(self) -> None:
        """Save."""
        calibration = self._result.calibration
        assert calibration is not None  # noqa: S101 - one comes here only with a result
        self.is_ready = False
        self.state.setText("○  Saving …")
        self.words.setText("")
        self.report_button.setEnabled(False)
        self.runner.start(lambda *_: self.guided.save(calibration))
        self.changed.emit()

    def finish(self, result: object) -> None:
        """Say where it is."""
        assert isinstance(result, Path)  # noqa: S101 - what the step returns
        self.path = result
        visit = self.guided.visit
        self.state.setText(f"●  Saved: subject {visit.subject}, session {visit.session}")
        self.words.setText(
            f"{result}\n{report_path(result)}\n\nRun a session with it:\n"
            f"bci-app run --config SESSION.toml --profile {result}"
        )
        self.report_button.setEnabled(True)
        self.is_ready = True
        self.changed.emit()

    def fail(self, message: str) -> None:
        """Say why it is not."""
        self.state.setText("■  Not saved")
        self.words.setText(f"{message}\nGo back and save again.")
        self.changed.emit()

    def open_report(self) -> None:
        """Open the report in the browser."""
        if self.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(report_path(self.path).resolve())))
