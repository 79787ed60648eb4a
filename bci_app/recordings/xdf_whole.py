"""What of an XDF is whole: each chunk holds what it says, neither less nor more.

A reader that believes a chunk that claims a billion samples asks for their memory first. What lies
on a disk may be damaged, or made by somebody who means harm.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from bci_app.recordings import xdf_format as xdf

_MOST_CHANNELS = 1 << 16
_VALUE_BYTES = {
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float32": 4,
    "double64": 8,
    "string": 0,
}
_Layouts = dict[int, tuple[int, int]]  # number of channels, bytes of a value; 0 for text


def whole_chunks(data: memoryview) -> Iterator[memoryview]:
    """Yield those chunks, as they stand, that hold what they say and whose stream is known."""
    layouts: _Layouts = {}
    for begin, end, tag, content in xdf.find_chunks(data):
        if _is_whole(tag, content, layouts):
            yield data[begin:end]


def _is_whole(tag: xdf.Tag, content: memoryview, layouts: _Layouts) -> bool:
    stream_id, rest = xdf.split_stream(content)
    match tag:
        case xdf.Tag.STREAM_HEADER:
            layout = _layout(rest)
            if layout is not None:
                layouts[stream_id] = layout
            return layout is not None
        case xdf.Tag.SAMPLES:
            return stream_id in layouts and _fits(rest, *layouts[stream_id])
        case xdf.Tag.CLOCK_OFFSET:
            return stream_id in layouts and len(rest) == 16
        case xdf.Tag.BOUNDARY:
            return len(content) == 16
        case xdf.Tag.STREAM_FOOTER:
            return stream_id in layouts and _is_xml(rest)
        case xdf.Tag.FILE_HEADER:
            return _is_xml(content)


def _layout(block: memoryview) -> tuple[int, int] | None:
    try:
        info = xdf.decode_xml(block)
        n_channels = int(info.findtext("channel_count", ""))
        float(info.findtext("nominal_srate", ""))
    except (ParseError, ValueError):
        return None
    n_bytes = _VALUE_BYTES.get(info.findtext("channel_format", ""))
    return (
        None if n_bytes is None or not 0 < n_channels <= _MOST_CHANNELS else (n_channels, n_bytes)
    )


def _is_xml(block: memoryview) -> bool:
    try:
        xdf.decode_xml(block)
    except (ParseError, ValueError):
        return False
    return True


def _fits(block: memoryview, n_channels: int, value_bytes: int) -> bool:
    """Whether a block holds as many samples as it says: each with or without a time stamp."""
    try:
        position, n_samples = _length(block, 0)
        if n_samples * (1 + n_channels * max(value_bytes, 2)) > len(block):
            return False
        for _ in range(n_samples):
            position += 9 if block[position] else 1
            if value_bytes:
                position += n_channels * value_bytes
                continue
            for _ in range(n_channels):
                position, n_text = _length(block, position)
                position += n_text
    except IndexError:
        return False
    return position == len(block)


def _length(block: memoryview, position: int) -> tuple[int, int]:
    """Return where a number of one, four or eight bytes ends, and the number."""
    n_bytes = block[position]
    end = position + 1 + n_bytes
    if n_bytes not in (1, 4, 8) or end > len(block):
        raise IndexError(position)
    return end, int.from_bytes(block[position + 1 : end], "little")
