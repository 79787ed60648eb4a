"""`bci-app` as it is, with somebody inside who watches it and can break it.

Everything is the product's own; added are a listener in the session, which writes what it hears as
JSON to one pipe, and a thread that reads from another what is to be broken.
"""

import ctypes
import errno
import gc
import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

COMMANDS, WITNESS = "FAULTS_COMMANDS_FD", "FAULTS_WITNESS_FD"
_UNSAID = {"Scored", "FrameWritten", "SignalJudged", "StimulusFrames", "RateSeen"}


class MistakeInTheProgramError(RuntimeError):
    """What a programming error would raise."""


class Witness:
    """A listener that says what it hears, and does what it is told in the session's thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._posture: object = None
        self.deeds: deque[Callable[[], None]] = deque()

    def say(self, event: str, **fields: object) -> None:
        """Write one line."""
        line = json.dumps({"event": event, "at_s": time.monotonic(), **fields}, default=str)
        os.write(self._fd, line.encode() + b"\n")

    def __call__(self, event: object) -> None:
        """Hear an event of the session."""
        from bci_app.runtime.journal import encode_event
        from devices.chunk import Chunk
        from devices.exoskeleton.events import TelemetryReceived

        while self.deeds:
            self.deeds.popleft()()
        if isinstance(event, Chunk):
            return
        if isinstance(event, TelemetryReceived):
            posture = event.telemetry.posture
            if posture is not self._posture:
                self._posture = posture
                self.say("Posture", cause=posture.name)
            return
        fields: dict[str, Any] = json.loads(encode_event(event, 0))
        if fields["event"] not in _UNSAID:
            self.say(fields.pop("event"), **fields)


def install(witness: Witness) -> None:
    """Put the witness among the listeners, and beside the operator who reads the window."""
    from bci_app.runtime import session

    begin = session.Session.__init__

    def begin_watched(
        self: Any, path: Any, exoskeleton: Any, listeners: Any, *rest: Any, **named: Any
    ) -> None:
        begin(self, path, exoskeleton, (*listeners, witness), *rest, **named)

    session.Session.__init__ = begin_watched
    if "--headless" in sys.argv:
        return
    from bci_app.ui import operator_window

    over = operator_window.OperatorWindow.session_over

    def session_over(self: Any, reason: str) -> None:
        over(self, reason)
        witness.say("WindowSays", cause=reason)

    operator_window.OperatorWindow.session_over = session_over


def obey(commands: int, witness: Witness) -> None:
    """Break what one is told to break, until nobody tells any more."""
    with os.fdopen(commands) as lines:
        for line in lines:
            word, _, argument = line.strip().partition(" ")
            _BREAK[word](argument, witness)


def _raise(thread_name: str, _: Witness) -> None:
    for thread in threading.enumerate():
        if thread.name.startswith(thread_name) and thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(MistakeInTheProgramError)
            )


def _hold(seconds: str, _: Witness) -> None:
    """Hold the interpreter: a library that does not let go of the lock."""
    ctypes.PyDLL(None).usleep(int(float(seconds) * 1e6))


def _collect(n_objects: str, witness: Witness) -> None:
    """Let the garbage collector find much to do in the session's thread."""
    gc.disable()
    kept: list[list[Any]] = []
    for k in range(int(n_objects)):
        loop: list[Any] = []
        loop.append(loop)
        kept.append(loop)
        if k % 1000 == 0:
            time.sleep(0)

    def collect() -> None:
        kept.clear()
        begun_s = time.monotonic()
        gc.collect()
        gc.enable()
        witness.say("Collected", seconds=time.monotonic() - begun_s)

    witness.deeds.append(collect)


def _fail_listener(_argument: str, witness: Witness) -> None:
    def fail() -> None:
        raise MistakeInTheProgramError("a listener has a mistake")

    witness.deeds.append(fail)


def _hang(seconds: str, witness: Witness) -> None:
    witness.deeds.append(lambda: time.sleep(float(seconds)))


def _slow_disk(seconds: str, _: Witness) -> None:
    from bci_app.runtime import recorder

    class Slow:
        """The module `os`, whose disk takes its time."""

        def __getattr__(self, name: str) -> Any:
            if name in ("write", "fsync"):
                time.sleep(float(seconds))
            return getattr(os, name)

    recorder.os = Slow()


def _broken_disk(_argument: str, _: Witness) -> None:
    from bci_app.runtime import recorder

    class Broken:
        """The module `os`, whose disk is broken."""

        def __getattr__(self, name: str) -> Any:
            if name in ("write", "fsync"):
                raise OSError(errno.EIO, "Input/output error")
            return getattr(os, name)

    recorder.os = Broken()


def _crash(_argument: str, _: Witness) -> None:
    ctypes.string_at(0)


_BREAK: dict[str, Callable[[str, Witness], None]] = {
    "raise": _raise,
    "hold": _hold,
    "collect": _collect,
    "fail-listener": _fail_listener,
    "hang": _hang,
    "slow-disk": _slow_disk,
    "broken-disk": _broken_disk,
    "crash": _crash,
}


def main() -> None:
    """Run the program."""
    from bci_app.cli import main as run

    witness = Witness(int(os.environ.pop(WITNESS)))
    commands = int(os.environ.pop(COMMANDS))
    install(witness)
    threading.Thread(
        target=obey, args=(commands, witness), name="who breaks things", daemon=True
    ).start()
    run()


if __name__ == "__main__":
    main()
