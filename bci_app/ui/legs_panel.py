"""The exoskeleton as it moves: from the side, by its joint angles, and its way from above."""

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from bci_app.ui.panel import Panel
from bci_app.ui.session_view import SessionView
from bci_app.ui.theme import font, with_alpha
from devices.exoskeleton.messages import Telemetry
from devices.exoskeleton.postures import Posture

Point = tuple[float, float]

# Of a person of 1.75 m, in metres (Winter 2009, shares of the height).
THIGH_M, SHANK_M, FOOT_M, TRUNK_M, HEAD_M = 0.43, 0.43, 0.22, 0.5, 0.12
_ANKLE_HEIGHT_M, _SOLE_M = 0.07, 0.07
_SEATED = (Posture.SITTING, Posture.SITTING_DOWN, Posture.STANDING_UP)
_DRAWN_POINTS = 200  # of a way: more cannot be told apart, and it is drawn 30 times a second
_SEAT_HEIGHT_M = SHANK_M + _ANKLE_HEIGHT_M - 0.09


def leg_points(hip_deg: float, knee_deg: float, ankle_deg: float) -> tuple[Point, Point, Point]:
    """Knee, ankle and toe, seen from the side, the hip being the origin.

    Parameters
    ----------
    hip_deg, knee_deg, ankle_deg : float
        Flexion and dorsiflexion are positive; all 0 when standing upright.

    Returns
    -------
    tuple of 3 (float, float)
        x forward and y up, in metres.
    """
    thigh = math.radians(hip_deg)
    shank = thigh - math.radians(knee_deg)
    foot = shank + math.radians(ankle_deg)
    knee = (THIGH_M * math.sin(thigh), -THIGH_M * math.cos(thigh))
    ankle = (knee[0] + SHANK_M * math.sin(shank), knee[1] - SHANK_M * math.cos(shank))
    toe = (ankle[0] + FOOT_M * math.cos(foot), ankle[1] + FOOT_M * math.sin(foot))
    return knee, ankle, toe


def hip_height(*legs: tuple[Point, Point, Point]) -> float:
    """Height of the hip above the ground, in metres: the lowest foot stands and carries it."""
    return max(max(_ANKLE_HEIGHT_M - ankle[1], _SOLE_M - toe[1]) for _, ankle, toe in legs)


class LegsPanel(Panel):
    """Side view and way, both from telemetry alone."""

    def __init__(self) -> None:
        super().__init__(
            "EXOSKELETON",
            "From the side, by the joint angles it reports: the left leg is full, the right one\n"
            "behind it pale. Beside it, its way from above.",
        )
        self._side = _Side(self)
        self._way = _Way(self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._side, 5)
        row.addWidget(self._way, 4)
        self.body.addLayout(row, 1)

    def apply_style(self) -> None:
        """Keep room for the figure."""
        self._side.setMinimumHeight(round(95 * self.scale))

    def refresh(self, view: SessionView) -> None:
        """Show the newest telemetry."""
        self._side.telemetry = self._way.telemetry = view.telemetry
        self._side.is_past = view.ended is not None or view.link_up is False
        self._way.track = list(view.track)[:: len(view.track) // _DRAWN_POINTS + 1]
        self._side.update()
        self._way.update()


class _Side(QWidget):
    def __init__(self, panel: LegsPanel) -> None:
        super().__init__()
        self._panel = panel
        self.telemetry: Telemetry | None = None
        self.is_past = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        theme, scale = self._panel.theme, self._panel.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.is_past:
            painter.setPen(QColor(theme.text))
            painter.setFont(font(scale))
            corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            painter.drawText(self.rect(), corner, "as last seen")
            painter.setOpacity(0.4)
        if self.telemetry is None:
            painter.setPen(QColor(theme.faint))
            painter.setFont(font(scale))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "no telemetry yet")
            painter.end()
            return
        telemetry = self.telemetry
        left = leg_points(*telemetry.angles_deg[:3])
        right = leg_points(*telemetry.angles_deg[3:])
        ground_y = self.height() - 16 * scale
        px_per_m = (ground_y - 8) / (
            THIGH_M + SHANK_M + _ANKLE_HEIGHT_M + TRUNK_M + 2 * HEAD_M + 0.05
        )
        hip_height_m = hip_height(left, right)
        hip_x = self.width() * 0.42

        def at(point: Point) -> QPointF:
            return QPointF(
                hip_x + point[0] * px_per_m, ground_y - (hip_height_m + point[1]) * px_per_m
            )

        self._paint_ground(painter, ground_y, px_per_m)
        if telemetry.posture in _SEATED:
            self._paint_chair(painter, hip_x, ground_y, px_per_m)
        self._paint_leg(painter, right, at, px_per_m, far=True)
        lean = math.radians(min(18.0, 0.25 * max(telemetry.angles_deg[0], 0.0)))
        if telemetry.posture is Posture.SITTING:
            lean = 0.0
        shoulder = (TRUNK_M * math.sin(lean), TRUNK_M * math.cos(lean))
        head = (shoulder[0] + 1.2 * HEAD_M * math.sin(lean), shoulder[1] + 1.2 * HEAD_M)
        trunk_pen = QPen(QColor(theme.text), 0.1 * px_per_m)
        trunk_pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(trunk_pen)
        painter.drawLine(at((0, 0.03)), at(shoulder))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text))
        painter.drawEllipse(at(head), HEAD_M * px_per_m, HEAD_M * px_per_m)
        # The controller's box on the back.
        pack = QPen(QColor(theme.accent), 0.1 * px_per_m)
        pack.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pack)
        painter.drawLine(at((-0.13, 0.1)), at((shoulder[0] * 0.75 - 0.13, 0.4)))
        self._paint_leg(painter, left, at, px_per_m, far=False)
        painter.end()

    def _paint_ground(self, painter: QPainter, y: float, px_per_m: float) -> None:
        assert self.telemetry is not None  # noqa: S101 - checked by the caller
        theme = self._panel.theme
        painter.setPen(QPen(QColor(theme.faint), 1.5))
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
        # Marks a quarter of a metre apart pass by as the way gets longer.
        step_px = 0.25 * px_per_m
        x = -(self.telemetry.distance_m * px_per_m) % step_px
        painter.setPen(QPen(QColor(theme.faint), 1))
        while x < self.width():
            painter.drawLine(QPointF(x, y + 3), QPointF(x - 5, y + 10))
            x += step_px

    def _paint_chair(self, painter: QPainter, hip_x: float, y: float, px_per_m: float) -> None:
        painter.setPen(QPen(QColor(self._panel.theme.faint), 3 * self._panel.scale))
        seat_y = y - _SEAT_HEIGHT_M * px_per_m
        back_x, front_x = hip_x - 0.24 * px_per_m, hip_x + 0.22 * px_per_m
        painter.drawPolyline(
            [
                QPointF(back_x - 0.04 * px_per_m, seat_y - 0.42 * px_per_m),
                QPointF(back_x, seat_y),
                QPointF(front_x, seat_y),
                QPointF(front_x, y),
            ]
        )
        painter.drawLine(QPointF(back_x, seat_y), QPointF(back_x, y))

    def _paint_leg(
        self,
        painter: QPainter,
        leg: tuple[Point, Point, Point],
        at: Callable[[Point], QPointF],
        px_per_m: float,
        *,
        far: bool,
    ) -> None:
        theme = self._panel.theme
        knee, ankle, toe = leg
        heel = (ankle[0] - 0.05 * (toe[0] - ankle[0]) / FOOT_M, ankle[1])
        colour = with_alpha(theme.accent, 110) if far else QColor(theme.accent)
        pen = QPen(colour, (0.075 if far else 0.085) * px_per_m)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        sole = -0.035
        painter.drawPolyline([at((0, 0)), at(knee), at(ankle)])
        painter.drawPolyline([at((heel[0], heel[1] + sole)), at((toe[0], toe[1] + sole))])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.panel))
        radius = 0.024 * px_per_m
        for joint in ((0.0, 0.0), knee, ankle):
            painter.drawEllipse(at(joint), radius, radius)


class _Way(QWidget):
    def __init__(self, panel: LegsPanel) -> None:
        super().__init__()
        self._panel = panel
        self.telemetry: Telemetry | None = None
        self.track: list[Point] = []

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        theme, scale = self._panel.theme, self._panel.scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(QColor(theme.ground))
        painter.drawRoundedRect(box, 3, 3)
        if self.telemetry is None:
            painter.end()
            return
        here = (self.telemetry.x_m, self.telemetry.y_m)
        points = [*self.track, here, (0.0, 0.0)]
        # The first heading is up: x forward is -y of the screen, y to the left is -x.
        xs, ys = [-y for _, y in points], [-x for x, _ in points]
        reach_m = max(max(xs) - min(xs), max(ys) - min(ys), 2.0)
        px_per_m = (min(box.width(), box.height()) - 44 * scale) / reach_m
        middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)

        def at(point: Point) -> QPointF:
            return box.center() + QPointF(
                (-point[1] - middle[0]) * px_per_m,
                (-point[0] - middle[1]) * px_per_m - 6 * scale,
            )

        painter.setPen(QPen(QColor(theme.accent), 2.2 * scale))
        painter.drawPolyline([at(point) for point in [*self.track, here]])
        painter.setPen(QPen(QColor(theme.faint), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        start = at((0.0, 0.0))
        painter.drawRect(QRectF(start.x() - 4, start.y() - 4, 8, 8))
        self._paint_arrow(painter, at(here))
        # A ruler of one metre (or more, on a long way).
        step_m = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1e9) if step * px_per_m > 24)
        y = box.bottom() - 9 * scale
        left = box.left() + 10 * scale
        painter.setPen(QPen(QColor(theme.faint), 1.5))
        painter.drawLine(QPointF(left, y), QPointF(left + step_m * px_per_m, y))
        for x in (left, left + step_m * px_per_m):
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))
        painter.setFont(font(scale, 0.8))
        painter.drawText(
            QRectF(left + step_m * px_per_m + 6, y - 10 * scale, 60 * scale, 20 * scale),
            Qt.AlignmentFlag.AlignVCenter,
            f"{step_m} m",
        )
        painter.drawText(
            box.adjusted(0, 0, -8 * scale, -2),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom,
            f"{self.telemetry.distance_m:.1f} m",
        )
        painter.end()

    def _paint_arrow(self, painter: QPainter, at: QPointF) -> None:
        assert self.telemetry is not None  # noqa: S101 - checked by the caller
        size = 8 * self._panel.scale
        painter.save()
        painter.translate(at)
        painter.rotate(-self.telemetry.heading_deg)
        painter.setPen(QPen(QColor(self._panel.theme.panel), 1))
        painter.setBrush(QColor(self._panel.theme.text))
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(0, -1.4 * size),
                    QPointF(0.85 * size, size),
                    QPointF(0, 0.5 * size),
                    QPointF(-0.85 * size, size),
                ]
            )
        )
        painter.restore()
