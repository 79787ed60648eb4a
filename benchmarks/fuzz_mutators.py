"""Changes of inputs that keep their structure, for `fuzz.py`: plain bytes never pass a header."""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable

from bci_app.recordings import xdf_format as xdf

_TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*"|[\w.+-]+')
_ODD = (
    *(b"", b"0", b"-1", b"1", b"2", b"nan", b"NaN", b"inf", b"-inf", b"Infinity", b"-0.0"),
    *(b"1e999", b"1e-320", b"1e18", b"65536", b"4294967296", b"18446744073709551616", b"9" * 400),
    *(b'""', b'"x"', b'"\\u0000"', b'"../../x"', b'"\\ud800"', b"[]", b"{}", b"[1]", b"null"),
    *(b"true", b"\xff\xfe", b"1_000", b"\0", b'"', b"[" * 3000, b"{" * 9, b"n/a", b"1,2,3"),
    *("٣".encode(), "²".encode(), b"\r", b"\x1c", b"'", b"1e5", b"0x10", b"<a>", b"&#0;", b"#"),
)
_NUMBERS = (0, 1, 2, 255, 256, 1 << 15, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
_FLOATS = (0.0, -1.0, 1e9, 1e18, 1e300, float("nan"), float("inf"), -float("inf"), 5e-324)


def mutate_text(data: bytes, rng: random.Random) -> bytes:
    """Change a value, or a line, of any text: TOML, JSON, XML, rows of numbers."""
    if rng.random() < 0.3:
        lines = data.split(b"\n")
        here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(4):
            case 0:
                del lines[here]
            case 1:
                lines.insert(there, lines[here])
            case 2:
                lines[here], lines[there] = lines[there], lines[here]
            case _:
                del lines[here + 1 :]
        return b"\n".join(lines)
    tokens = list(_TOKEN.finditer(data))
    if not tokens:
        return data + rng.choice(_ODD)
    token = rng.choice(tokens)
    value = rng.choice(_ODD) if rng.random() < 0.6 else rng.choice(tokens)[0]
    return data[: token.start()] + value + data[token.end() :]


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Put an odd number somewhere, or take bytes away, or repeat some."""
    if not data:
        return bytes([rng.randrange(256)])
    at = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            piece = rng.choice(_NUMBERS).to_bytes(rng.choice((4, 8)), "little")
        case 1:
            piece = struct.pack("<d", rng.choice(_FLOATS))
        case 2:
            piece = bytes([rng.randrange(256)])
        case 3:
            return data[:at] + data[at + rng.randrange(1, 16) :]
        case _:
            return data[:at] + data[max(0, at - rng.randrange(1, 64)) :]
    return data[:at] + piece + data[at + len(piece) :]


def mutate_xdf(data: bytes, rng: random.Random) -> bytes:
    """Change a chunk of an XDF; its length is right afterwards."""
    chunks = [(tag, bytes(content)) for tag, content in xdf.read_chunks(memoryview(data))]
    if not chunks:
        return mutate_bytes(data, rng)
    here, there = rng.randrange(len(chunks)), rng.randrange(len(chunks))
    tag, content = chunks[here]
    match rng.randrange(8):
        case 0:
            del chunks[here]
        case 1:
            chunks.insert(there, chunks[here])
        case 2:
            chunks[here], chunks[there] = chunks[there], chunks[here]
        case 3:
            chunks[here] = (rng.choice(list(xdf.Tag)), content)
        case _:
            is_text = b"<" in content[:8] or b"{" in content
            change = mutate_text if is_text and rng.random() < 0.8 else mutate_bytes
            chunks[here] = (tag, content[:4] + change(content[4:], rng))
    return xdf.MAGIC + b"".join(xdf.encode_chunk(tag, content) for tag, content in chunks)


def mutate_npz(data: bytes, rng: random.Random) -> bytes:
    """Change an array's header or content in an archive of arrays, which is whole afterwards."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - whatever it is, it is no archive any more
        members = {}
    members.pop("", None)  # a name that zipfile reads and does not write
    if not members or rng.random() < 0.2:
        return mutate_bytes(data, rng)
    name = rng.choice(list(members))
    member = members.pop(name)
    head = member.find(b"\n") + 1
    if rng.random() < 0.7:
        text = mutate_text(member[10:head], rng)[: len(member[10:head])]
        member = member[:10] + text.ljust(head - 10)[: head - 10] + member[head:]
    else:
        member = mutate_bytes(member, rng)
    if rng.random() < 0.1:
        name = mutate_text(name.encode(), rng).decode("cp437").partition("\0")[0]
    if name and rng.random() < 0.9:
        members[name] = member
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in members.items():
            archive.writestr(key, value)
    return packed.getvalue()


def both(
    of_first: Callable[[bytes, random.Random], bytes],
    of_second: Callable[[bytes, random.Random], bytes],
) -> Callable[[bytes, random.Random], bytes]:
    """Return a change of either half of an input that `joined` made."""

    def mutate(data: bytes, rng: random.Random) -> bytes:
        first, second = halves(data)
        if rng.random() < 0.5:
            return joined(of_first(first, rng), second)
        return joined(first, of_second(second, rng))

    return mutate


def joined(first: bytes, second: bytes) -> bytes:
    """Return two files as one input."""
    return len(first).to_bytes(4, "little") + first + second


def halves(data: bytes) -> tuple[bytes, bytes]:
    """Return the two files of an input."""
    length = int.from_bytes(data[:4], "little")
    return data[4 : 4 + length], data[4 + length :]
