"""The subject window: draws what the presentation says, in time with the screen."""

import gc
import random
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QRect, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QCursor,
    QFontDatabase,
    QKeyEvent,
    QMouseEvent,
    QSurfaceFormat,
)
from PySide6.QtOpenGL import QOpenGLWindow

from bci_app.stimulus.artwork import BACKGROUND, Artwork
from bci_app.stimulus.flicker import FlickerBank
from bci_app.stimulus.frame_clock import FrameClock, measure_period
from bci_app.stimulus.geometry import Viewing, flashing_area
from bci_app.stimulus.layout import largest_size, photodiode_patch, place_targets
from bci_app.stimulus.messages import (
    Began,
    Blanked,
    CueShown,
    Failed,
    Frames,
    Gaze,
    Inverted,
    Paused,
    Ready,
    StimulusReport,
    StimulusRequest,
)
from bci_app.stimulus.presentation import Phase, Presentation
from bci_app.stimulus.refresh_fit import find_misfits
from bci_app.stimulus.renderer import (
    PHOTODIODE,
    Renderer,
    panel_quads,
    target_quads,
)
from bci_app.stimulus.settings import StimulusSettings

_N_MEASURED_FRAMES = 45
_MEDIUM_LUMINANCE = 0.5
_REPORT_EVERY_S = 1.0
# Frames drawn as fast as possible come much faster than the screen where nothing makes them wait.
_UNSYNCHRONISED_BELOW = 0.8
_SLEEP_LAST_S = 0.0015
_OPEN_WITHIN_MS = 15_000
# Frames between inversions of the photodiode patch, irregular so that no edge is taken for another.
_MEASURE_FRAMES = (18, 30)


def surface_format() -> QSurfaceFormat:
    """Return what the window asks of OpenGL: 3.3 core, swapping with the screen."""
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setSwapBehavior(QSurfaceFormat.SwapBehavior.DoubleBuffer)
    wanted.setSwapInterval(1)
    return wanted


class SubjectWindow(QOpenGLWindow):
    """The flickering targets.

    Parameters
    ----------
    settings : StimulusSettings
    report : callable
        Takes each report, at once.
    """

    def __init__(
        self, settings: StimulusSettings, report: Callable[[StimulusReport], None]
    ) -> None:
        super().__init__(QOpenGLWindow.UpdateBehavior.NoPartialUpdate)
        self.setFormat(surface_format())
        self.setTitle("bci-app: subject")
        self._settings = settings
        self._report = report
        self._presentation = Presentation(len(settings.patches))
        self._bank = FlickerBank(settings.flickers, settings.gamma)
        self._drive = np.empty(len(settings.patches))
        self._still_drive = _MEDIUM_LUMINANCE ** (1 / settings.gamma)
        self._renderer: Renderer | None = None
        self._swap_times_s: list[float] = []
        self._period_s = 0.0
        self._synchronised = True
        self._clock: FrameClock | None = None
        self._paced_from_s = 0.0
        self._on_swap: list[Callable[[float], None]] = []
        self._shown = Phase.NOTICE
        self._photodiode_white = False
        self._next_inversion = 0
        self._gaze: int | None = None
        self._reported_s = 0.0
        self._random = random.Random(0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._draw_on_time)
        if not settings.gaze_by_pointer:
            self.setCursor(QCursor(Qt.CursorShape.BlankCursor))
        self.frameSwapped.connect(self._note_swap)

    def open(self) -> None:
        """Lay out the targets on the screen they will be shown on, and show the window.

        Raises
        ------
        ConfigurationError
            When the targets do not fit.
        """
        screen = self.screen()
        ratio = screen.devicePixelRatio()
        size = self._settings.window_px
        width_px = size[0] if size else round(screen.size().width() * ratio)
        height_px = size[1] if size else round(screen.size().height() * ratio)
        screen_mm = self._settings.screen_width_mm or screen.physicalSize().width()
        viewing = Viewing(
            width_px,
            height_px,
            screen_mm * width_px / (screen.size().width() * ratio),
            self._settings.distance_mm,
        )
        size_deg = self._settings.size_deg
        if self._settings.gaze_by_pointer:  # no eyes look: what fits the window will do
            size_deg = largest_size(self._settings.commands, size_deg, viewing)
        self._areas = place_targets(self._settings.commands, size_deg, viewing)
        self._area = flashing_area(self._areas, viewing)
        family = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
        self._artwork = Artwork(width_px, height_px, self._settings.patches, self._areas, family)
        self._photodiode = photodiode_patch(self._areas, viewing)
        if size:
            self.resize(round(width_px / ratio), round(height_px / ratio))
            self.setMinimumSize(self.size())
            self.setMaximumSize(self.size())
            free = screen.availableGeometry()
            self.setPosition(free.left(), max(free.top(), free.bottom() - self.height()))
            self.show()
        else:
            self.setGeometry(screen.geometry())
            self.showFullScreen()
        QTimer.singleShot(_OPEN_WITHIN_MS, self, self._check_opened)

    def _check_opened(self) -> None:
        if self._period_s == 0.0 and self._presentation.phase is not Phase.CLOSED:
            self._report(
                Failed(
                    f"no frame was shown within {_OPEN_WITHIN_MS / 1000:g} s: OpenGL 3.3 is needed "
                    "(update the graphics driver), and a screen that is on"
                )
            )
            self.close()

    def handle(self, request: StimulusRequest) -> None:
        """Follow a request of the session and show what comes of it."""
        now = self._presentation
        before, cue, decision = now.phase, now.cue, now.decision
        self._emit(now.request(request))
        if now.phase is not before:
            self._show_phase()
            return
        if now.phase is Phase.NOTICE or self._renderer is None:
            return
        decided = [one.target for one in (decision, now.decision) if one is not None]
        touched = (cue.target, now.cue.target, *decided)
        self.makeCurrent()
        if now.phase is not Phase.STOPPED:
            if now.cue is not cue or now.decision is not decision:
                for target in {k for k in touched if k is not None}:
                    self._upload(self._artwork.paint_target(target, now))
            self._upload(self._artwork.paint_band(now))
        if now.cue is not cue:
            cued = now.cue.target
            if self._settings.photodiode:
                self._invert()
            self._on_swap.append(lambda time_s: self._report(CueShown(cued, time_s)))
        self._draw_soon()

    # --- drawing ---------------------------------------------------------------------------------

    def initializeGL(self) -> None:  # noqa: N802 - Qt's name
        """Build what is drawn."""
        art = self._artwork
        still = [*map(art.frame, range(len(self._areas))), art.band, art.fixation]
        try:
            self._renderer = Renderer(
                art.image,
                BACKGROUND,
                panel_quads(art.image.width(), art.image.height()),
                target_quads(still, self._areas, self._photodiode),
            )
        except RuntimeError as error:  # Qt would print it and go on
            self._report(Failed(str(error)))
            QTimer.singleShot(0, self.close)
            return
        self._upload(art.paint_all(self._presentation))

    def paintGL(self) -> None:  # noqa: N802 - Qt's name
        """Draw one frame."""
        renderer = self._renderer
        if renderer is None:
            return
        phase = self._presentation.phase
        if phase is not self._shown or self._period_s == 0.0:
            # The first frame after a change shows nothing: whatever has to be painted, the targets
            # are gone within a frame. So do the frames that measure the screen.
            renderer.draw_nothing()
        elif phase is Phase.FLICKERING and self._clock is not None:
            refresh = self._clock.next_refresh(time.monotonic())
            self._set_levels(renderer, refresh)
            if self._presentation.measuring and refresh >= self._next_inversion:
                self._next_inversion = refresh + self._random.randint(*_MEASURE_FRAMES)
                self._invert()
            renderer.draw_targets(photodiode=self._photodiode_used)
        elif phase is Phase.PAUSED:
            renderer.levels[: len(self._drive)] = self._still_drive
            renderer.draw_targets(photodiode=self._photodiode_used)
        else:
            renderer.draw_panel()

    def _set_levels(self, renderer: Renderer, refresh: int) -> None:
        self._bank.drive(refresh * self._period_s, self._drive)
        renderer.levels[: len(self._drive)] = self._drive

    def read_back(self, refresh: int) -> list[int]:
        """Draw the flicker at a refresh and read it back from OpenGL, to check the light.

        Returns
        -------
        list of int
            Level of each target near its upper left corner, 0 to 255.
        """
        if self._renderer is None:
            raise RuntimeError("the window is not open")
        self.makeCurrent()
        self._set_levels(self._renderer, refresh)
        self._renderer.draw_targets(photodiode=self._photodiode_used)
        image = self.grabFramebuffer()
        return [
            image.pixelColor(round(area.x + 0.05 * area.width), round(area.y + 3)).green()
            for area in self._areas
        ]

    def _note_swap(self) -> None:
        time_s = time.monotonic()
        if self._period_s == 0.0:
            self._swap_times_s.append(time_s)
            if len(self._swap_times_s) < _N_MEASURED_FRAMES:
                self.update()
            else:
                self._measured()
            return
        for waiting in self._on_swap:
            waiting(time_s)
        self._on_swap.clear()
        if self._presentation.phase is not self._shown:
            self._repaint_phase(time_s)
        elif self._shown is Phase.FLICKERING and self._clock is not None:
            self._clock.note_swap(time_s)
            if time_s - self._reported_s >= _REPORT_EVERY_S:
                self._reported_s = time_s
                self._report(Frames(self._clock.timing(), time.process_time()))
            self._draw_next(time_s)

    def _draw_next(self, now_s: float) -> None:
        """Ask for the next frame: at once where the swap waits for the screen, else in time."""
        if self._synchronised or self._clock is None:
            self.update()
            return
        due_s = self._paced_from_s + (self._clock.refresh + 1) * self._period_s
        self._due_s = due_s
        self._timer.start(max(0, int((due_s - now_s - _SLEEP_LAST_S) * 1e3)))

    def _draw_on_time(self) -> None:
        # The timer is good to a millisecond; the rest is slept.
        remaining_s = self._due_s - time.monotonic()
        if 0 < remaining_s < 2 * _SLEEP_LAST_S:
            time.sleep(remaining_s)
        self.update()

    def _draw_soon(self) -> None:
        """Draw a frame for a change while nothing flickers; the flicker draws by itself."""
        if self._shown is not Phase.FLICKERING or self._presentation.phase is not self._shown:
            self._timer.stop()
            self.update()

    def _measured(self) -> None:
        nominal_hz = self.screen().refreshRate()
        period_s = measure_period(self._swap_times_s)
        self._synchronised = period_s > _UNSYNCHRONISED_BELOW / nominal_hz
        self._period_s = period_s if self._synchronised else 1 / nominal_hz
        misfits = find_misfits(
            self._settings.flickers, 1 / self._period_s, nominal_hz, self._synchronised, self._area
        )
        ready = Ready(
            self.screen().name(),
            1 / self._period_s,
            self._synchronised,
            self._artwork.image.width(),
            self._artwork.image.height(),
            self._area,
            misfits,
        )
        self._emit(self._presentation.note_ready(ready))
        self._shown = self._presentation.phase
        self.makeCurrent()
        self._upload(self._artwork.paint_all(self._presentation))
        self.update()

    # --- phases ----------------------------------------------------------------------------------

    def _show_phase(self) -> None:
        if self._presentation.phase is Phase.CLOSED:
            self.close()
        else:
            self._draw_soon()

    def _repaint_phase(self, blank_s: float) -> None:
        """Go on to the phase's own picture: a frame without targets has just been shown."""
        was, phase = self._shown, self._presentation.phase
        self._shown = phase
        self.makeCurrent()
        self._upload(self._artwork.paint_all(self._presentation))
        if was is Phase.FLICKERING:
            gc.enable()
        if phase is Phase.STOPPED:
            self._report(Blanked(blank_s))
        elif phase is Phase.PAUSED and was is Phase.FLICKERING:
            self._report(Paused(blank_s))
        elif phase is Phase.FLICKERING:
            gc.collect()
            gc.disable()  # a collection would cost a frame
            self._clock = FrameClock(self._period_s)
            self._next_inversion = 0
            self._paced_from_s = self._reported_s = time.monotonic()
            if self._settings.photodiode:
                self._invert()
            self._on_swap.append(lambda time_s: self._report(Began(time_s)))
        self.update()

    @property
    def _photodiode_used(self) -> bool:
        return self._settings.photodiode or self._presentation.measuring

    def _invert(self) -> None:
        assert self._renderer is not None  # noqa: S101 - called while drawing
        self._photodiode_white = white = not self._photodiode_white
        self._renderer.levels[PHOTODIODE] = float(white)
        self._on_swap.append(lambda time_s: self._report(Inverted(white, time_s)))

    def _upload(self, area: QRect) -> None:
        if self._renderer is not None:
            self._renderer.upload(self._artwork.image, area)

    def _emit(self, reports: list[StimulusReport]) -> None:
        for report in reports:
            self._report(report)

    # --- the subject -----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Confirm or decline the notice; otherwise stop."""
        if event.isAutoRepeat():
            return
        before = self._presentation.phase
        if before is Phase.NOTICE:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._emit(self._presentation.confirmed_by_subject())
            elif event.key() == Qt.Key.Key_Escape:
                self._emit(self._presentation.declined())
        else:
            self._stop("a key was pressed")
        if self._presentation.phase is not before:
            self._show_phase()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        """Stop."""
        before = self._presentation.phase
        self._stop("a click")
        if self._presentation.phase is not before:
            self._show_phase()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the pointer with the virtual gaze."""
        ratio = self.devicePixelRatio()
        self._look_at(event.position().x() * ratio, event.position().y() * ratio)

    def event(self, event: QEvent) -> bool:
        """Notice that the pointer leaves the window."""
        if event.type() == QEvent.Type.Leave:
            self._look_at(-1, -1)
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop the exoskeleton, whoever closes the window."""
        self._emit(self._presentation.window_closed(time.monotonic()))
        self._timer.stop()
        if self._renderer is not None:
            self.makeCurrent()
            self._renderer.release()
            self._renderer = None
            self.doneCurrent()
        super().closeEvent(event)

    def _stop(self, source: str) -> None:
        self._emit(self._presentation.stop_by_subject(source, time.monotonic()))

    def _look_at(self, x: float, y: float) -> None:
        if not self._settings.gaze_by_pointer:
            return
        target = next((k for k, area in enumerate(self._areas) if area.contains(x, y)), None)
        if target != self._gaze:
            self._gaze = target
            self._report(Gaze(target, time.monotonic()))
