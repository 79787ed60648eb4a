"""What an LED unit does, as a plain object: bytes and time in, bytes and light out.

The reference firmware (``devices/firmware/led_unit``) does the same in C; a test holds them
against each other.
"""

from dataclasses import dataclass

from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.led_unit.messages import (
    MAX_FREQUENCY_MHZ,
    MAX_LEDS,
    MIN_FREQUENCY_MHZ,
    PARTS,
    SILENCE_US,
    VERSION,
    Configure,
    Darken,
    Done,
    Hello,
    Info,
    MalformedMessageError,
    Ping,
    Pong,
    Refusal,
    Refused,
    Release,
    Start,
    StopPressed,
    UnitMessage,
    decode,
    encode,
)

_NANOCYCLES = 1_000_000_000
_NANOCYCLES_A_PART = _NANOCYCLES // PARTS


@dataclass(slots=True)
class _Led:
    frequency_mhz: int = 10_000
    phase: int = 0
    duty: int = PARTS // 2
    brightness: int = 0


class Unit:
    """An LED unit; its clock counts microseconds since power-up.

    Parameters
    ----------
    n_leds : int

    Attributes
    ----------
    errors : LineErrors
        What arrived and could not be used.
    """

    def __init__(self, n_leds: int = MAX_LEDS) -> None:
        self._leds = [_Led() for _ in range(n_leds)]
        self._parser = FrameParser()
        self._started_us: int | None = None
        self._heard_us = 0
        self._stopped = False
        self.errors = self._parser.errors

    @property
    def n_leds(self) -> int:
        """Number of LEDs."""
        return len(self._leds)

    @property
    def lit(self) -> bool:
        """Whether the LEDs flicker."""
        return self._started_us is not None

    def receive(self, data: bytes, now_us: int) -> bytes:
        """Take what arrived on the line; return what goes back."""
        self.advance(now_us)
        answers = bytearray()
        for body in self._parser.feed(data):
            if (answer := self._answer(body, now_us)) is not None:
                answers += encode_frame(encode(answer))
        return bytes(answers)

    def advance(self, now_us: int) -> None:
        """Let time pass: without a host the unit goes dark."""
        if self.lit and now_us - self._heard_us > SILENCE_US:
            self._started_us = None

    def press_stop(self, now_us: int) -> bytes:
        """Take the stop button: dark until released; return what goes to the host."""
        self._started_us = None
        self._stopped = True
        return encode_frame(encode(StopPressed(now_us)))

    def level(self, led: int, now_us: int) -> int:
        """Light of an LED, in ten-thousandths of the brightest."""
        if self._started_us is None:
            return 0
        setting = self._leds[led]
        # Microseconds times thousandths of a hertz are billionths of a period: exact for years.
        passed = (now_us - self._started_us) * setting.frequency_mhz
        place = (passed + setting.phase * _NANOCYCLES_A_PART) % _NANOCYCLES
        return setting.brightness if place < setting.duty * _NANOCYCLES_A_PART else 0

    def _answer(self, body: bytes, now_us: int) -> UnitMessage | None:
        try:
            message = decode(body)
        except MalformedMessageError:
            self.errors.content += 1
            return None
        answer: UnitMessage
        match message:
            case Hello():
                answer = Info(VERSION, len(self._leds), b"bci-app led unit")
            case Ping(token):
                answer = Pong(token, self._stopped, now_us)
            case Configure():
                answer = self._configure(message, now_us)
            case Start(sequence):
                if self._stopped:
                    answer = Refused(sequence, Refusal.STOPPED)
                else:
                    self._started_us = now_us
                    answer = Done(sequence, now_us)
            case Darken(sequence):
                self._started_us = None
                answer = Done(sequence, now_us)
            case Release(sequence):
                self._stopped = False
                answer = Done(sequence, now_us)
            case _:  # what only a unit says
                self.errors.content += 1
                return None
        self._heard_us = now_us
        return answer

    def _configure(self, wanted: Configure, now_us: int) -> UnitMessage:
        if wanted.led >= len(self._leds):
            return Refused(wanted.sequence, Refusal.NO_SUCH_LED)
        if not (
            MIN_FREQUENCY_MHZ <= wanted.frequency_mhz <= MAX_FREQUENCY_MHZ
            and wanted.phase < PARTS
            and wanted.duty <= PARTS
            and wanted.brightness <= PARTS
        ):
            return Refused(wanted.sequence, Refusal.OUT_OF_RANGE)
        self._leds[wanted.led] = _Led(
            wanted.frequency_mhz, wanted.phase, wanted.duty, wanted.brightness
        )
        return Done(wanted.sequence, now_us)
