"""The vectors of ``docs/protocol-vectors.json`` hold for the controller in C."""

import json

import pytest
from lockstep import FIRMWARE

from devices.exoskeleton import messages as m
from devices.exoskeleton.encoding import MalformedMessageError, decode, encode
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.postures import Posture
from devices.exoskeleton.trajectory import SITTING_DEG, STANDING_DEG

DOCUMENTS = FIRMWARE.parents[2] / "docs"
VECTORS = json.loads((DOCUMENTS / "protocol-vectors.json").read_text(encoding="utf-8"))
STARTS = {"sitting": SITTING_DEG, "standing": STANDING_DEG}
named = {"ids": lambda vector: vector["name"]}


def is_a_hosts(body: bytes) -> bool:
    try:
        return isinstance(decode(body), m.HostMessage)
    except MalformedMessageError:
        return False


@pytest.mark.parametrize("vector", VECTORS["frames"], **named)
@pytest.mark.parametrize("in_one_piece", [True, False], ids=["at once", "byte by byte"])
def test_a_hosts_frame_is_taken_and_a_controllers_is_not(start, vector, in_one_piece):
    talk, frame = start(), bytes.fromhex(vector["frame"])
    for piece in [frame] if in_one_piece else [bytes([byte]) for byte in frame]:
        talk.wait(0, piece)
    taken = is_a_hosts(bytes.fromhex(vector["body"]))
    assert taken == (bytes.fromhex(vector["body"])[0] < 0x80)
    assert talk.report.errors == {
        "length": 0,
        "stuffing": 0,
        "checksum": 0,
        "content": 0 if taken else 1,
    }


@pytest.mark.parametrize("vector", VECTORS["lines"], **named)
@pytest.mark.parametrize("in_one_piece", [True, False], ids=["at once", "byte by byte"])
def test_what_is_no_frame_is_counted(start, vector, in_one_piece):
    talk, line = start(STANDING_DEG), bytes.fromhex(vector["line"])
    for piece in [line] if in_one_piece else [bytes([byte]) for byte in line]:
        talk.wait(0, piece)
    for kind, count in vector["errors"].items():
        assert talk.report.errors[kind] == count
    bodies = [bytes.fromhex(body) for body in vector["bodies"]]
    assert talk.report.errors["content"] == sum(not is_a_hosts(body) for body in bodies)
    talk.wait(100)
    stopped = any(body[0] == 0x04 for body in bodies)
    assert talk.latest.posture is (Posture.SAFE_STOP if stopped else Posture.STANDING)


@pytest.mark.parametrize("vector", VECTORS["conversations"], **named)
def test_a_conversation_goes_as_the_vectors_say(start, vector):
    talk, now_ms = start(STARTS[vector["starts"]]), 0
    for step in vector["steps"]:
        assert talk.wait(step["at_ms"] - now_ms) == []
        now_ms = step["at_ms"]
        if "to_controller" in step:
            answers = talk.wait(0, bytes.fromhex(step["to_controller"]))
            assert [encode_frame(encode(a)).hex() for a in answers] == step["from_controller"]
        else:
            seen = {name: getattr(talk.latest, name) for name in step["telemetry"]}
            assert seen == step["telemetry"]
