"""The spectrum of the last seconds, with the targets' frequencies and harmonics marked."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPen
from PySide6.QtWidgets import QComboBox

from bci_app.ui.panel import Panel
from bci_app.ui.plotting import leave_room_above, line_pen, plot_widget, pyqtgraph, style_plot
from bci_app.ui.session_values import SessionInfo
from bci_app.ui.session_view import SessionView
from bci_app.ui.spectrum import amplitude_spectrum
from bci_app.ui.theme import font, target_colour, target_pen, with_alpha

_WINDOW_S = 4.0
_MAX_HZ = 45.0
_LABELLED_TARGETS = 8


class SpectrumPanel(Panel):
    """Amplitude spectrum; fundamentals are marked by long lines with names, harmonics by short.

    Parameters
    ----------
    info : SessionInfo
    """

    def __init__(self, info: SessionInfo) -> None:
        super().__init__(
            "SPECTRUM, µV at Hz",
            f"Amplitudes in the last {_WINDOW_S:g} s, unfiltered. Long marks are the targets' "
            "frequencies, short ones their second harmonics.",
        )
        self._info = info
        self._plot = plot_widget()
        self._curve = pyqtgraph.PlotCurveItem(antialias=True)
        self._marks = []
        few = len(info.targets) <= _LABELLED_TARGETS
        for target, _ in enumerate(info.targets):
            for harmonic in (1, 2):
                frequency_hz = harmonic * info.targets[target].frequency_hz
                if frequency_hz > _MAX_HZ:
                    continue
                named = few and harmonic == 1
                mark = pyqtgraph.InfiniteLine(
                    frequency_hz,
                    angle=90,
                    label=f"{frequency_hz:g}" if named else None,
                    labelOpts={
                        "position": 1.0,  # hangs from the top
                        "anchors": [(0.5, 0.0), (0.5, 0.0)],
                        "movable": False,
                    },
                    span=(0, 1) if harmonic == 1 else (0, 0.35),
                )
                self._marks.append((mark, target, harmonic))
                self._plot.addItem(mark)
        self._plot.addItem(self._curve)
        self._plot.setXRange(2, _MAX_HZ, padding=0)
        self.body.addWidget(self._plot, 1)
        self.channel_choice = QComboBox()
        self.channel_choice.addItems(["mean of all", *info.channel_names])
        self.channel_choice.setToolTip("Whose spectrum is shown (C)")
        self.add_tool(self.channel_choice)
        self._top_uv = 1.0

    def apply_style(self) -> None:
        """Colour and size the plot."""
        style_plot(self._plot, self.theme, self.scale)
        leave_room_above(self._plot, self.scale)
        self._plot.setMinimumHeight(round(72 * self.scale))
        self._plot.getAxis("left").setWidth(round(38 * self.scale))
        self._curve.setPen(line_pen(self.theme.text, 1.4))
        self._curve.setBrush(with_alpha(self.theme.accent, 40))
        self._curve.setFillLevel(0)
        for mark, target, harmonic in self._marks:
            if harmonic == 1:
                mark.setPen(target_pen(self.theme, target, 1.4))
            else:
                pen = QPen(target_colour(self.theme, target), 2.2, Qt.PenStyle.SolidLine)
                pen.setCosmetic(True)
                mark.setPen(pen)
            if hasattr(mark, "label"):
                mark.label.setColor(QColor(self.theme.text))
                mark.label.setFont(font(self.scale, 0.8, bold=True))
                mark.label.fill = pyqtgraph.mkBrush(QColor(self.theme.panel))

    def refresh(self, view: SessionView) -> None:
        """Compute and draw, from what came since the last gap; soon after one, the old stays."""
        rate_hz = self._info.sampling_rate_hz
        samples_uv = view.signal.raw(round(_WINDOW_S * rate_hz))
        missing = np.flatnonzero(~np.isfinite(samples_uv).all(axis=1))
        whole = samples_uv[missing[-1] + 1 :] if len(missing) else samples_uv
        spectrum = amplitude_spectrum(whole, rate_hz) if len(whole) >= rate_hz else None
        if spectrum is None:
            return
        frequencies_hz, amplitudes_uv = spectrum
        chosen = self.channel_choice.currentIndex()
        line = amplitudes_uv.mean(axis=1) if chosen == 0 else amplitudes_uv[:, chosen - 1]
        seen = (frequencies_hz >= 2) & (frequencies_hz <= _MAX_HZ)
        self._curve.setData(frequencies_hz[seen], line[seen])
        reach_uv = float(line[seen].max()) * 1.25
        self._make_room()
        if reach_uv > self._top_uv or reach_uv < 0.5 * self._top_uv:
            self._top_uv = max(0.5, float(np.ceil(reach_uv * 2) / 2))
            self._plot.setYRange(0, self._top_uv, padding=0)

    def _make_room(self) -> None:
        """Hide a frequency where it would overlap the one before it."""
        px_per_hz = self._plot.getViewBox().width() / (_MAX_HZ - 2)
        metrics = QFontMetricsF(font(self.scale, 0.8, bold=True))
        free_px = 0.0
        for mark, _, _ in sorted(self._marks, key=lambda mark: mark[0].value()):
            if not hasattr(mark, "label"):
                continue
            middle_px = mark.value() * px_per_hz
            half_px = metrics.horizontalAdvance(f" {mark.value():g} ") / 2
            mark.label.setVisible(middle_px - half_px >= free_px)
            if mark.label.isVisible():
                free_px = middle_px + half_px
