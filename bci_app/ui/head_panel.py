"""The head from above, with how each electrode does."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from bci_app.ui.panel import Panel
from bci_app.ui.session_view import SessionView
from bci_app.ui.signs import grade_colour, grade_sign
from bci_app.ui.theme import font, with_alpha
from calibration.montage import place_on_head
from calibration.quality import ElectrodeQuality, Grade

Place = tuple[float, float]


class HeadPanel(Panel):
    """Electrodes on a head outline: a disc is good, a triangle doubtful, a square bad."""

    def __init__(self) -> None:
        super().__init__(
            "ELECTRODES",
            "Seen from above, the nose is up.\n● good   ▲ doubtful   ■ bad: mend it first",
        )
        self._head = _Head(self)
        self.body.addWidget(self._head, 1)

    def apply_style(self) -> None:
        """Keep room for the head."""
        self._head.setMinimumHeight(round(88 * self.scale))

    def refresh(self, view: SessionView) -> None:
        """Do nothing: states are computed once for all who show them, see `show_electrodes`."""

    def show_electrodes(self, states: tuple[ElectrodeQuality, ...]) -> None:
        """Show the electrodes' states; none while there is no signal."""
        self._head.states = states
        poor = sorted(
            (state for state in states if state.grade is not Grade.GOOD),
            key=lambda state: -state.grade,
        )
        well = "All electrodes are good." if states else "There is nothing to judge."
        self._head.setToolTip("\n".join(state.sentence for state in poor) or well)
        self._head.words = _in_words(poor) if states else "nothing to judge"
        self._head.is_well = not poor
        self._head.update()


def _in_words(poor: list[ElectrodeQuality]) -> str:
    """Say what is wrong with the worst electrode, what to do, and how many more there are."""
    if not poor:
        return "all good"
    more = f" ({len(poor) - 1} more)" if len(poor) > 1 else ""
    return f"{poor[0].sentence}{more}"


def _places(states: tuple[ElectrodeQuality, ...]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    n_unplaced = 0
    for state in states:
        place = place_on_head(state.name)
        if place is None:
            # Names that say nothing of their place stand in rows from the forehead on.
            place = (-0.6 + 0.3 * (n_unplaced % 5), 0.5 - 0.3 * (n_unplaced // 5))
            n_unplaced += 1
        places[state.name] = place
    return places


def _least_distance(places: list[Place]) -> float:
    return min(
        (math.dist(one, other) for k, one in enumerate(places) for other in places[:k]),
        default=1.0,
    )


def free_places(
    names: list[str], where: dict[str, QPointF], metrics: QFontMetrics
) -> list[tuple[str, QRectF]]:
    """Return the names that can be written at their places, and their rectangles.

    Parameters
    ----------
    names : list of str
        The most important first: a later one that would touch an earlier one is left out.
    where : dict of str to QPointF
        The middle of each.
    metrics : QFontMetrics
    """
    free: list[tuple[str, QRectF]] = []
    for name in names:
        place = QRectF(0, 0, metrics.horizontalAdvance(name) + 2, metrics.height())
        place.moveCenter(where[name])
        if not any(place.intersects(taken) for _, taken in free):
            free.append((name, place))
    return free


class _Head(QWidget):
    def __init__(self, panel: HeadPanel) -> None:
        super().__init__()
        self._panel = panel
        self.states: tuple[ElectrodeQuality, ...] = ()
        self.words = ""
        self.is_well = True

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        theme, scale = self._panel.theme, self._panel.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        foot = (20 if self.is_well else 47) * scale
        places = _places(self.states)
        centre, radius = self._head_circle(list(places.values()), foot)
        nose = 0.12 * radius
        painter.setClipRect(QRectF(0, 0, self.width(), self.height() - foot))
        pen = QPen(QColor(theme.faint), 1.6)
        painter.setPen(pen)
        painter.setBrush(QColor(theme.ground))
        for side in (-1, 1):
            painter.drawEllipse(centre + QPointF(side * radius, 0), 0.07 * radius, 0.19 * radius)
        painter.drawPolygon(
            [
                centre + QPointF(-0.13 * radius, -0.97 * radius),
                centre + QPointF(0, -radius - nose),
                centre + QPointF(0.13 * radius, -0.97 * radius),
            ]
        )
        painter.drawEllipse(centre, radius, radius)
        dot = min(16 * scale, 0.46 * radius * _least_distance(list(places.values())))
        where = {name: centre + QPointF(x * radius, -y * radius) for name, (x, y) in places.items()}
        for state in self.states:
            self._paint_electrode(painter, where[state.name], dot, state)
        self._paint_names(painter, where, dot)
        painter.setClipping(False)
        painter.setPen(QColor(theme.text))
        painter.setFont(font(scale, 0.9 if self.is_well else 0.82))
        worst = max((state.grade for state in self.states), default=Grade.GOOD)
        painter.drawText(
            QRectF(0, self.height() - foot, self.width(), foot),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            f"{grade_sign(worst)} {self.words}" if self.states else self.words,
        )
        painter.end()

    def _head_circle(self, places: list[Place], foot: float) -> tuple[QPointF, float]:
        """Centre and radius of the head; enlarged where the electrodes take but a part of it."""
        scale = self._panel.scale
        width, height = self.width(), self.height() - foot
        whole = min(width - 26 * scale, height - 16 * scale) / 2.2
        if not places:
            return QPointF(width / 2, height / 2), whole
        xs, ys = [x for x, _ in places], [y for _, y in places]
        margin = 42 * scale
        radius = min(
            (width - margin) / max(max(xs) - min(xs), 0.1),
            (height - margin) / max(max(ys) - min(ys), 0.1),
            2.4 * whole,
        )
        if radius < 1.25 * whole:
            return QPointF(width / 2, height / 2 + 0.06 * whole), whole
        middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
        # The nearer edge of the head stays in sight.
        lowest = height - radius - 4
        y = max(height / 2 + middle[1] * radius, lowest) if middle[1] < 0 else height / 2
        return QPointF(width / 2 - middle[0] * radius, y), radius

    def _paint_electrode(
        self, painter: QPainter, at: QPointF, dot: float, state: ElectrodeQuality
    ) -> None:
        colour = grade_colour(self._panel.theme, state.grade)
        painter.setPen(QPen(colour, 1.8))
        painter.setBrush(with_alpha(colour, 45))
        if state.grade is Grade.GOOD:
            painter.drawEllipse(at, dot, dot)
        elif state.grade is Grade.BAD:
            painter.drawRect(QRectF(at.x() - dot, at.y() - dot, 2 * dot, 2 * dot))
        else:
            path = QPainterPath(at + QPointF(0, -1.35 * dot))
            path.lineTo(at + QPointF(1.25 * dot, 0.85 * dot))
            path.lineTo(at + QPointF(-1.25 * dot, 0.85 * dot))
            path.closeSubpath()
            painter.drawPath(path)

    def _paint_names(self, painter: QPainter, where: dict[str, QPointF], dot: float) -> None:
        """Name the electrodes, the worst first, as long as no name lies on another."""
        scale = self._panel.scale
        painter.setPen(QColor(self._panel.theme.text))
        painter.setFont(font(scale * min(1.0, dot / (13 * scale)), 0.8, bold=True))
        for name, place in free_places(
            [state.name for state in sorted(self.states, key=lambda state: -state.grade)],
            where,
            painter.fontMetrics(),
        ):
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
