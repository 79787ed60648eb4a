"""XDF on disk: chunks as bytes, and bytes as chunks.

The container of the lab streaming layer (specification 1.0 at github.com/sccn/xdf). Every sample
carries its time stamp, so that a block of them is one array of fixed-size rows.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import TypeAlias
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

MAGIC = b"XDF:"
_BOUNDARY = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
_BOUNDARY_SOMEWHERE = re.compile(re.escape(_BOUNDARY))

Xml: TypeAlias = Mapping[str, "str | Xml | Sequence[Xml]"]
"""An element's children by name; a sequence is the same name several times."""


class Tag(IntEnum):
    """What a chunk holds."""

    FILE_HEADER = 1
    STREAM_HEADER = 2
    SAMPLES = 3
    CLOCK_OFFSET = 4
    BOUNDARY = 5
    STREAM_FOOTER = 6


def encode_chunk(tag: Tag, content: bytes) -> bytes:
    """Return a chunk with its length in front."""
    return struct.pack("<BIH", 4, len(content) + 2, tag) + content


def encode_boundary() -> bytes:
    """Return the chunk at which a reader finds its way again after damage."""
    return encode_chunk(Tag.BOUNDARY, _BOUNDARY)


def encode_file_header(info: Xml) -> bytes:
    """Return the beginning of a file."""
    return MAGIC + encode_chunk(Tag.FILE_HEADER, _xml(info))


def encode_stream_header(stream_id: int, info: Xml) -> bytes:
    """Return the header of a stream, with at least name, type, channel_count, nominal_srate."""
    return encode_chunk(Tag.STREAM_HEADER, struct.pack("<I", stream_id) + _xml(info))


def encode_stream_footer(stream_id: int, times_s: Sequence[float], n_samples: int) -> bytes:
    """Return the footer of a stream; `times_s` are its first and last time stamps, if any."""
    info = {"sample_count": str(n_samples)}
    if times_s:
        info |= {"first_timestamp": repr(times_s[0]), "last_timestamp": repr(times_s[-1])}
    return encode_chunk(Tag.STREAM_FOOTER, struct.pack("<I", stream_id) + _xml(info))


def encode_numbers(
    stream_id: int, times_s: npt.NDArray[np.float64], values: npt.NDArray[np.float64 | np.int64]
) -> bytes:
    """Return samples of numbers, shape (n_samples, n_channels), with their time stamps."""
    rows = np.empty(len(values), _row(values.dtype.newbyteorder("<"), values.shape[1]))
    rows["n_time_bytes"] = 8
    rows["time_s"] = times_s
    rows["values"] = values
    return encode_chunk(
        Tag.SAMPLES, struct.pack("<IBI", stream_id, 4, len(values)) + rows.tobytes()
    )


def encode_texts(stream_id: int, times_s: Sequence[float], texts: Sequence[bytes]) -> bytes:
    """Return samples of one text each (UTF-8), with their time stamps."""
    parts = [struct.pack("<IBI", stream_id, 4, len(texts))]
    for time_s, text in zip(times_s, texts, strict=True):
        parts += (struct.pack("<BdBI", 8, time_s, 4, len(text)), text)
    return encode_chunk(Tag.SAMPLES, b"".join(parts))


def find_chunks(data: memoryview) -> Iterator[tuple[int, int, Tag, memoryview]]:
    """Yield begin, end, tag and content of each whole chunk after the magic bytes.

    Damage is skipped up to the next boundary; a chunk that the end of the data cuts off is damage
    too.
    """
    position = len(MAGIC)
    while position < len(data):
        end = _end_of_chunk(data, position)
        if end is None:
            boundary = _BOUNDARY_SOMEWHERE.search(data, position)
            if boundary is None:
                return
            position = boundary.end()
            continue
        start = end[0]
        tag = Tag(int.from_bytes(data[start : start + 2], "little"))
        yield position, end[1], tag, data[start + 2 : end[1]]
        position = end[1]


def read_chunks(data: memoryview) -> Iterator[tuple[Tag, memoryview]]:
    """Yield tag and content of each whole chunk, as :func:`find_chunks` finds them."""
    for _, _, tag, content in find_chunks(data):
        yield tag, content


def split_stream(content: memoryview) -> tuple[int, memoryview]:
    """Return the stream's number and the rest of a chunk that belongs to a stream."""
    return int.from_bytes(content[:4], "little"), content[4:]


def decode_xml(content: memoryview) -> ElementTree.Element:
    """Return the element that a header or footer holds.

    Raises
    ------
    ElementTree.ParseError
    """
    return ElementTree.fromstring(bytes(content).decode("utf-8", "replace"))  # noqa: S314 - expat follows no link


def decode_numbers(
    content: memoryview, dtype: npt.DTypeLike, n_channels: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64 | np.int64]]:
    """Return time stamps and values of a block that :func:`encode_numbers` wrote.

    Raises
    ------
    ValueError
        When the block has another layout.
    """
    n_samples, rest = _count(content)
    rows = np.frombuffer(rest, _row(np.dtype(dtype), n_channels), n_samples)
    if (rows["n_time_bytes"] != 8).any():
        raise ValueError("samples without time stamps")
    return rows["time_s"].copy(), rows["values"].copy()


def decode_texts(content: memoryview) -> Iterator[tuple[float, bytes]]:
    """Yield time stamp and text of each sample that :func:`encode_texts` wrote.

    Raises
    ------
    ValueError
        When the block has another layout.
    """
    n_samples, rest = _count(content)
    head = struct.Struct("<BdBI")
    position = 0
    for _ in range(n_samples):
        if len(rest) < position + head.size:
            raise ValueError("a block of text that ends early")
        _, time_s, _, length = head.unpack_from(rest, position)
        position += head.size
        yield time_s, bytes(rest[position : position + length])
        position += length


def _row(dtype: np.dtype[np.generic], n_channels: int) -> np.dtype[np.void]:
    return np.dtype([("n_time_bytes", "u1"), ("time_s", "<f8"), ("values", dtype, (n_channels,))])


def _count(content: memoryview) -> tuple[int, memoryview]:
    if len(content) < 5 or content[0] != 4:
        raise ValueError("a block of samples without their number")
    return int.from_bytes(content[1:5], "little"), content[5:]


def _end_of_chunk(data: memoryview, position: int) -> tuple[int, int] | None:
    """Where a chunk's tag begins and its content ends; None when there is no whole chunk."""
    n_bytes = data[position]
    start = position + 1 + n_bytes
    if n_bytes not in (1, 4, 8) or start + 2 > len(data):
        return None
    end = start + int.from_bytes(data[position + 1 : start], "little")
    tag = int.from_bytes(data[start : start + 2], "little")
    return (start, end) if start + 2 <= end <= len(data) and tag in list(Tag) else None


def _xml(info: Xml) -> bytes:
    return f'<?xml version="1.0"?><info>{_children(info)}</info>'.encode()


def _children(info: Xml) -> str:
    parts = []
    for name, value in info.items():
        if isinstance(value, str):
            inners = [escape(value)]
        else:
            inners = [_children(c) for c in ([value] if isinstance(value, Mapping) else value)]
        parts += [f"<{name}>{inner}</{name}>" for inner in inners]
    return "".join(parts)
