"""The first two pages: what is connected, and whether its signal will do."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from bci_app.runtime.bench import Impedances
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_quality import Quality, check_quality
from bci_app.ui.calibration.page import Page, button, buttons, label, panel
from bci_app.ui.calibration.step_runner import StepRunner
from bci_app.ui.head_panel import HeadPanel
from bci_app.ui.signs import grade_sign
from bci_app.ui.theme import Theme

_CONNECT_S = 2.0
_HEAD_PX = 460


class HeadsetPage(Page):
    """Who is calibrated, for what, and which headset answers."""

    title = "Headset"

    def __init__(self, guided: GuidedCalibration, runner: StepRunner) -> None:
        super().__init__(guided, runner)
        visit, settings = guided.visit, guided.settings
        targets = ", ".join(
            f"{target.command.words} {target.frequency_hz:g} Hz" for target in settings.targets
        )
        self.found = label("Not connected yet.", "readout")
        self.advice = label("Put the headset on, switch it on, and connect.")
        self.connect_button = button("Connect", "Start the headset (C)")
        self.connect_button.setObjectName("primary")
        self.connect_button.clicked.connect(self.enter)
        self.resumed = label("")
        self.column.addWidget(
            panel("HEADSET", self.found, self.advice, buttons(self.connect_button))
        )
        self.column.addWidget(
            panel(
                "SUBJECT",
                label(f"Subject {visit.subject}, session {visit.session}", "readout"),
                label(f"Targets: {targets}"),
                label(f"Everything is kept in {visit.folder}"),
                self.resumed,
            )
        )
        self.column.addStretch(1)

    def enter(self) -> None:
        """Connect."""
        progress = self.guided.protocol.progress(0.0)
        self.resumed.setText(
            f"Goes on with this session: {progress.n_kept} of {progress.n_planned} trials are done."
            if progress.n_kept
            else ""
        )
        self.resumed.setVisible(bool(progress.n_kept))
        if self.runner.running:
            return
        self.connect_button.setEnabled(False)
        self.found.setText("Connecting …")
        self.runner.start(
            lambda controls, _: check_quality(self.guided.bench, controls, seconds=_CONNECT_S)
        )

    def finish(self, result: object) -> None:
        """Say what answers."""
        assert isinstance(result, Quality)  # noqa: S101 - what the step returns
        info = result.headset
        self.found.setText(f"●  {info.name}: {len(info.channel_names)} electrodes")
        self.advice.setText(
            f"{', '.join(info.channel_names)}, at {info.sampling_rate_hz:g} samples a second. Are "
            "these the places where the electrodes sit? If not, correct [headset] channels."
        )
        self.connect_button.setText("Connect again")
        self.connect_button.setEnabled(True)
        self.is_ready = True
        self.changed.emit()

    def fail(self, message: str) -> None:
        """Say why none answers."""
        self.found.setText("■  No headset")
        self.advice.setText(message)
        self.connect_button.setEnabled(True)
        self.is_ready = False
        self.changed.emit()


class QualityPage(Page):
    """Each electrode, live, with advice in words; go or no-go."""

    title = "Quality"

    def __init__(self, guided: GuidedCalibration, runner: StepRunner) -> None:
        super().__init__(guided, runner)
        self._impedances: Impedances | None = None
        self._measuring = False
        self.head = HeadPanel()
        self.verdict = label("○  Listening …", "readout")
        self.reasons = label("")
        self.reasons.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.electrodes = label("")
        self.impedance_button = button("Measure impedances", "About two seconds an electrode (I)")
        self.impedance_button.clicked.connect(self.measure)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.head, 1, Qt.AlignmentFlag.AlignTop)
        words = panel(
            "SIGNAL",
            self.verdict,
            self.reasons,
            self.electrodes,
            buttons(self.impedance_button),
            stretch=True,
        )
        row.addWidget(words, 1)
        self.column.addLayout(row, 1)

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take on a theme and a size."""
        super().restyle(theme, scale)
        self.head.restyle(theme, scale)
        self.head.setFixedHeight(round(_HEAD_PX * scale))

    def enter(self) -> None:
        """Watch the signal until the page is left."""
        self._measuring = False
        self.impedance_button.setEnabled(True)
        self.runner.start(
            lambda controls, tell: check_quality(
                self.guided.bench, controls, tell, impedances_kohm=self._impedances, seconds=None
            )
        )

    def measure(self) -> None:
        """Measure the impedances, then watch the signal again."""
        if self._measuring:
            return
        self.runner.stop()
        self._measuring = True
        self.impedance_button.setEnabled(False)
        self.verdict.setText("○  Measuring impedances …")
        self.runner.start(
            lambda _, tell: self.guided.bench.impedances(lambda name, kohm: tell((name, kohm)))
        )

    def take(self, event: object) -> None:
        """Show a judgement, or an impedance."""
        if isinstance(event, Quality):
            self.show_quality(event)
        elif isinstance(event, tuple):
            name, kohm = event
            self.reasons.setText(f"{name}: {'not driven' if kohm is None else f'{kohm:.0f} kΩ'}")

    def show_quality(self, quality: Quality) -> None:
        """Show a judgement."""
        verdict = quality.verdict
        self.head.show_electrodes(quality.electrodes)
        if not verdict.go:
            self.verdict.setText("■  No go")
        elif verdict.reasons:
            self.verdict.setText("▲  Go, but mend this if you can")
        else:
            self.verdict.setText("●  Go")
        self.reasons.setText("\n".join(verdict.reasons) or "All electrodes are good.")
        self.electrodes.setText(
            "\n".join(
                f"{grade_sign(each.grade)} {each.name}   {_number(each.spread_uv)} µV"
                + (f"   {each.impedance_kohm:.0f} kΩ" if each.impedance_kohm is not None else "")
                for each in quality.electrodes
            )
        )
        self.is_ready = True
        self.next_words = "Next  ▸" if verdict.go else "Go on all the same  ▸"
        self.changed.emit()

    def finish(self, result: object) -> None:
        """Go on watching after the impedances."""
        if self._measuring:
            self._impedances = result if isinstance(result, tuple) else None
            self.enter()
            if self._impedances is None:
                self.impedance_button.setEnabled(False)
                self.impedance_button.setText("This headset cannot measure impedances")

    def fail(self, message: str) -> None:
        """Say what went wrong."""
        self.verdict.setText("■  No signal")
        self.reasons.setText(message)
        self.is_ready = False
        self.changed.emit()


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
