"""Sessions and requests: who may ask, when, and how often."""

import itertools

from devices.exoskeleton import messages as m
from devices.exoskeleton.command import Command
from devices.exoskeleton.conformance.check import Check, demanding, refused
from devices.exoskeleton.conformance.probe import ANSWER_WITHIN_S, Probe, demand
from devices.exoskeleton.postures import Fault, Posture, Reason

SESSION_CHECKS: list[Check] = []


@demanding(
    SESSION_CHECKS, "Telemetry comes every 20 ms, without a session too, and its clock is in ms."
)
def _telemetry(probe: Probe) -> None:
    probe.settle()
    begun_s = probe.channel.now_s()
    probe.listen(1.0)
    took_s = probe.channel.now_s() - begun_s
    times_ms = [t.time_ms for t in probe.seen]
    demand(0.9 < len(times_ms) / (50 * took_s) < 1.12, f"{len(times_ms)} in {took_s:.2f} s")
    steps_ms = [(b - a) % (1 << 32) for a, b in itertools.pairwise(times_ms)]
    demand(all(0 < step < 100 for step in steps_ms), f"the clock steps by {steps_ms}")
    demand(abs(sum(steps_ms) / 1e3 / took_s - 1) < 0.1, "the clock does not count ms")


@demanding(
    SESSION_CHECKS, "A hello is welcomed on the terms of the document, a repetition of it too."
)
def _welcome(probe: Probe) -> None:
    probe.settle()
    hello = probe.hello(500)
    first, again = probe.answer(m.Welcome, hello), probe.answer(m.Welcome, hello)
    terms = (first.version, first.heartbeat_timeout_ms, first.heartbeat_interval_ms)
    demand(terms == (1, 500, 50), f"500 ms were asked for, and granted: {first}")
    demand(first.command_lifetime_ms == 1000, f"a command lives {first.command_lifetime_ms} ms")
    demand(first.session == again.session == hello.session, "a welcome of another session")
    probe.listen(0.05)
    demand(probe.latest.session == hello.session, "the telemetry names another session")


@demanding(SESSION_CHECKS, "The heartbeat timeout is limited to 200 to 2000 ms.")
def _limits(probe: Probe) -> None:
    for asked, granted in ((1, 200), (65535, 2000)):
        probe.settle()
        answer = probe.answer(m.Welcome, probe.hello(asked))
        demand(answer.heartbeat_timeout_ms == granted, f"asked {asked} ms, granted {answer}")


@demanding(
    SESSION_CHECKS,
    "A host without a common version is told so; one that speaks more gets version 1.",
)
def _versions(probe: Probe) -> None:
    probe.settle()
    for lowest, highest in ((2, 9), (0, 0)):
        probe.hello()
        answer = probe.answer(m.HelloRefused, m.Hello(probe.session, lowest, highest, 500))
        demand(answer.cause is m.HelloCause.VERSION, f"{answer}")
    welcome = probe.answer(m.Welcome, m.Hello(probe.session, 0, 255, 500))
    demand(welcome.version == 1, f"{welcome}")


@demanding(
    SESSION_CHECKS, "A second host is turned away while a session is open, and so are its commands."
)
def _second_host(probe: Probe) -> None:
    probe.settle()
    probe.open()
    first = probe.session
    answer = probe.answer(m.HelloRefused, probe.hello())
    demand(answer.cause is m.HelloCause.BUSY, f"{answer}")
    refused(probe, probe.request(Command.STOP), Reason.NO_SESSION)
    probe.no_answer(m.Goodbye(probe.session))
    probe.session = first
    probe.ask(Command.STOP)


@demanding(SESSION_CHECKS, "A goodbye ends the session, whose number is not opened again.")
def _goodbye(probe: Probe) -> None:
    probe.settle()
    probe.open()
    probe.close()
    demand(Fault.HEARTBEAT_LOST not in probe.latest.faults, "a goodbye is no lost heartbeat")
    answer = probe.answer(m.HelloRefused, m.Hello(probe.session, 1, 1, 500))
    demand(answer.cause is m.HelloCause.SESSION_OVER, f"{answer}")


@demanding(SESSION_CHECKS, "A heartbeat of the session is answered with its count.")
def _heartbeats(probe: Probe) -> None:
    probe.settle()
    probe.open(beating=False)
    for count in (0, 1, 65535):
        probe.replies.clear()
        probe.say(m.Heartbeat(probe.session, count, probe.latest_ms))
        probe.until(lambda: bool(probe.replies), ANSWER_WITHIN_S, "answer a heartbeat")
        demand(probe.replies == [m.HeartbeatReply(probe.session, count)], f"{probe.replies}")
    probe.replies.clear()
    probe.say(m.Heartbeat(probe.session ^ 1, 2, probe.latest_ms))
    probe.listen(0.1)
    demand(not probe.replies, "a heartbeat of no session was answered")


@demanding(
    SESSION_CHECKS, "When the heartbeat stops the session ends in time, and the telemetry says why."
)
def _silence(probe: Probe) -> None:
    probe.settle()
    probe.open(200)
    probe.listen(0.5)
    demand(probe.latest.session == probe.session, "the session ended in spite of heartbeats")
    probe.fall_silent()
    took_s = probe.until(lambda: probe.latest.session == 0, 1.0, "end the session")
    demand(0.1 < took_s < 0.3, f"the session ended after {took_s:.3f} s of silence, not 0.2 s")
    demand(Fault.HEARTBEAT_LOST in probe.latest.faults, "HEARTBEAT_LOST is not set")
    probe.open()
    probe.listen(0.05)
    demand(Fault.HEARTBEAT_LOST not in probe.latest.faults, "a welcome does not clear it")


@demanding(
    SESSION_CHECKS,
    "A heartbeat that names telemetry older than a second does not keep the session.",
)
def _stale_heartbeats(probe: Probe) -> None:
    probe.settle()
    probe.open(beating=False)
    old_ms = probe.latest_ms
    begun_s = probe.channel.now_s()
    for count in itertools.count():
        probe.say(m.Heartbeat(probe.session, count % (1 << 16), old_ms))
        probe.listen(0.05)
        if probe.latest.session == 0:
            break
        demand(probe.channel.now_s() - begun_s < 2.0, "they keep it for ever")
    took_s = probe.channel.now_s() - begun_s
    demand(1.2 < took_s < 1.8, f"the session ended after {took_s:.2f} s, not after 1.5 s")


@demanding(SESSION_CHECKS, "Without a session a command is refused, and nothing moves.")
def _no_session(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    refused(probe, probe.request(Command.WALK), Reason.NO_SESSION)
    refused(probe, probe.release(), Reason.NO_SESSION)
    probe.listen(0.3)
    demand(probe.latest.posture is Posture.STANDING, "it moved")


@demanding(
    SESSION_CHECKS,
    "A repetition is answered as before, what is older not at all, and 65535 is followed by 0.",
)
def _sequence_numbers(probe: Probe) -> None:
    probe.settle()
    probe.open()
    for sequence in (65534, 65535, 0, 1):
        request = m.CommandRequest(probe.session, sequence, probe.latest_ms, Command.STOP)
        for _ in range(2):
            answer = probe.answer(m.Acknowledgement, request)
            demand(answer.sequence == sequence, f"{request} was answered by {answer}")
    for sequence in (0, 65535, 1 - 32768 + 65536):
        probe.no_answer(m.CommandRequest(probe.session, sequence, probe.latest_ms, Command.STOP))
    unknown = m.CommandRequest(probe.session, 2, probe.latest_ms, 99)
    for _ in range(2):
        refused(probe, unknown, Reason.UNKNOWN_COMMAND)


@demanding(
    SESSION_CHECKS, "A request on telemetry of more than a second ago, or of the future, is stale."
)
def _stale_requests(probe: Probe) -> None:
    probe.settle()
    probe.open()
    probe.listen(1.5)
    for age_ms, fresh in ((1300, False), (-1000, False), (800, True), (1 << 31, False)):
        request = probe.request(Command.STOP, probe.latest_ms - age_ms)
        if fresh:
            probe.answer(m.Acknowledgement, request)
        else:
            refused(probe, request, Reason.STALE)


@demanding(
    SESSION_CHECKS,
    "A command whose acknowledgement was lost is executed once, however often it comes.",
)
def _repeated_movement(probe: Probe) -> None:
    probe.settle(Posture.STANDING)
    probe.open()
    turn = probe.request(Command.TURN_LEFT)
    for _ in range(3):
        probe.answer(m.Acknowledgement, turn)
    probe.arrive(Posture.TURNING)
    probe.arrive(Posture.STANDING)
    for _ in range(3):
        probe.answer(m.Acknowledgement, turn)
    probe.listen(0.3)
    demand(probe.latest.posture is Posture.STANDING, "the repetition was executed")
