"""The vectors of ``docs/protocol-vectors.json`` hold for this implementation.

The frames are also computed by a second, plain reading of the document, so that the vectors do not
merely say what the implementation does.
"""

import json
import struct
from pathlib import Path

import pytest

from devices.exoskeleton import encoding
from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.encoding import decode, encode
from devices.exoskeleton.framing import FrameParser, encode_frame
from devices.exoskeleton.trajectory import SITTING_DEG, STANDING_DEG

VECTORS = json.loads(
    (Path(__file__).parents[3] / "docs" / "protocol-vectors.json").read_text(encoding="utf-8")
)
STARTS = {"sitting": SITTING_DEG, "standing": STANDING_DEG}
named = {"ids": lambda vector: vector["name"]}

LAYOUTS = {
    "Hello": (0x01, "IBBH"),
    "Heartbeat": (0x02, "IHI"),
    "CommandRequest": (0x03, "IHIB"),
    "EmergencyStop": (0x04, "H"),
    "ReleaseStop": (0x05, "IHIH"),
    "Goodbye": (0x06, "I"),
    "Welcome": (0x81, "IBHHHI16s"),
    "HelloRefused": (0x82, "IBBB"),
    "HeartbeatReply": (0x83, "IH"),
    "Acknowledgement": (0x84, "IH"),
    "Refusal": (0x85, "IHB"),
    "Stopped": (0x86, "HH"),
    "Telemetry": (0x87, "IIBHBHBH6h6hiihI"),
}
UNITS = {
    "gait_phase": 1e-4,
    "angles_deg": 0.01,
    "velocities_deg_per_s": 0.1,
    "x_m": 1e-3,
    "y_m": 1e-3,
    "heading_deg": 0.01,
    "distance_m": 1e-3,
}


def plain_body(message: str, fields: dict) -> bytes:
    code, layout = LAYOUTS[message]
    values: list[int | bytes] = []
    for name, value in fields.items():
        if isinstance(value, str):
            values.append(value.encode("ascii"))
        else:
            items = value if isinstance(value, list) else [value]
            values += [round(item / UNITS.get(name, 1)) for item in items]
    return bytes([code]) + struct.pack("<" + layout, *values)


def plain_frame(body: bytes) -> bytes:
    crc = 0xFFFF
    for byte in body:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    blocks = (body + bytes([crc & 0xFF, crc >> 8])).split(b"\0")
    assert all(len(block) < 254 for block in blocks)
    return b"\0" + b"".join(bytes([len(block) + 1]) + block for block in blocks) + b"\0"


@pytest.mark.parametrize("vector", VECTORS["frames"], **named)
def test_a_frame_is_what_the_document_says(vector):
    body = plain_body(vector["message"], vector["fields"])
    assert body.hex() == vector["body"]
    assert plain_frame(body).hex() == vector["frame"]


@pytest.mark.parametrize("vector", VECTORS["frames"], **named)
def test_a_frame_is_written_and_read_as_the_vectors_say(vector):
    frame = bytes.fromhex(vector["frame"])
    (body,) = FrameParser().feed(frame)
    message = decode(body)
    assert type(message).__name__ == vector["message"]
    assert encode_frame(encode(message)) == frame
    for name, value in vector["fields"].items():
        read = getattr(message, name)
        expected = tuple(value) if isinstance(value, list) else value
        assert read == (pytest.approx(expected, abs=1e-9) if name in UNITS else expected)


@pytest.mark.parametrize("vector", VECTORS["lines"], **named)
def test_a_line_holds_the_frames_and_errors_that_the_vectors_say(vector):
    parser = FrameParser()
    bodies = [b for byte in bytes.fromhex(vector["line"]) for b in parser.feed(bytes([byte]))]
    assert [body.hex() for body in bodies] == vector["bodies"]
    for kind, count in vector["errors"].items():
        assert getattr(parser.errors, kind) == count


@pytest.mark.parametrize("vector", VECTORS["conversations"], **named)
def test_a_conversation_goes_as_the_vectors_say(vector):
    body = Body(angles_deg=STARTS[vector["starts"]])
    controller = Controller(body, 0.0, VECTORS["controller_name"])
    parser, telemetry, now_ms = FrameParser(), None, 0

    def written() -> list[str]:
        nonlocal telemetry
        answers = []
        for frame in controller.take_output():
            (content,) = parser.feed(frame)
            message = decode(content)
            if isinstance(message, m.Telemetry):
                telemetry = message
            else:
                answers.append(frame.hex())
        return answers

    for step in vector["steps"]:
        while now_ms < step["at_ms"]:
            now_ms += 1
            controller.advance(now_ms / 1e3)
            assert written() == []
        if "to_controller" in step:
            controller.receive(bytes.fromhex(step["to_controller"]), now_ms / 1e3)
            assert written() == step["from_controller"]
        else:
            seen = {name: getattr(telemetry, name) for name in step["telemetry"]}
            assert seen == step["telemetry"]


def test_every_message_has_a_vector():
    assert {vector["message"] for vector in VECTORS["frames"]} == set(LAYOUTS)
    assert {kind.__name__ for kind in encoding._FIELDS} == set(LAYOUTS)
