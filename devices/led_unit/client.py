"""The host's end of an LED unit."""

import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from devices.errors import DeviceError
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.led_unit.clock import UnitClock
from devices.led_unit.messages import (
    PARTS,
    VERSION,
    Configure,
    Darken,
    Done,
    Hello,
    HostMessage,
    Info,
    MalformedMessageError,
    Ping,
    Pong,
    Refused,
    Release,
    Start,
    StopPressed,
    decode,
    encode,
)
from devices.serial_port import SerialPort

_PING_EVERY_S = 0.2
_ANSWER_WITHIN_S = 0.25
_ATTEMPTS = 4
_SILENT_S = 1.0
_POLL_S = 0.05
_FIRST_PINGS, _FIRST_PINGS_EVERY_S = 8, 0.005


@dataclass(frozen=True, slots=True)
class LedSetting:
    """How one LED flickers.

    Parameters
    ----------
    frequency_hz : float
    phase_rad : float
        Where in its period it is at the start; 0 begins with light.
    duty : float
        Share of the period in which it is lit, 0 to 1.
    brightness : float
        While lit, 0 to 1.
    """

    frequency_hz: float
    phase_rad: float = 0.0
    duty: float = 0.5
    brightness: float = 1.0


class LedUnit:
    """An LED unit on a serial port.

    Every request waits for its answer, and is repeated when none comes: each may be done twice
    without harm. A thread of its own reads, and pings five times a second, which keeps the unit
    lit; when this program dies the unit goes dark within a second.

    Parameters
    ----------
    port : str
    on_stop : callable
        Called from that thread, with the reason, when the subject presses the unit's stop button
        or the unit is lost.

    Attributes
    ----------
    clock : UnitClock
    """

    def __init__(self, port: str, on_stop: Callable[[str], None] = lambda _: None) -> None:
        self._port_name = port
        self._on_stop = on_stop
        self.clock = UnitClock()
        self._port: SerialPort | None = None
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        self._write_lock = threading.Lock()
        self._request_lock = threading.Lock()
        self._answers: queue.Queue[Info | Done | Refused] = queue.Queue(64)
        self._pinged: dict[int, float] = {}
        self._sequence = self._token = 0
        self._stopped = False
        self._clock_known = threading.Event()
        self._failure: str | None = None
        self._info: Info | None = None

    @property
    def n_leds(self) -> int:
        """Number of LEDs that the unit has."""
        return 0 if self._info is None else self._info.n_leds

    @property
    def name(self) -> str:
        """What the unit calls itself."""
        return "" if self._info is None else self._info.name.rstrip(b"\0").decode(errors="replace")

    def start(self) -> None:
        """Open the port and get to know the unit.

        Raises
        ------
        DeviceError
            When there is no port, or no LED unit of this version answers there.
        """
        self._port = SerialPort(self._port_name)
        self._thread = threading.Thread(target=self._run, name="led unit")
        self._thread.start()
        try:
            self._meet()
        except BaseException:
            self.close()
            raise

    def _meet(self) -> None:
        answer = self._ask(Hello(VERSION))
        if not isinstance(answer, Info) or answer.version != VERSION:
            raise DeviceError(
                f"the LED unit at {self._port_name} speaks another version of the protocol: "
                f"expected {VERSION}; update its firmware"
            )
        self._info = answer
        if not self._clock_known.wait(_SILENT_S):
            raise DeviceError(f"the LED unit at {self._port_name} does not tell its time")

    def configure(self, led: int, setting: LedSetting) -> None:
        """Say how an LED flickers, from now on.

        Raises
        ------
        DeviceError
            When the unit has no such LED or cannot do that, or does not answer.
        """
        turns = setting.phase_rad / (2 * math.pi)
        self._do(
            lambda sequence: Configure(
                sequence,
                led,
                round(setting.frequency_hz * 1000),
                round(turns * PARTS) % PARTS,
                round(setting.duty * PARTS),
                round(setting.brightness * PARTS),
            ),
            f"LED {led} at {setting.frequency_hz:g} Hz",
        )

    def light(self) -> float:
        """Let all LEDs begin together; return when they did (monotonic)."""
        return self._do(Start, "the start")

    def darken(self) -> float:
        """Let all LEDs go dark; return when they did (monotonic)."""
        return self._do(Darken, "going dark")

    def release(self) -> None:
        """Leave the stop that the unit's button brought about."""
        self._do(Release, "the release of the stop")

    def close(self) -> None:
        """Go dark and let the port go; may be called twice."""
        if self._port is None or self._thread is None:
            return
        if self._info is not None and self._failure is None:
            try:
                self.darken()
            except DeviceError as error:
                self._failure = str(error)
        self._end.set()
        self._thread.join()
        self._port.close()
        self._port = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, make: Callable[[int], HostMessage], what: str) -> float:
        with self._request_lock:
            self._sequence = (self._sequence + 1) % 65536
            answer = self._ask(make(self._sequence))
        if isinstance(answer, Refused):
            raise DeviceError(
                f"the LED unit refused {what}: {answer.reason.name.replace('_', ' ').lower()}"
            )
        assert isinstance(answer, Done)  # noqa: S101 - see _ask
        return self.clock.host_time(answer.at_us)

    def _ask(self, message: HostMessage) -> Info | Done | Refused:
        """Send until answered; an answer to anything else is one that came late."""
        wanted = getattr(message, "sequence", None)
        for _ in range(_ATTEMPTS):
            self._write(message)
            deadline_s = time.monotonic() + _ANSWER_WITHIN_S
            while (remaining_s := deadline_s - time.monotonic()) > 0:
                try:
                    answer = self._answers.get(timeout=remaining_s)
                except queue.Empty:
                    break
                if getattr(answer, "sequence", None) == wanted:
                    return answer
        raise DeviceError(
            self._failure
            or f"no LED unit answers at {self._port_name}: check that it is powered, and the port"
        )

    def _write(self, message: HostMessage) -> None:
        with self._write_lock:
            if self._port is None:
                raise DeviceError("the LED unit is not connected")
            self._port.write(encode_frame(encode(message)))

    def _ping(self) -> None:
        token = self._token = (self._token + 1) % 65536
        while len(self._pinged) >= 16:
            del self._pinged[next(iter(self._pinged))]
        self._pinged[token] = time.monotonic()
        self._write(Ping(token))

    def _run(self) -> None:
        parser = FrameParser()
        heard_s = pinged_s = time.monotonic()
        try:
            while not self._end.is_set():
                assert self._port is not None  # noqa: S101 - closed after this thread has ended
                data = self._port.read(
                    _POLL_S if self._clock_known.is_set() else _FIRST_PINGS_EVERY_S
                )
                now_s = time.monotonic()
                for body in parser.feed(data):
                    self._take(body, now_s)
                    heard_s = now_s
                if self._info is None:
                    heard_s = now_s
                elif now_s - pinged_s >= (
                    _PING_EVERY_S if self._clock_known.is_set() else _FIRST_PINGS_EVERY_S
                ):
                    pinged_s = now_s
                    self._ping()
                if now_s - heard_s > _SILENT_S:
                    raise DeviceError("the LED unit does not answer any more; it goes dark")  # noqa: TRY301 - one way out
        except DeviceError as error:
            self._failure = str(error)
            self._on_stop(str(error))

    def _take(self, body: bytes, now_s: float) -> None:
        try:
            message = decode(body)
        except MalformedMessageError:
            return
        match message:
            case Pong(token, stopped, at_us):
                if (sent_s := self._pinged.pop(token, None)) is not None:
                    self.clock.note(sent_s, at_us, now_s)
                if self.clock.n_measured >= _FIRST_PINGS:
                    self._clock_known.set()
                self._note_stop(stopped)
            case StopPressed():
                self._note_stop(True)
            case Info() | Done() | Refused():
                if self._answers.full():
                    self._answers.get_nowait()
                self._answers.put_nowait(message)
            case _:
                pass

    def _note_stop(self, stopped: bool) -> None:
        """Tell of the button once, whether its own message came or only a later answer says so."""
        if stopped and not self._stopped:
            self._on_stop("the stop button of the LED unit was pressed")
        self._stopped = stopped
