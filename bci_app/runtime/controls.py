"""What people ask of a running session, from any thread: a stop above all."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from bci_app.evaluation.answers import Asked
from bci_app.runtime.session import CommandTakenBack, FlickerAsked, Note, Session
from devices.exoskeleton.link import Link


@dataclass(frozen=True, slots=True)
class _Stop:
    reason: str


@dataclass(frozen=True, slots=True)
class _Release:
    pass


_Request: TypeAlias = _Stop | _Release | Asked | FlickerAsked | Note | CommandTakenBack


class Controls:
    """Stop, release, flicker, notes and the end, for windows, keys and signals.

    A stop goes out on the line in the thread that asks for it, before anything else; what is left
    of it (the latch in the gate, the event) and all other requests are carried out by the session's
    own thread between two chunks. The requests that wait are as many as people make.
    """

    def __init__(self) -> None:
        self._link: Link | None = None
        self._stopped = False
        self._requests: deque[_Request] = deque()
        self._ended = threading.Event()

    def connect(self, link: Link) -> None:
        """Let stops go out on a link from now on; one that was asked for before goes out now."""
        self._link = link
        if self._stopped:
            link.emergency_stop()

    def stop(self, reason: str) -> None:
        """Stop the exoskeleton now; latched until :meth:`release`."""
        self._stopped = True
        if self._link is not None:
            self._link.emergency_stop()
        self._requests.append(_Stop(reason))

    def release(self) -> None:
        """Leave the stop: a deliberate act."""
        self._stopped = False
        self._requests.append(_Release())

    def begin(self) -> None:
        """Let the targets flicker."""
        self._requests.append(FlickerAsked(on=True))

    def pause(self) -> None:
        """Let the targets stand still."""
        self._requests.append(FlickerAsked(on=False))

    def note(self, text: str) -> None:
        """Put a note among the session's events."""
        self._requests.append(Note(text))

    def mark_idle(self, *, idle: bool) -> None:
        """Note that the subject looks at no target from now on, or that this is not known."""
        self._requests.append(Asked.IDLE if idle else Asked.NOTHING)

    def take_back(self) -> None:
        """Note that the last command was not wanted."""
        self._requests.append(CommandTakenBack())

    def end(self) -> None:
        """End the session."""
        self._ended.set()

    @property
    def ended(self) -> bool:
        """Whether the session is to end."""
        return self._ended.is_set()

    def carry_out(self, session: Session) -> None:
        """Carry out what was asked, in the session's own thread."""
        while self._requests:
            request = self._requests.popleft()
            if isinstance(request, _Stop):
                session.latch_stop(request.reason)
            elif isinstance(request, _Release):
                session.release()
            elif isinstance(request, Asked):
                session.ask(request)
            else:
                session.tell(request)
