"""The third page: keep the configured frequencies, or find those that suit the subject."""

from collections.abc import Callable

from PySide6.QtWidgets import QScrollArea

from bci_app.online.settings import list_hz
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_run import Led
from bci_app.ui.calibration.page import Page, button, buttons, label, panel, progress_bar
from bci_app.ui.calibration.step_runner import StepRunner
from calibration.sweep import Proposal


class FrequenciesPage(Page):
    """A sweep over candidates, and what it proposes."""

    title = "Frequencies"

    def __init__(self, guided: GuidedCalibration, runner: StepRunner) -> None:
        super().__init__(guided, runner)
        self.proposal: Proposal | None = None
        self._round = (0, 1)
        self.state = label("", "readout")
        self.words = label("")
        self.bar = progress_bar()
        self.bar.setVisible(False)
        self.sweep_button = button("Start the sweep", "About three and a half minutes (S)")
        self.sweep_button.clicked.connect(self.sweep)
        self.use_button = button("Use these", "Put the proposed frequencies on the targets (U)")
        self.use_button.setObjectName("primary")
        self.use_button.clicked.connect(self.use)
        self.use_button.setVisible(False)
        self.column.addWidget(panel("FREQUENCIES", self.state, self.words, self.bar))
        self.column.addWidget(buttons(self.sweep_button, self.use_button))
        self.candidates = label("")
        self._found = panel("CANDIDATES, THE STRONGEST FIRST", self.candidates, stretch=True)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._found)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll = scroll
        self._scroll.setVisible(False)
        self.column.addWidget(self._scroll, 1)
        self.column.addStretch(0)

    def enter(self) -> None:
        """Say what is in use."""
        self.state.setText(f"In use: {list_hz(self.guided.settings.frequencies_hz)}")
        fixed = self.guided.has_trials
        self.sweep_button.setEnabled(not fixed)
        self.words.setText(
            "Trials of this session were recorded with these: they stay as they are."
            if fixed
            else "Keep them and go on, or let the subject look at each of fifteen candidates for "
            "a few seconds, to find the set that they answer to best. A strong set needs less "
            "time at each look."
        )
        self.is_ready = True
        self.changed.emit()

    def sweep(self) -> None:
        """Begin the sweep, or go on with its next round."""
        if self.runner.running or self.guided.has_trials:
            return
        self.sweep_button.setEnabled(False)
        self.bar.setVisible(True)
        self.is_ready = False
        self.changed.emit()

        def step(controls: Controls, tell: Callable[[object], None]) -> Proposal | None:
            def told(k: int, n_rounds: int, led: Led) -> None:
                tell(led)
                tell((k, n_rounds))

            return self.guided.sweep(controls, told)

        self.runner.start(step)

    def take(self, event: object) -> None:
        """Show how far the sweep is."""
        if isinstance(event, tuple):
            self._round = event
        elif isinstance(event, Led):
            k, n_rounds = self._round
            progress = event.progress
            share = (k + progress.n_kept / progress.n_planned) / n_rounds
            self.bar.setValue(round(1000 * share))
            self.state.setText(f"Round {k + 1} of {n_rounds}")
            self.words.setText(event.held or event.sentence)

    def finish(self, result: object) -> None:
        """Show what is proposed."""
        self.bar.setVisible(False)
        self.sweep_button.setEnabled(True)
        if isinstance(result, Proposal):
            self.show_proposal(result)
        else:
            self.sweep_button.setText("Go on with the sweep")
            self.enter()

    def show_proposal(self, proposal: Proposal) -> None:
        """Show what is proposed, and why."""
        self.proposal = proposal
        self.state.setText(f"Proposed: {list_hz(proposal.frequencies_hz)}")
        configured = (
            ""
            if proposal.configured_accuracy is None
            else f", the configured set {proposal.configured_accuracy:.0%}"
        )
        self.words.setText(
            f"In windows of 1.75 s this set should give {proposal.expected_accuracy:.0%} right "
            f"answers without any calibration{configured}. Alpha rhythm at "
            f"{proposal.alpha.frequency_hz:.1f} Hz, {proposal.alpha.height_db:.0f} dB high."
        )
        self.candidates.setText(
            "\n".join(
                f"{'●' if each.chosen else '○'}  {each.sentence}" for each in proposal.candidates
            )
        )
        self._scroll.setVisible(True)
        self.use_button.setVisible(True)
        self.use_button.setEnabled(True)
        self.sweep_button.setText("Repeat the evaluation")
        self.is_ready = True
        self.changed.emit()

    def use(self) -> None:
        """Put the proposed frequencies on the targets."""
        if self.proposal is None or self.runner.running or self.guided.has_trials:
            return
        self.guided.use_frequencies(self.proposal.frequencies_hz)
        self.use_button.setEnabled(False)
        self.enter()

    def fail(self, message: str) -> None:
        """Say what went wrong."""
        self.bar.setVisible(False)
        self.sweep_button.setEnabled(True)
        self.state.setText("■  The sweep could not be finished")
        self.words.setText(message)
        self.is_ready = True
        self.changed.emit()
