"""Millions of bytes of every kind of junk into both ends of the exoskeleton's protocol.

Demanded: no exception, bounded memory, no motion, and not one request of the host's own making.
The junk: noise, frames that are intact around random bodies, messages that are intact around random
fields, damaged copies of good frames, repetitions of what was said before.

    python benchmarks/parser_fuzz.py [--bytes 10_000_000] [--seed 0]
"""

import argparse
import random
import sys
import time
import tracemalloc

from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Controller, Executed
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import MAX_BODY_BYTES, encode_frame
from devices.exoskeleton.host import Host
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.exoskeleton.trajectory import STANDING_DEG

STOP_TYPE = encode(m.EmergencyStop(0))[0]
SESSION = 0x1234
STEP_S = 0.002


class Junk:
    """An endless source of junk for one of the two ends."""

    def __init__(self, rng: random.Random, *, for_host: bool) -> None:
        self._rng = rng
        self._for_host = for_host
        self._said = [b"\0"]

    def piece(self, session: int, now_ms: int) -> bytes:
        """Return the next piece, cut anywhere."""
        rng = self._rng
        match rng.randrange(6):
            case 0:
                piece = rng.randbytes(rng.randrange(1, 300))
            case 1:
                piece = bytes(rng.choices((0, 1, 2, 3, 255), k=rng.randrange(1, 60)))
            case 2:
                body = rng.randbytes(rng.randrange(1, MAX_BODY_BYTES + 1))
                # A stop would be obeyed, and nothing could move after it: that would be no test.
                piece = encode_frame(body if body[0] != STOP_TYPE else b"\0")
            case 3:
                piece = self._damaged(rng.choice(self._said))
            case 4:
                piece = rng.choice(self._said)
            case _:
                piece = encode_frame(encode(self._message(session, now_ms)))
                self._said = [*self._said[-50:], piece]
        return piece[: rng.randrange(1, len(piece) + 1)] if rng.random() < 0.2 else piece

    def _damaged(self, frame: bytes) -> bytes:
        damaged = bytearray(frame)
        for _ in range(self._rng.randrange(1, 4)):
            damaged[self._rng.randrange(len(damaged))] ^= 1 << self._rng.randrange(8)
        return bytes(damaged)

    def _message(self, session: int, now_ms: int) -> m.HostMessage | m.ControllerMessage:
        rng = self._rng
        u16, u32 = rng.randrange(1 << 16), rng.randrange(1, 1 << 32)
        if self._for_host:
            return rng.choice(
                [
                    m.Welcome(session, 1, 50, 2000, 1000, now_ms, "x"),
                    m.Welcome(rng.choice((session, u32)), rng.randrange(3), u16, u16, u16, u32, ""),
                    m.HelloRefused(rng.choice((session, u32)), m.HelloCause.BUSY, 0, 9),
                    m.HeartbeatReply(session, u16),
                    m.Acknowledgement(session, u16),
                    m.Refusal(session, u16, rng.choice(list(Reason))),
                    m.Stopped(u16, u16),
                    self._telemetry(rng.choice((session, session, u32)), rng.choice((now_ms, u32))),
                ]
            )
        stranger = session ^ u32
        return rng.choice(
            [
                m.Hello(stranger or 1, rng.randrange(3), rng.randrange(256), u16),
                m.Heartbeat(rng.choice((session, stranger)), u16, rng.choice((now_ms, u32))),
                m.CommandRequest(stranger, u16, now_ms, rng.randrange(256)),
                m.CommandRequest(session, u16, (now_ms + 1 + u32 // 2) % (1 << 32), Command.WALK),
                m.ReleaseStop(stranger, u16, now_ms, u16),
                m.Goodbye(stranger),
            ]
        )

    def _telemetry(self, session: int, time_ms: int) -> m.Telemetry:
        rng = self._rng
        angles = tuple(rng.uniform(-300, 300) for _ in range(6))
        return m.Telemetry(
            session=session,
            time_ms=time_ms,
            posture=rng.choice(list(Posture)),
            faults=Fault(rng.randrange(1 << 4)),
            stop_latched=rng.random() < 0.5,
            stop_count=rng.randrange(1 << 16),
            battery_percent=rng.randrange(101),
            gait_phase=rng.random(),
            angles_deg=angles,
            velocities_deg_per_s=angles,
            x_m=rng.uniform(-1e6, 1e6),
            y_m=0.0,
            heading_deg=rng.uniform(-180, 180),
            distance_m=rng.uniform(0, 1e6),
        )


def fuzz_controller(rng: random.Random, n_bytes: int) -> dict[str, object]:
    """Feed the controller; return what it counted."""
    controller = Controller(Body(angles_deg=STANDING_DEG), 0.0)
    controller.receive(encode_frame(encode(m.Hello(SESSION, 1, 1, 2000))), 0.0)
    junk, fed, now_s, executed, sessions = Junk(rng, for_host=False), 0, 0.0, 0, 0
    while fed < n_bytes:
        now_s += STEP_S
        piece = junk.piece(SESSION, int(now_s * 1e3))
        fed += len(piece)
        controller.receive(piece, now_s)
        controller.advance(now_s)
        controller.take_output()
        for event in controller.take_events():
            executed += isinstance(event, Executed)
            sessions += type(event).__name__ == "SessionOpened"
    moved = controller.motion.body.angles_deg != STANDING_DEG
    return {
        "errors": controller.errors,
        "sessions": sessions,
        "posture": controller.motion.posture.name,
        "executed": executed,
        "moved": moved,
    }


def fuzz_host(rng: random.Random, n_bytes: int) -> dict[str, object]:
    """Feed the host; return what it counted."""
    sessions: list[int] = []

    def new_session() -> int:
        sessions.append(rng.randrange(1, 1 << 32))
        return sessions[-1]

    host = Host(new_session)
    host.opened(0.0)
    junk, fed, now_s, requests, events = Junk(rng, for_host=True), 0, 0.0, 0, 0
    while fed < n_bytes:
        now_s += STEP_S
        piece = junk.piece(sessions[-1], int(now_s * 1e3))
        fed += len(piece)
        host.receive(piece, now_s)
        host.advance(now_s)
        requests += sum(out.sequence is not None for out in host.take_output())
        events += len(host.take_events())
    quality = host.quality
    errors = quality.checksum_errors + quality.other_errors
    return {"errors": errors, "sessions": quality.sessions, "events": events, "requests": requests}


def main() -> int:
    """Fuzz both ends and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bytes", type=int, default=10_000_000, help="into each end")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    bad = False
    for name, fuzz in (("controller", fuzz_controller), ("host", fuzz_host)):
        tracemalloc.start()
        begun_s = time.perf_counter()
        figures = fuzz(random.Random(options.seed), options.bytes)
        took_s = time.perf_counter() - begun_s
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"{name}: {options.bytes:,} bytes, {took_s:.0f} s, peak {peak / 1e6:.2f} MB, {figures}"
        )
        bad |= bool(figures.get("executed") or figures.get("moved") or figures.get("requests"))
        bad |= peak > 1e6
    print("FAILED" if bad else "no exception, no motion, no request")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
