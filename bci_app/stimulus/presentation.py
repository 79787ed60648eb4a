"""What the subject's screen is showing, as a state machine: requests and keys in, reports out.

=========== ========================= ==========================================
phase       is left by                for
=========== ========================= ==========================================
NOTICE      Confirm, or the Enter key PAUSED
NOTICE      the Escape key            CLOSED (the subject declines)
PAUSED      Begin                     FLICKERING
FLICKERING  Pause                     PAUSED
any but     any key or click, Stop    STOPPED
NOTICE
STOPPED     Resume                    PAUSED
any         Close, closing the window CLOSED
=========== ========================= ==========================================
"""

from enum import Enum, auto

from bci_app.stimulus.messages import (
    Begin,
    Close,
    Closed,
    Confirm,
    Confirmed,
    Cue,
    Declined,
    Measure,
    Pause,
    Ready,
    Refused,
    Resume,
    Show,
    ShowDecision,
    ShowLegs,
    StimulusProtocolError,
    StimulusReport,
    StimulusRequest,
    Stop,
    StopRequested,
)


class Phase(Enum):
    """What the screen is showing."""

    NOTICE = auto()
    PAUSED = auto()
    FLICKERING = auto()
    STOPPED = auto()
    CLOSED = auto()


class Presentation:
    """The state of a stimulus, for a screen as for any other device that flickers.

    Parameters
    ----------
    n_targets : int

    Attributes
    ----------
    phase : Phase
    ready : Ready or None
        What is known of the device; None until it has been measured.
    cue : Cue
    decision : ShowDecision or None
    legs : str
    stop_reason : str
    measuring : bool
    """

    def __init__(self, n_targets: int) -> None:
        self._n_targets = n_targets
        self.phase = Phase.NOTICE
        self.ready: Ready | None = None
        self.cue = Cue(None)
        self.decision: ShowDecision | None = None
        self.legs = ""
        self.stop_reason = ""
        self.measuring = False

    def note_ready(self, ready: Ready) -> list[StimulusReport]:
        """Take what was measured of the device."""
        self.ready = ready
        return [ready]

    def request(self, request: StimulusRequest) -> list[StimulusReport]:
        """Follow a request of the session, or refuse it.

        Raises
        ------
        StimulusProtocolError
            When the request names a target that is not there, or comes twice where it cannot.
        """
        match request:
            case Confirm(by):
                return self._confirm(by)
            case Begin():
                return self._begin()
            case Pause():
                if self.phase is Phase.FLICKERING:
                    self.phase = Phase.PAUSED
            case Cue(target):
                self._check(target)
                self.cue = request
                # Where a cue only ends, what it led to stays.
                if target is not None or request.text:
                    self.decision = None
            case ShowDecision(target):
                self._check(target)
                self.decision = request
            case ShowLegs(text):
                self.legs = text
            case Stop(reason):
                self._stop(reason)
            case Resume():
                if self.phase is Phase.STOPPED:
                    self.phase = Phase.PAUSED
            case Measure(on):
                self.measuring = on
            case Close():
                return self._close()
            case Show():
                raise StimulusProtocolError("the window is already open")
        return []

    def confirmed_by_subject(self) -> list[StimulusReport]:
        """Take the Enter key, which confirms the notice and otherwise stops like any key."""
        if self.phase is Phase.NOTICE:
            return self._confirm("subject") if self.ready is not None else []
        return []

    def declined(self) -> list[StimulusReport]:
        """Take the Escape key at the notice."""
        return [Declined(), *self._close()] if self.phase is Phase.NOTICE else []

    def stop_by_subject(self, source: str, time_s: float) -> list[StimulusReport]:
        """Take a key or click; at the notice nothing moves yet and it means nothing."""
        if self.phase in (Phase.NOTICE, Phase.CLOSED):
            return []
        self._stop(source)
        return [StopRequested(source, time_s)]

    def window_closed(self, time_s: float) -> list[StimulusReport]:
        """Take the closing of the window by whatever way."""
        if self.phase is Phase.CLOSED:
            return []
        return [StopRequested("the subject window was closed", time_s), *self._close()]

    def _confirm(self, by: str) -> list[StimulusReport]:
        if self.phase is not Phase.NOTICE:
            return []
        self.phase = Phase.PAUSED
        return [Confirmed(by)]

    def _begin(self) -> list[StimulusReport]:
        if self.phase is Phase.NOTICE or self.ready is None:
            return [Refused("Begin", "the photosensitivity notice has not been confirmed")]
        if self.phase is Phase.STOPPED:
            return [Refused("Begin", "stopped; resume first")]
        for misfit in self.ready.misfits:
            if misfit.forbids_start:
                return [Refused("Begin", misfit.text)]
        if self.phase is Phase.PAUSED:
            self.phase = Phase.FLICKERING
        return []

    def _stop(self, reason: str) -> None:
        if self.phase not in (Phase.NOTICE, Phase.CLOSED):
            self.phase = Phase.STOPPED
            self.stop_reason = reason

    def _close(self) -> list[StimulusReport]:
        if self.phase is Phase.CLOSED:
            return []
        self.phase = Phase.CLOSED
        return [Closed()]

    def _check(self, target: int | None) -> None:
        if target is not None and not 0 <= target < self._n_targets:
            raise StimulusProtocolError(f"target {target}: there are {self._n_targets}")
