"""Frames on the line: a body and its CRC-16, byte-stuffed with COBS between zero bytes."""

from dataclasses import dataclass

from cobs import cobs
from fastcrc.crc16 import ibm_3740 as crc16

MAX_BODY_BYTES = 120
"""Longest body that a frame may carry, without its checksum."""

_CRC_BYTES = 2
_MAX_STUFFED_BYTES = MAX_BODY_BYTES + _CRC_BYTES + 1  # COBS adds one byte up to 254
_DELIMITER = b"\0"


@dataclass(slots=True)
class LineErrors:
    """What arrived and could not be used, counted by cause.

    Parameters
    ----------
    checksum : int
        Frames whose CRC did not match.
    stuffing : int
        Frames that are no COBS.
    length : int
        Runs of bytes too long or too short to be a frame.
    content : int
        Frames that arrived intact and mean nothing here: an unknown type, a wrong length, a value
        out of its range, a frame for the other side.
    """

    checksum: int = 0
    stuffing: int = 0
    length: int = 0
    content: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.checksum + self.stuffing + self.length + self.content


def encode_frame(body: bytes) -> bytes:
    """Return `body` as it goes on the line, a zero byte at both ends.

    The zero in front ends whatever noise the line carried before, so that it costs no frame.

    Raises
    ------
    ValueError
        When the body is empty or longer than `MAX_BODY_BYTES`: a mistake of this program.
    """
    if not 0 < len(body) <= MAX_BODY_BYTES:
        raise ValueError(f"a body has 1 to {MAX_BODY_BYTES} bytes, not {len(body)}")
    stuffed: bytes = cobs.encode(body + crc16(body).to_bytes(_CRC_BYTES, "little"))
    return _DELIMITER + stuffed + _DELIMITER


class FrameParser:
    """Bytes in, bodies out; whatever is no frame is dropped and counted, never raised.

    Attributes
    ----------
    errors : LineErrors
        What was dropped so far.
    """

    def __init__(self) -> None:
        self.errors = LineErrors()
        self._pending = b""
        self._overlong = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived, cut anywhere, and return the bodies that it completes."""
        *ended, rest = data.split(_DELIMITER)
        bodies = []
        for piece in ended:
            stuffed, overlong = self._pending + piece, self._overlong
            self._pending, self._overlong = b"", False
            if not overlong and stuffed and (body := self._unpack(stuffed)) is not None:
                bodies.append(body)
        self._keep(rest)
        return bodies

    def reset(self) -> None:
        """Forget a half frame: the line was cut."""
        self._pending, self._overlong = b"", False

    def _keep(self, rest: bytes) -> None:
        if self._overlong:
            return
        self._pending += rest
        if len(self._pending) > _MAX_STUFFED_BYTES:
            self._pending, self._overlong = b"", True
            self.errors.length += 1

    def _unpack(self, stuffed: bytes) -> bytes | None:
        if not _CRC_BYTES + 2 <= len(stuffed) <= _MAX_STUFFED_BYTES:
            self.errors.length += 1
            return None
        try:
            content: bytes = cobs.decode(stuffed)
        except cobs.DecodeError:
            self.errors.stuffing += 1
            return None
        body, checksum = content[:-_CRC_BYTES], content[-_CRC_BYTES:]
        if not body or crc16(body) != int.from_bytes(checksum, "little"):
            self.errors.checksum += 1
            return None
        return body
