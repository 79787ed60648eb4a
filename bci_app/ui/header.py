"""The top of the operator window: what matters at a glance, the controls, and the big stop."""

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bci_app.evaluation.answers import Asked
from bci_app.evaluation.rate_test import RateSeen
from bci_app.ui.log_panel import clock
from bci_app.ui.session_values import Alarm, how_sure, posture_name
from bci_app.ui.session_view import SessionView
from bci_app.ui.theme import Theme

_ARMED_MS = 3000


class Header(QWidget):
    """Readouts and controls.

    Attributes
    ----------
    stopped, released, begun, paused, noted, restyled : Signal
        What the researcher asks for.
    """

    stopped = Signal()
    released = Signal()
    begun = Signal()
    paused = Signal()
    noted = Signal()
    restyled = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self._values: dict[str, QLabel] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 0, 2)
        row.setSpacing(26)
        for name, tip in (
            ("STATE", "What the session is doing"),
            ("ASKED", "What the subject is asked to look at"),
            ("DECIDED", "The last decision, and how sure it was"),
            ("FALSE", "Commands that nobody asked for, a minute; with a 95 % interval"),
            ("EXOSKELETON", "What the legs report that they are doing"),
            ("BATTERY", "Charge of the exoskeleton"),
        ):
            row.addLayout(self._readout(name, tip))
        row.addStretch(1)
        self._title = QLabel(title)
        self._title.setObjectName("caption")
        self._title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout()
        column.setSpacing(5)
        column.addWidget(self._title)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addStretch(1)
        self.begin_button = self._button("Begin", "Let the targets flicker (B)", self.begun)
        self.begin_button.setObjectName("primary")
        self.pause_button = self._button("Pause", "Let the targets stand still (P)", self.paused)
        self.note_button = self._button(
            "Note …", "Write something down, with its time (N)", self.noted
        )
        self.style_button = self._button("Light", "Dark or light (T)", self.restyled)
        self.release_button = self._button("Release stop", "", None)
        self.release_button.setToolTip("Leave the stop: press twice within three seconds (R)")
        self.release_button.clicked.connect(self.press_release)
        for button in (
            self.begin_button,
            self.pause_button,
            self.note_button,
            self.style_button,
            self.release_button,
        ):
            buttons.addWidget(button)
        column.addLayout(buttons)
        row.addLayout(column)
        self.stop_button = self._button(
            "■  STOP", "Stop the exoskeleton now (Space, or Escape)", self.stopped
        )
        self.stop_button.setObjectName("stop")
        self.stop_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        row.addWidget(self.stop_button)
        self._armed = QTimer(self)
        self._armed.setSingleShot(True)
        self._armed.setInterval(_ARMED_MS)
        self._armed.timeout.connect(self._disarm)

    def press_release(self) -> None:
        """Take one of the two presses that release a stop."""
        if not self.release_button.isEnabled():
            return
        if self._armed.isActive():
            self._disarm()
            self.released.emit()
        else:
            self.release_button.setText("Press again")
            self._armed.start()

    def hide_controls(self) -> None:
        """Leave the readouts alone: there is no session to control."""
        for button in (
            self.begin_button,
            self.pause_button,
            self.note_button,
            self.release_button,
            self.stop_button,
        ):
            button.hide()

    def restyle(self, theme: Theme) -> None:
        """Take on a theme."""
        self.style_button.setText("Dark" if theme.name == "light" else "Light")

    def refresh(self, view: SessionView) -> None:
        """Show the present state."""
        self._show("STATE", _state(view))
        asked = view.asked
        if asked is None or asked.asked is Asked.NOTHING:
            self._show("ASKED", "–")
        else:
            target = asked.target
            self._show("ASKED", "none" if target is None else view.label(target))
        if view.decisions:
            last = view.decisions[-1]
            ago_s = abs(view.seconds(last.end_index))
            self._show("DECIDED", view.label(last.target), f"{how_sure(last)}, {ago_s:.0f} s ago")
        else:
            self._show("DECIDED", "–")
        self._show_rate(view.rate)
        telemetry = view.telemetry
        if view.ended is not None:
            self._show("EXOSKELETON", "let go", "comes to rest by itself")
            self._show("BATTERY", "–")
        elif telemetry is None or view.link_up is False:
            self._show("EXOSKELETON", "no link" if view.link_up is False else "–")
            self._show("BATTERY", "–")
        else:
            last_command = view.commands[-1] if view.commands else None
            self._show(
                "EXOSKELETON",
                posture_name(telemetry.posture),
                ""
                if last_command is None
                else f"{last_command.fate.value} {last_command.command.words}",
            )
            self._show("BATTERY", f"{telemetry.battery_percent} %")
        stopped = view.stop_reason is not None
        self.release_button.setEnabled(stopped)
        if not stopped and self._armed.isActive():
            self._disarm()
        has_screen = view.screen is not None and not stopped
        self.begin_button.setEnabled(has_screen and not view.flickering)
        self.pause_button.setEnabled(has_screen and view.flickering)
        self._captions["STATE"].setText(clock(view.now_s).strip())

    def says(self, name: str) -> str:
        """Return what a readout says, its caption after a comma."""
        return ", ".join(t for t in (self._values[name].text(), self._captions[name].text()) if t)

    def _show_rate(self, seen: RateSeen | None) -> None:
        if seen is None or seen.per_min is None or seen.interval_per_min is None:
            self._show("FALSE", "–")
        else:
            low, high = seen.interval_per_min
            sign = "■ " if seen.contradicted else ""
            self._show("FALSE", f"{sign}{seen.per_min:.2g} / min", f"{low:.2g} to {high:.2g}")

    def _disarm(self) -> None:
        self._armed.stop()
        self.release_button.setText("Release stop")

    def _readout(self, name: str, tip: str) -> QVBoxLayout:
        if not hasattr(self, "_captions"):
            self._captions: dict[str, QLabel] = {}
        title, value, caption = QLabel(name), QLabel("–"), QLabel("")
        title.setObjectName("title")
        value.setObjectName("readout")
        caption.setObjectName("caption")
        for label in (title, value, caption):
            label.setToolTip(tip)
        self._values[name], self._captions[name] = value, caption
        column = QVBoxLayout()
        column.setSpacing(0)
        for label in (title, value, caption):
            column.addWidget(label)
        return column

    def _show(self, name: str, value: str, caption: str = "") -> None:
        self._values[name].setText(value)
        self._captions[name].setText(caption)

    def _button(self, text: str, tip: str, signal: SignalInstance | None) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        if signal is not None:
            button.clicked.connect(signal)
        return button


class AlarmBar(QFrame):
    """What is wrong, and what to do, right below the header; gone when all is well."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("alarm")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 14, 7)
        row.setSpacing(16)
        self._text, self._advice = QLabel(), QLabel()
        self._text.setObjectName("alarmtext")
        self._advice.setWordWrap(True)
        row.addWidget(self._text)
        row.addWidget(self._advice, 1)
        self.setVisible(False)

    def show_alarms(self, alarms: list[Alarm]) -> None:
        """Show all alarms, and what to do about the gravest."""
        self.setVisible(bool(alarms))
        if alarms:
            self._text.setText("■  " + "   ■  ".join(alarm.text for alarm in alarms))
            self._advice.setText(alarms[0].advice)

    def text(self) -> str:
        """Return what it says."""
        return "" if self.isHidden() else self._text.text()


def _state(view: SessionView) -> str:
    if view.ended is not None:
        return "■ ended"
    if view.stop_reason is not None:
        return "■ stopped"
    if view.failure is not None or view.silent_since_s is not None:
        return "▲ no signal"
    if not view.info.live:
        return "▶ replay"
    if view.screen is not None and not view.flickering:
        return "‖ paused"
    return "● live" if view.now_index else "○ waiting"
