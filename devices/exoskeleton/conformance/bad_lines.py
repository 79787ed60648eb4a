"""A line in a bad state."""

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.conformance.check import Check, demanding
from devices.exoskeleton.conformance.probe import ANSWER_WITHIN_S, Probe, demand
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import MAX_BODY_BYTES, encode_frame
from devices.exoskeleton.postures import Posture

_STOP_TYPE = encode(m.EmergencyStop(0))[0]

BAD_LINE_CHECKS: list[Check] = []


@demanding(BAD_LINE_CHECKS, "A frame may come in pieces, and two frames may share a zero.")
def _byte_by_byte(probe: Probe) -> None:
    probe.settle()
    probe.open()
    frames = b"".join(encode_frame(encode(probe.request(Command.STOP)))[:-1] for _ in range(2))
    for byte in frames:
        probe.channel.write(bytes([byte]))
    probe.channel.write(b"\0")
    probe.answer(m.Acknowledgement)
    probe.answer(m.Acknowledgement)


@demanding(
    BAD_LINE_CHECKS, "An emergency stop is obeyed behind half a frame and behind a run without end."
)
def _stop_behind_junk(probe: Probe) -> None:
    for junk in (b"\0\x08\x01\x02", bytes([7]) * 1000, bytes(range(256)) * 4):
        probe.settle()
        probe.channel.write(junk)
        probe.answer(m.Stopped, m.EmergencyStop(probe.rng.randrange(1 << 16)))


@demanding(BAD_LINE_CHECKS, "A command with any one bit flipped is not executed, and not answered.")
def _damaged_commands(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    frame = encode_frame(encode(probe.request(Command.WALK)))
    for bit in range(8, 8 * (len(frame) - 1)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        probe.channel.write(bytes(damaged))
        probe.listen(0.01)
    demand(not probe.answers, f"it was answered by {probe.answers[:1]}")
    demand(probe.latest.posture is Posture.STANDING, "it moved")
    probe.ask(Command.STOP)


@demanding(BAD_LINE_CHECKS, "No junk moves the legs, in frames that are intact or in none.")
def _junk(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    standing_deg = probe.latest.angles_deg
    for _ in range(100):
        probe.channel.write(probe.rng.randbytes(100))
        body = probe.rng.randbytes(probe.rng.randrange(1, MAX_BODY_BYTES))
        if body[0] != _STOP_TYPE:
            probe.channel.write(encode_frame(body))
        stranger = probe.session ^ probe.rng.randrange(1, 1 << 32)
        probe.say(m.CommandRequest(stranger, 1, probe.latest_ms, Command.WALK))
        probe.listen(0.01)
    moved_deg = max(abs(a - b) for a, b in zip(probe.latest.angles_deg, standing_deg, strict=True))
    demand(moved_deg < 1.0, f"a joint moved by {moved_deg:.1f}°")
    demand(probe.latest.posture is Posture.STANDING, "it moved")
    probe.listen(ANSWER_WITHIN_S)
    probe.ask(Command.STOP)
