"""Pictures of the commands, drawn as lines in a unit square."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from devices.exoskeleton.command import Command

_LINES: dict[Command, tuple[tuple[tuple[float, float], ...], ...]] = {
    Command.WALK: (((0.5, 0.92), (0.5, 0.1)), ((0.2, 0.4), (0.5, 0.1), (0.8, 0.4))),
    Command.TURN_LEFT: (
        ((0.8, 0.92), (0.8, 0.42), (0.12, 0.42)),
        ((0.4, 0.14), (0.12, 0.42), (0.4, 0.7)),
    ),
    Command.TURN_RIGHT: (
        ((0.2, 0.92), (0.2, 0.42), (0.88, 0.42)),
        ((0.6, 0.14), (0.88, 0.42), (0.6, 0.7)),
    ),
    Command.STAND: (
        ((0.5, 0.34), (0.5, 0.62)),
        ((0.36, 0.94), (0.5, 0.62), (0.64, 0.94)),
        ((0.28, 0.58), (0.5, 0.36), (0.72, 0.58)),
    ),
    Command.SIT: (
        ((0.46, 0.36), (0.46, 0.6), (0.76, 0.6), (0.76, 0.94)),
        ((0.18, 0.4), (0.18, 0.94)),
        ((0.18, 0.8), (0.54, 0.8), (0.54, 0.94)),
    ),
    Command.STOP: (((0.2, 0.2), (0.8, 0.8)), ((0.8, 0.2), (0.2, 0.8))),
}
_HEADS = {Command.STAND: (0.5, 0.16), Command.SIT: (0.46, 0.15)}
_HEAD_RADIUS = 0.105
_LINE_WIDTH = 0.12


def draw_pictogram(painter: QPainter, command: Command, box: QRectF, colour: QColor) -> None:
    """Draw the command's picture into `box`."""
    painter.save()
    painter.translate(box.topLeft())
    painter.scale(box.width(), box.height())
    pen = QPen(colour, _LINE_WIDTH)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line in _LINES[command]:
        painter.drawPolyline([QPointF(x, y) for x, y in line])
    if command in _HEADS:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(*_HEADS[command]), _HEAD_RADIUS, _HEAD_RADIUS)
    painter.restore()
