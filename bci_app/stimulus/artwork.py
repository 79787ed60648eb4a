"""All that stands still on the subject's screen: pictures, words, frames, fixation, notices.

It is painted into one image as large as the screen, piece by piece and only when it changes; each
frame lays the image over the flickering patches.
"""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from bci_app.stimulus.geometry import Rectangle
from bci_app.stimulus.layout import BAND_SHARE, MARGIN_SHARE
from bci_app.stimulus.messages import ShowDecision
from bci_app.stimulus.pictograms import draw_pictogram
from bci_app.stimulus.presentation import Phase, Presentation
from bci_app.stimulus.settings import Patch

BACKGROUND = QColor(14, 17, 22)
_TEXT = QColor(232, 236, 241)
_FAINT = QColor(150, 160, 172)
_ON_PATCH = QColor(0, 114, 178)  # stands out from black, white and all between
_CUE = QColor(230, 159, 0)
_DECIDED = QColor(86, 180, 233)

_NOTICE_TITLE = "Before the targets begin to flicker"
_NOTICE = (
    "Flickering light can provoke seizures in people with photosensitive epilepsy, also in people "
    "who do not know that they have it.\n\n"
    "Do not continue if you, or somebody in your family, ever had a seizure or a fit provoked by "
    "light. Look away and press any key at once if you feel dizzy, sick or unwell, if your vision "
    "changes, or if a muscle twitches.\n\n"
    "Any key, and any click, blanks this screen and stops the exoskeleton at any time."
)
_NOTICE_KEYS = "Enter   I have read this and want to begin          Esc   I do not want to"


class Artwork:
    """The still image of the subject's screen.

    Parameters
    ----------
    width_px, height_px : int
    patches : tuple of Patch
    areas : tuple of Rectangle
        Where each patch flickers.
    family : str
        Font family.

    Attributes
    ----------
    image : QImage
        Premultiplied RGBA, transparent where nothing stands.
    """

    def __init__(
        self,
        width_px: int,
        height_px: int,
        patches: tuple[Patch, ...],
        areas: tuple[Rectangle, ...],
        family: str,
    ) -> None:
        self._patches = patches
        self._areas = areas
        self._family = family
        self.image = QImage(width_px, height_px, QImage.Format.Format_RGBA8888_Premultiplied)
        self.image.fill(Qt.GlobalColor.transparent)
        self._unit = height_px / 100
        self.band = QRect(0, 0, width_px, int(height_px * BAND_SHARE))
        cross = 2 * round(self._unit)
        middle_y = round(height_px * (1 + BAND_SHARE) / 2)
        self.fixation = QRect(width_px // 2 - cross, middle_y - cross, 2 * cross, 2 * cross)

    def frame(self, target: int) -> QRect:
        """Area around a patch with room for its label and frames."""
        area = self._areas[target].grown(MARGIN_SHARE * self._areas[target].width)
        return QRect(round(area.x), round(area.y), round(area.width), round(area.height))

    def paint_all(self, presentation: Presentation) -> QRect:
        """Paint what the phase shows; return what changed: everything."""
        self.image.fill(Qt.GlobalColor.transparent)
        painter = self._painter()
        match presentation.phase:
            case Phase.NOTICE:
                self._paint_panel(painter, _NOTICE_TITLE, self._notice(presentation), _NOTICE_KEYS)
            case Phase.STOPPED:
                self._paint_stopped(painter, presentation.stop_reason)
            case Phase.PAUSED | Phase.FLICKERING:
                for target in range(len(self._patches)):
                    self._paint_target(painter, target, presentation)
                self._paint_fixation(painter)
                self._paint_band(painter, presentation)
            case Phase.CLOSED:
                pass
        painter.end()
        return self.image.rect()

    def paint_target(self, target: int, presentation: Presentation) -> QRect:
        """Paint one target anew; return the area that changed."""
        painter = self._painter()
        self._clear(painter, self.frame(target))
        self._paint_target(painter, target, presentation)
        painter.end()
        return self.frame(target)

    def paint_band(self, presentation: Presentation) -> QRect:
        """Paint the band with cue and feedback anew; return the area that changed."""
        painter = self._painter()
        self._clear(painter, self.band)
        self._paint_band(painter, presentation)
        painter.end()
        return self.band

    def _painter(self) -> QPainter:
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    @staticmethod
    def _clear(painter: QPainter, area: QRect) -> None:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(area, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _font(self, height_units: float, bold: bool = False) -> QFont:
        font = QFont(self._family)
        font.setPixelSize(max(9, round(height_units * self._unit)))
        font.setBold(bold)
        return font

    def _paint_target(self, painter: QPainter, target: int, presentation: Presentation) -> None:
        patch, area = self._patches[target], self._areas[target]
        box = QRectF(area.x, area.y, area.width, area.height)
        side = area.width
        if patch.command is None:
            font = QFont(self._family)
            font.setPixelSize(max(9, round(side * (0.4 if len(patch.label) < 3 else 0.22))))
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(_ON_PATCH)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, patch.label)
        else:
            inset = side * 0.27
            draw_pictogram(
                painter, patch.command, box.adjusted(inset, inset, -inset, -inset), _ON_PATCH
            )
            font = QFont(self._family)
            font.setPixelSize(max(9, round(side * 0.145)))
            painter.setFont(font)
            painter.setPen(_TEXT)
            below = QRectF(box.left() - side, box.bottom() + 0.06 * side, 3 * side, 0.18 * side)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, patch.label)
        if presentation.decision is not None and presentation.decision.target == target:
            self._paint_decision(painter, box, presentation.decision)
        elif presentation.cue.target == target:
            self._paint_cue(painter, box)

    def _paint_decision(self, painter: QPainter, box: QRectF, decision: ShowDecision) -> None:
        """Paint a closed frame, and where it is known how sure that is a bar so long above it.

        The frame is broken when nothing is done about the decision.
        """
        width = box.width() * 0.035
        probability = decision.probability
        line = Qt.PenStyle.DashLine if decision.withheld else Qt.PenStyle.SolidLine
        painter.setPen(QPen(_DECIDED, width, line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(-width, -width, width, width))
        if probability is None:
            return
        bar = QRectF(box.left(), box.top() - 3.6 * width, box.width(), 1.2 * width)
        painter.fillRect(bar, QColor(_DECIDED.red(), _DECIDED.green(), _DECIDED.blue(), 70))
        bar.setWidth(bar.width() * probability)
        painter.fillRect(bar, _DECIDED)

    def _paint_cue(self, painter: QPainter, box: QRectF) -> None:
        """Paint open corners, and a pointer above."""
        width = box.width() * 0.035
        pen = QPen(_CUE, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        frame = box.adjusted(-width, -width, width, width)
        arm = box.width() * 0.25
        for x, dx in ((frame.left(), arm), (frame.right(), -arm)):
            for y, dy in ((frame.top(), arm), (frame.bottom(), -arm)):
                painter.drawPolyline([QPointF(x + dx, y), QPointF(x, y), QPointF(x, y + dy)])
        tip = QPointF(box.center().x(), frame.top() - 0.6 * width)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_CUE)
        painter.drawPolygon(
            [tip, tip + QPointF(-2.2 * width, -3 * width), tip + QPointF(2.2 * width, -3 * width)]
        )

    def _paint_fixation(self, painter: QPainter) -> None:
        painter.setPen(QPen(_FAINT, max(1.5, 0.28 * self._unit)))
        centre = QPointF(self.fixation.center())
        arm = self.fixation.width() / 2 - self._unit * 0.5
        painter.drawLine(centre - QPointF(arm, 0), centre + QPointF(arm, 0))
        painter.drawLine(centre - QPointF(0, arm), centre + QPointF(0, arm))

    def _paint_band(self, painter: QPainter, presentation: Presentation) -> None:
        band = QRectF(self.band)
        upper = QRectF(0, 0.12 * band.height(), band.width(), 0.5 * band.height())
        lower = QRectF(0, 0.62 * band.height(), band.width(), 0.3 * band.height())
        text, colour = "", _TEXT
        below: list[str] = []
        if presentation.phase is Phase.PAUSED:
            text = "Pause"
        elif presentation.decision is not None:
            decision = presentation.decision
            label = self._patches[decision.target].label
            sure = (
                f"score {decision.score:.2f}"
                if decision.probability is None
                else f"{_percent(decision.probability)} sure"
            )
            if decision.withheld:
                text, colour, below = f"{label}   not now", _CUE, [decision.withheld]
            else:
                text, colour = f"{label}   {sure}", _DECIDED
        elif presentation.cue.target is not None:
            label = self._patches[presentation.cue.target].label
            text, colour = presentation.cue.text or f"Look at: {label}", _CUE
        elif presentation.cue.text:
            text, colour = presentation.cue.text, _CUE
        painter.setFont(self._font(4.6, bold=True))
        painter.setPen(colour)
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, text)
        if presentation.legs:
            below.append(f"exoskeleton: {presentation.legs}")
        line = "   ·   ".join(below)
        painter.setFont(self._font(2.6))
        painter.setPen(_FAINT)
        painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, line[:1].upper() + line[1:])

    @staticmethod
    def _notice(presentation: Presentation) -> str:
        if presentation.ready is None:
            return f"{_NOTICE}\n\nMeasuring the screen …"
        ready = presentation.ready
        lines = [
            f"Screen: {ready.width_px} × {ready.height_px} at {ready.refresh_hz:.2f} Hz. The "
            f"targets fill {ready.area.share_of_screen:.1%} of it and at most "
            f"{ready.area.share_of_field:.0%} of any 10° field of view."
        ]
        lines += [
            f"{'Cannot start' if misfit.forbids_start else 'Note'}: {misfit.text}"
            for misfit in ready.misfits[:3]
        ]
        return "\n\n".join([_NOTICE, *lines])

    def _paint_stopped(self, painter: QPainter, reason: str) -> None:
        full = QRectF(self.image.rect())
        centre = Qt.AlignmentFlag.AlignCenter
        for top, height, size, bold, colour, text in (
            (0.30, 0.16, 10.0, True, _TEXT, "Stopped"),
            (0.47, 0.08, 3.6, False, _CUE, reason[:1].upper() + reason[1:]),
            (0.57, 0.06, 2.7, False, _TEXT, "The exoskeleton has been told to stand still."),
            (0.86, 0.06, 2.4, False, _FAINT, "The researcher can continue the session."),
        ):
            painter.setFont(self._font(size, bold=bold))
            painter.setPen(colour)
            line = QRectF(0, top * full.height(), full.width(), height * full.height())
            painter.drawText(line, centre, text)

    def _paint_panel(self, painter: QPainter, title: str, text: str, keys: str) -> None:
        full = QRectF(self.image.rect())
        width = min(full.width() * 0.86, 106 * self._unit)
        column = QRectF((full.width() - width) / 2, 0, width, full.height())
        painter.setPen(_TEXT)
        painter.setFont(self._font(4.2, bold=True))
        head = QRectF(column.left(), 9 * self._unit, width, 7 * self._unit)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.fillRect(
            QRectF(column.left(), 17 * self._unit, width, max(1.0, 0.2 * self._unit)), _FAINT
        )
        body = QRectF(column.left(), 20 * self._unit, width, 66 * self._unit)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        flags |= int(Qt.TextFlag.TextWordWrap)
        size = 2.7
        painter.setFont(self._font(size))
        while painter.boundingRect(body, flags, text).height() > body.height() and size > 1.2:
            size -= 0.1
            painter.setFont(self._font(size))
        painter.drawText(body, flags, text)
        painter.setPen(_CUE)
        painter.setFont(self._font(2.7, bold=True))
        foot = QRectF(column.left(), 88 * self._unit, width, 6 * self._unit)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, keys)


def _percent(probability: float) -> str:
    """Write a probability in percent; nothing but certainty is 100 %."""
    return f"{min(round(100 * probability), 99 if probability < 1 else 100)} %"
