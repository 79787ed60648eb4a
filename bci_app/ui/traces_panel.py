"""The signal of all channels over the last seconds."""

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from bci_app.online.filters import CausalFilter, design_filter
from bci_app.ui.panel import Panel
from bci_app.ui.plotting import (
    draw_grid,
    line_pen,
    plot_widget,
    pyqtgraph,
    right_margin,
    show_span,
    style_plot,
)
from bci_app.ui.session_values import SessionInfo
from bci_app.ui.session_view import SessionView
from bci_app.ui.signal_history import FloatArray, envelope
from bci_app.ui.signs import grade_colour, grade_sign
from bci_app.ui.theme import font, with_alpha
from calibration.quality import ElectrodeQuality

SPANS_S = (2, 5, 10, 20, 30)
_SCALES_UV = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
_MAX_GAPS = 12


class TracesPanel(Panel):
    """Traces, one below the other, each with its electrode's state at its right end.

    Parameters
    ----------
    info : SessionInfo
    """

    def __init__(self, info: SessionInfo) -> None:
        super().__init__(
            "SIGNAL",
            "The signal of each channel, newest at the right. Lost samples leave a gap.\n"
            "F: filter   Up, Down: scale   [ ]: time shown",
        )
        self._info = info
        self._n_channels = len(info.channel_names)
        self._plot = plot_widget()
        self._curve = pyqtgraph.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self._gaps = [pyqtgraph.LinearRegionItem(movable=False, pen=None) for _ in range(_MAX_GAPS)]
        for gap in self._gaps:
            gap.setVisible(False)
            for edge in gap.lines:
                edge.setPen(QPen(Qt.PenStyle.NoPen))
            self._plot.addItem(gap)
        self._grid = pyqtgraph.PlotCurveItem()
        self._plot.addItem(self._grid)
        self._plot.addItem(self._curve)
        self._plot.setYRange(-self._n_channels + 0.35, 0.65, padding=0)
        self._plot.getAxis("left").setTicks(
            [[(-k, name) for k, name in enumerate(info.channel_names)]]
        )
        self._gutter = _Gutter(self._n_channels)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._plot, 1)
        row.addWidget(self._gutter)
        self.body.addLayout(row, 1)
        band = info.settings.band_hz
        self._filters: dict[str, tuple[tuple[float, float], float | None] | None] = {
            f"as decoded, {band[0]:g}–{band[1]:g} Hz": (band, info.settings.mains_hz),
            "1–40 Hz, no mains": ((1.0, 40.0), info.settings.mains_hz),
            "unfiltered": None,
        }
        self.filter_choice = QComboBox()
        self.filter_choice.addItems(list(self._filters))
        self.filter_choice.setToolTip("What the traces are filtered with (F)")
        self.scale_choice = QComboBox()
        self.scale_choice.addItems(["auto", *(f"{scale} µV" for scale in _SCALES_UV)])
        self.scale_choice.setToolTip("Height of one channel's row (Up, Down)")
        self.span_choice = QComboBox()
        self.span_choice.addItems([f"{span} s" for span in SPANS_S])
        self.span_choice.setCurrentIndex(SPANS_S.index(10))
        self.span_choice.setToolTip("Time shown, here and in the scores below ([ and ])")
        for choice in (self.filter_choice, self.scale_choice, self.span_choice):
            self.add_tool(choice)
        self._auto_uv = 50.0
        self._filter_in_use: str | None = None

    @property
    def span_s(self) -> int:
        """Seconds shown."""
        return SPANS_S[self.span_choice.currentIndex()]

    def apply_style(self) -> None:
        """Colour and size the plot."""
        style_plot(self._plot, self.theme, self.scale)
        self._plot.setProperty("span_s", None)
        self._curve.setPen(line_pen(self.theme.trace))
        for gap in self._gaps:
            gap.setBrush(with_alpha(self.theme.notice, 50))
        self._gutter.panel = self
        self._gutter.setFixedWidth(right_margin(self.scale))

    def refresh(self, view: SessionView) -> None:
        """Draw the latest seconds."""
        self._use_filter(view)
        rate_hz = self._info.sampling_rate_hz
        n_times = round(self.span_s * rate_hz)
        shown = view.signal.shown(n_times)
        positions, values = envelope(shown, max(200, self._plot.width() // 2))
        seen = np.isfinite(values)
        if seen.all(axis=1).any():
            middles = np.where(
                seen.any(axis=0), np.nanmedian(values[:, seen.any(axis=0)], axis=0).mean(), 0.0
            )
            if self.filter_choice.currentText() == "unfiltered":
                middles = _medians(values)
            values = np.clip((values - middles) / self._row_uv(values - middles), -0.6, 0.6)
        rows = values - np.arange(self._n_channels)
        separated = np.vstack([rows, np.full((1, self._n_channels), np.nan)])
        times_s = np.append((positions - n_times) / rate_hz, np.nan)
        self._curve.setData(np.tile(times_s, self._n_channels), separated.T.ravel())
        if show_span(self._plot, self.span_s):
            draw_grid(self._grid, self.theme, self.span_s, self._n_channels)
        self._show_gaps(view)

    def show_electrodes(self, states: tuple[ElectrodeQuality, ...]) -> None:
        """Show each electrode's state at its trace."""
        self._gutter.states = states
        self._gutter.row_uv = self._current_uv()
        self._gutter.update()

    def _current_uv(self) -> float:
        index = self.scale_choice.currentIndex()
        return self._auto_uv if index == 0 else float(_SCALES_UV[index - 1])

    def _row_uv(self, values: FloatArray) -> float:
        if self.scale_choice.currentIndex() == 0:
            # What most channels need: one loose electrode must not flatten the others.
            seen = values[np.isfinite(values).all(axis=1)]
            reach_uv = float(np.median(np.percentile(np.abs(seen), 98, axis=0))) * 2.2
            fitting = next((uv for uv in _SCALES_UV if uv >= reach_uv), _SCALES_UV[-1])
            # Only a clear change moves the scale, so that traces do not jump to and fro.
            if fitting > self._auto_uv or reach_uv < 0.35 * self._auto_uv:
                self._auto_uv = float(fitting)
        return self._current_uv()

    def _use_filter(self, view: SessionView) -> None:
        wanted = self.filter_choice.currentText()
        if wanted == self._filter_in_use:
            return
        self._filter_in_use = wanted
        band = self._filters[wanted]
        view.signal.use_filter(
            None
            if band is None
            else CausalFilter(design_filter(self._info.sampling_rate_hz, *band))
        )

    def _show_gaps(self, view: SessionView) -> None:
        latest = list(view.gaps)[-_MAX_GAPS:]
        for k, item in enumerate(self._gaps):
            if k < len(latest):
                begin_s = view.seconds(latest[k].first_index)
                item.setRegion((begin_s, begin_s + latest[k].n_lost / self._info.sampling_rate_hz))
            item.setVisible(k < len(latest))


def _medians(values: FloatArray) -> FloatArray:
    medians = np.zeros(values.shape[1])
    for k in range(values.shape[1]):
        seen = values[np.isfinite(values[:, k]), k]
        medians[k] = np.median(seen) if len(seen) else 0.0
    return medians


class _Gutter(QWidget):
    """To the right of each trace: its electrode's grade and spread; below them the scale."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self._n_channels = n_channels
        self.panel: Panel | None = None
        self.states: tuple[ElectrodeQuality, ...] = ()
        self.row_uv = 50.0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        if self.panel is None or not self.states:
            return
        theme, scale = self.panel.theme, self.panel.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        axis_px = round(2.0 * 13 * scale)
        row_px = (self.height() - axis_px) / self._n_channels
        painter.setFont(font(scale, 0.9))
        for k, state in enumerate(self.states):
            colour = grade_colour(theme, state.grade)
            line = QRectF(10 * scale, k * row_px, self.width() - 12 * scale, row_px)
            painter.setPen(colour)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, grade_sign(state.grade))
            painter.setPen(QColor(theme.text))
            line.setLeft(line.left() + 18 * scale)
            spread = "missing" if state.spread_uv is None else f"{state.spread_uv:5.1f} µV"
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, spread)
        # The scale: as high as one row of the plot.
        x = self.width() - 14 * scale
        painter.setPen(QColor(theme.faint))
        top, bottom = 0.5 * row_px - row_px / 2 + 2, 0.5 * row_px + row_px / 2 - 2
        for y in (top, bottom):
            painter.drawLine(int(x - 3 * scale), int(y), int(x + 3 * scale), int(y))
        painter.drawLine(int(x), int(top), int(x), int(bottom))
        painter.setFont(font(scale, 0.8))
        label = QRectF(0, self.height() - axis_px, self.width() - 4 * scale, axis_px)
        painter.drawText(
            label,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            f"row {self.row_uv:g} µV",
        )
        painter.end()
