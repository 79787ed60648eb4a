"""A host that says anything at all: what is right, what is nearly right, and what is noise."""

import random
from collections.abc import Callable

from lockstep import Twins

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.postures import AT_REST, HELD


class RandomHost:
    """Talks to both controllers at once.

    Parameters
    ----------
    twins : Twins
        Whom it talks to.
    rng : random.Random
        What it says, and when.
    """

    def __init__(self, twins: Twins, rng: random.Random) -> None:
        self._twins = twins
        self._rng = rng
        self._session = self._former = 1
        self._sequence = 0
        self._stop_number = 0
        self._battery_percent = 100
        self._powered_up_ms = 0
        self._last_request = encode_frame(b"\x03")
        self._sayings: list[tuple[float, Callable[[], bytes]]] = [
            (6, self._heartbeat),
            (6, self._command),
            (1, self._repetition),
            (0.6, self._hello),
            (0.1, self._emergency_stop),
            (1.5, self._release),
            (0.1, self._goodbye),
            (1.5, self._damaged),
            (0.4, self._nonsense),
            (0.7, self._noise),
        ]

    def go_on(self, sayings: int = 1) -> None:
        """Let some time pass, then say something, so many times."""
        for _ in range(sayings):
            self._say_something()

    def _say_something(self) -> None:
        rng, posture = self._rng, self._twins.in_python.motion.posture
        press, reboot, jump_ms = False, False, 0
        if posture in AT_REST:
            reboot, press = rng.random() < 0.005, rng.random() < 0.01
            if self._twins.in_python._session is None and rng.random() < 0.05:
                jump_ms = rng.choice((0, 1 << 31, 5 << 29, (1 << 32) - 5000))
            if rng.random() < 0.05:
                self._battery_percent = rng.choice((0, 14, 15, 100))
        if not jump_ms and rng.random() < 0.02:
            jump_ms = rng.randrange(2, 3000)  # the controller was held up
        if reboot:
            self._powered_up_ms = self._twins.now_ms + press
        if self._twins.in_python._session is None and rng.random() < 0.5:
            data = self._hello()
        else:
            weights, sayings = zip(*self._sayings, strict=True)
            data = rng.choices(sayings, weights)[0]()
        if rng.random() < 0.05:  # cut in two
            cut = rng.randrange(len(data) + 1)
            self._run(1, data[:cut])
            data = data[cut:]
        patience = 1.0 if posture in HELD else 0.02
        steps_ms = rng.randrange(1, 60)
        if rng.random() < 0.03 * patience:
            steps_ms = rng.choice((200, 1000, 3000))
        self._run(steps_ms, data, jump_ms=jump_ms, press=press, reboot=reboot)

    def _run(self, steps_ms: int, data: bytes, **more: int) -> None:
        self._twins.run(steps_ms, data, battery_percent=self._battery_percent, **more)

    def _frame(self, message: m.HostMessage) -> bytes:
        return encode_frame(encode(message))

    def _seen_ms(self) -> int:
        """Return the time of some telemetry, mostly of late."""
        rng = self._rng
        ago_ms = rng.choice((0, 30, 500)) if rng.random() < 0.9 else rng.randrange(-50, 3000)
        return (self._twins.now_ms - self._powered_up_ms - ago_ms) % (1 << 32)

    def _whose(self) -> int:
        chance = self._rng.random()
        if chance < 0.93:
            return self._session
        return self._former if chance < 0.96 else self._rng.randrange(1 << 32)

    def _next(self) -> int:
        rng = self._rng
        step = 1 if rng.random() < 0.9 else rng.choice((0, -1, 2, 32767, 32768, 40000))
        sequence = (self._sequence + step) % (1 << 16)
        if 0 < step < 1 << 15:
            self._sequence = sequence
        return sequence

    def _heartbeat(self) -> bytes:
        return self._frame(
            m.Heartbeat(self._whose(), self._rng.randrange(1 << 16), self._seen_ms())
        )

    def _command(self) -> bytes:
        rng = self._rng
        code = rng.choice(list(Command)) if rng.random() < 0.95 else rng.randrange(256)
        request = m.CommandRequest(self._whose(), self._next(), self._seen_ms(), code)
        self._last_request = self._frame(request)
        return self._last_request

    def _repetition(self) -> bytes:
        return self._last_request

    def _release(self) -> bytes:
        count = self._twins.in_python._stop_count
        if self._rng.random() < 0.1:
            count = (count - 1) % (1 << 16)
        return self._frame(m.ReleaseStop(self._whose(), self._next(), self._seen_ms(), count))

    def _hello(self) -> bytes:
        rng = self._rng
        if rng.random() < 0.5:
            self._former, self._session = self._session, rng.randrange(1 << 32)
            self._sequence = rng.randrange(1 << 16)
        lowest, highest = rng.choice(((1, 1), (0, 255), (1, 1), (2, 3), (0, 0), (2, 1)))
        timeout_ms = rng.choice((0, 199, 200, 500, 777, 1001, 1999, 2000, 2001, 65535))
        return self._frame(m.Hello(self._session, lowest, highest, timeout_ms))

    def _emergency_stop(self) -> bytes:
        self._stop_number = (self._stop_number + self._rng.choice((0, 0, 1))) % (1 << 16)
        return self._frame(m.EmergencyStop(self._stop_number))

    def _goodbye(self) -> bytes:
        return self._frame(m.Goodbye(self._whose()))

    def _damaged(self) -> bytes:
        """Return a frame that was right, with bits flipped, bytes lost or bytes added."""
        rng = self._rng
        frame = bytearray(rng.choice((self._command, self._heartbeat, self._release))())
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(frame))
            match rng.randrange(3):
                case 0:
                    frame[at] ^= 1 << rng.randrange(8)
                case 1:
                    del frame[at]
                case _:
                    frame.insert(at, rng.randrange(256))
        return bytes(frame)

    def _nonsense(self) -> bytes:
        """Return a frame that is intact, of any type and any length."""
        rng = self._rng
        kind = rng.choice((*range(8), *range(0x80, 0x89), rng.randrange(256)))
        length = rng.choice((0, 2, 4, 8, 10, 11, 12, rng.randrange(120)))
        return encode_frame(bytes([kind]) + rng.randbytes(length))

    def _noise(self) -> bytes:
        rng = self._rng
        length = rng.choice((1, 3, 30, 122, 123, 124, 300))
        noise = rng.randbytes(length)
        return noise if rng.random() < 0.5 else noise.replace(b"\0", b"\1") + b"\0"
