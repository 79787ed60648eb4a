"""What `fuzz.py` fuzzes: for each parser its seeds, its documented errors, and what it is asked."""

import contextlib
import csv
import hashlib
import io
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from fuzz_mutators import both, halves, joined, mutate_npz, mutate_text, mutate_xdf

from bci_app.errors import ConfigurationError, RecordingError
from bci_app.evaluation.answers import Asked, Prompt
from bci_app.evaluation.own_sessions import FIXED_WINDOW
from bci_app.online.events import Commanded, Decided, GapFound, Withheld
from bci_app.online.settings import PathSettings
from bci_app.recordings import (  # noqa: F401 - imported before they are needed: with coverage
    mne_files,
    sample_grid,
    text_files,
    xdf_files,
)
from bci_app.recordings import xdf_format as xdf
from bci_app.recordings.reading import read_recording
from bci_app.recordings.recovery import recover_session
from bci_app.recordings.session_file import read_session
from bci_app.recordings.session_format import encode_beginning, encode_block, encode_end
from bci_app.recordings.text_files import is_text_recording
from bci_app.runtime.configuration import read_configuration
from bci_app.runtime.journal import encode_event
from bci_app.runtime.parity import events_of, settings_of
from bci_app.runtime.profiles import build_path, model_of, profile_of, settings_with
from bci_app.runtime.session import Note, StopRequested
from bci_app.stimulus import messages as stimulus
from bci_app.stimulus.flicker import Flicker
from bci_app.stimulus.frame_clock import FrameTiming
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.refresh_fit import Misfit
from bci_app.stimulus.settings import Patch, StimulusSettings
from calibration.errors import CalibrationError
from calibration.profile import Profile, arrays_path, read_profile, write_profile
from calibration.profile_fields import (
    Expected,
    Filters,
    Montage,
    OperatingPoint,
    ProfileTarget,
    ProfileText,
    Provenance,
)
from devices.errors import DeviceError
from devices.exoskeleton import messages as m
from devices.exoskeleton.body import Body
from devices.exoskeleton.command import Command
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import MAX_BODY_BYTES, encode_frame
from devices.exoskeleton.host import Host
from devices.exoskeleton.postures import Fault, Posture, Reason
from devices.headset.cyton import VirtualCyton
from devices.headset.cyton.rehearsal import Rehearsal, read_scenario
from devices.headset.source import HeadsetInfo
from devices.led_unit import messages as led
from devices.led_unit.unit import Unit
from devices.virtual_brain import VirtualSubject

_ROOT = Path(__file__).parents[1]
_folder = Path()


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Make the one folder in which parsers may write."""
    global _folder
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        _folder = Path(folder).resolve()
        yield _folder


@dataclass(frozen=True)
class Target:
    """A parser.

    Parameters
    ----------
    parse : callable
        Parses an input with it.
    seeds : callable
        Returns inputs that it takes.
    errors : tuple of type
        What it may raise.
    mutate : callable or None
        Changes an input; None for bytes alone.
    """

    parse: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    errors: tuple[type[Exception], ...] = ()
    mutate: Callable[[bytes, random.Random], bytes] | None = field(default=None)

    def accepts(self, seed: bytes) -> None:
        """Parse a seed; an error is one of the seed, or of the parser."""
        self.parse(seed)


def _file(data: bytes, name: str) -> Path:
    for path in _folder.iterdir():
        path.unlink() if path.is_file() else shutil.rmtree(path)
    path = _folder / name
    path.write_bytes(data)
    return path


# --- frames on the lines -------------------------------------------------------------------------


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut an input into frames around bodies, and bytes as they are."""
    position = 0
    while position < len(data):
        length, is_body = data[position] >> 1, data[position] & 1
        piece = data[position + 1 : position + 1 + length]
        position += 1 + length
        yield encode_frame(piece) if is_body and 0 < length <= MAX_BODY_BYTES and piece else piece


def _said(bodies: list[bytes]) -> bytes:
    return b"".join(bytes([len(body) << 1 | 1]) + body for body in bodies)


def _parse_exoskeleton(data: bytes) -> None:
    sessions = iter(range(1, 1 << 32))
    controller, host = Controller(Body(), 0.0), Host(lambda: next(sessions))
    host.opened(0.0)
    now_s = 0.0
    for piece in _pieces(data):
        now_s += 0.004 if piece else 0.4
        for end in (controller, host):
            end.receive(piece, now_s)
            end.advance(now_s)
            end.take_output()
            end.take_events()


def _exoskeleton_seeds() -> list[bytes]:
    angles = (0.0, 10.0, -10.0, 0.0, 5.0, -5.0)
    telemetry = m.Telemetry(
        session=2,
        time_ms=20,
        posture=Posture.STANDING,
        faults=Fault(0),
        stop_latched=False,
        stop_count=0,
        battery_percent=90,
        gait_phase=0.0,
        angles_deg=angles,
        velocities_deg_per_s=angles,
        x_m=0.0,
        y_m=0.0,
        heading_deg=0.0,
        distance_m=0.0,
    )
    asked = [m.Hello(9, 1, 1, 500), m.Heartbeat(9, 1, 4), m.CommandRequest(9, 1, 8, Command.STAND)]
    asked += [m.EmergencyStop(3), m.ReleaseStop(9, 2, 20, 1), m.Goodbye(9)]
    told = [m.Welcome(2, 1, 50, 500, 1000, 4, "x"), telemetry, m.HeartbeatReply(2, 1)]
    told += [m.Acknowledgement(2, 1), m.Refusal(2, 1, next(iter(Reason))), m.Stopped(3, 1)]
    told += [m.HelloRefused(2, m.HelloCause.BUSY, 1, 1)]
    return [_said([encode(x) for x in some]) for some in (asked, told, asked + told, [telemetry])]


def _parse_led_unit(data: bytes) -> None:
    unit, now_us = Unit(), 0
    for piece in _pieces(data):
        now_us += 4000 if piece else 400_000
        unit.receive(piece, now_us)
        for number in range(unit.n_leds):
            unit.level(number, now_us)
    with contextlib.suppress(led.MalformedMessageError):
        led.decode(data)


def _led_unit_seeds() -> list[bytes]:
    asked = [led.Hello(1), led.Configure(1, 0, 13_000, 0, 5000, 9000), led.Start(2), led.Ping(3)]
    told = [led.Info(1, 8, b"x"), led.Done(1, 5), led.Refused(1, led.Refusal.STOPPED)]
    told += [led.Pong(3, False, 9), led.StopPressed(7), led.Darken(4), led.Release(5)]
    return [_said([led.encode(x) for x in asked + told]), *(led.encode(x) for x in told)]


# --- recordings ----------------------------------------------------------------------------------


def _parse_session(data: bytes) -> None:
    path = _file(data, "session.xdf")
    session = read_session(path)
    session.recording()
    _ = session.began_at, session.frequencies_hz, session.duration_s, session.n_lost
    settings_of(session)
    events_of(session)
    profile_of(session)
    recover_session(path)


def _session_seeds() -> list[bytes]:
    rng = np.random.default_rng(0)
    info = HeadsetInfo("Cyton", 50.0, ("O1", "Oz"), "SRB2")
    facts = {
        "settings": msgspec.to_builtins(PathSettings()),
        "versions": {"bci-app": "1"},
        "began_at": "2026-01-01T00:00:00+00:00",
        "seeds": {},
        "profile": _profile().packed(),
    }
    events = [
        *(Prompt(0, Asked.TARGET, 1), Prompt(5, Asked.IDLE), Decided(9, 1, 0.5), GapFound(10, 5)),
        *(Commanded(9, Command.WALK), Withheld(9, Command.SIT, "x"), Note("ü"), StopRequested("x")),
    ]
    texts = [encode_event(event, 10 + k) for k, event in enumerate(events)]
    begun = encode_beginning(info, facts)
    block, later = (
        encode_block(
            (np.arange(20) / 50.0, rng.normal(size=(20, 2))),
            (np.array([0.1, 0.4]), np.array([[first, 10], [first + 15, 10]])),
            ([0.1 + 0.01 * k for k in range(len(texts))], texts),
        )
        for first in (0, 30)
    )
    ended = encode_end((20, 2, len(texts)), (0.0, 0.4))
    plain = encode_beginning(info, {"settings": facts["settings"]})
    return [
        begun + block + ended,
        plain + block,
        begun + block + later[:-40],
        begun + block + later,
        plain + ended,
    ]


def _parse_recording(name: str) -> Callable[[bytes], None]:
    def parse(data: bytes) -> None:
        path = _file(data, name)
        if name.endswith((".txt", ".csv")):
            is_text_recording(path)
        recording = read_recording(path)
        recording.count_codes()
        sum(len(chunk.samples_uv) for chunk in recording.chunks(0.1))

    return parse


def _xdf_seeds() -> list[bytes]:
    rng = np.random.default_rng(0)

    def header(number: int, kind: str, n: int, rate: str, form: str, desc: xdf.Xml) -> bytes:
        shape = {"channel_count": str(n), "nominal_srate": rate, "channel_format": form}
        return xdf.encode_stream_header(number, {"name": kind, "type": kind, **shape, "desc": desc})

    unit = {"type": "EEG", "unit": "microvolts"}
    desc = {"channels": {"channel": [{"label": "O1", **unit}, {"label": "Oz", **unit}]}}
    times_s = np.arange(30) / 50.0
    offset = np.array([0.3, 0.001]).tobytes()
    seeds = []
    for form, dtype in (("double64", "f8"), ("float32", "f4"), ("int16", "i2"), ("int64", "i8")):
        values = (100 * rng.normal(size=(30, 2))).astype(dtype)
        seeds.append(
            xdf.encode_file_header({"version": "1.0"})
            + header(1, "EEG", 2, "50", form, desc)
            + header(2, "Markers", 1, "0", "string", {})
            + xdf.encode_boundary()
            + xdf.encode_numbers(1, times_s, values)
            + xdf.encode_texts(2, [0.1, 0.2, 0.3], [b"1", b'{"label": "x"}', b"13 Hz"])
            + xdf.encode_chunk(xdf.Tag.CLOCK_OFFSET, (1).to_bytes(4, "little") + offset)
            + xdf.encode_stream_footer(1, [0.0, 0.58], 30)
            + xdf.encode_stream_footer(2, [0.1, 0.3], 3)
        )
    return seeds


def _openbci_seeds() -> list[bytes]:
    seeds = []
    for n_channels, rate, extra in ((8, 250, 0), (16, 125, 0), (4, 200, 3)):
        names = [f"EXG Channel {k}" for k in range(n_channels)] + ["Other"] * extra
        columns = ["Sample Index", *names, "Timestamp", "Marker Channel", "Timestamp (Formatted)"]
        rows = [
            [
                k % 256,
                *(f"{k + c}.25" for c in range(n_channels + extra)),
                f"{1600000000.0 + k / rate:.6f}",
                int(k == 5),
                f"2020-09-13 12:26:40.{k:03}",
            ]
            for k in range(12)
        ]
        text = io.StringIO()
        text.write(
            "%OpenBCI Raw EXG Data\n"
            f"%Number of channels = {n_channels}\n%Sample Rate = {rate} Hz\n%Board = x\n"
        )
        csv.writer(text, lineterminator="\n").writerows([columns, *rows])
        seeds.append(text.getvalue().encode().replace(b"1600000000.", b"1600000000000."))
    return seeds


def _table_seeds() -> list[bytes]:
    times_s = [1.6e9 + k / 256 for k in range(12)]
    muse = "timestamps,TP9,AF7,AF8,TP10,Right AUX,Marker0\n" + "".join(
        f"{t:.3f},1.5,2,3,-4,5e1,{int(k == 3)}\n" for k, t in enumerate(times_s)
    )
    board = "".join(
        "\t".join([str(k), *["1.5"] * 21, f"{t:.6f}", "0.0"]) + "\n" for k, t in enumerate(times_s)
    )
    plain = "time_ms;O1;Oz;event\n" + "".join(f"{4 * k};{k};-{k};a b\n" for k in range(12))
    return [muse.encode(), board.encode(), plain.encode(), b"\xef\xbb\xbf" + muse.encode()]


def _parse_bids(data: bytes) -> None:
    events, channels = halves(data)
    path = _file(_fif(), "sub-01_eeg.fif")
    path.with_name("sub-01_events.tsv").write_bytes(events)
    path.with_name("sub-01_channels.tsv").write_bytes(channels)
    read_recording(path)


def _fif() -> bytes:
    if not _FIF:
        import mne

        info = mne.create_info(["O1", "Oz"], 100.0, "eeg")
        raw = mne.io.RawArray(np.zeros((2, 50)), info, verbose="ERROR")
        path = _folder / "made_raw.fif"
        raw.save(path, verbose="ERROR", overwrite=True)
        _FIF.append(path.read_bytes())
    return _FIF[0]


_FIF: list[bytes] = []


def _bids_seeds() -> list[bytes]:
    events = "onset\tduration\ttrial_type\tsample\n0.1\t0\t13\t10\n0.2\tn/a\tidle\t20\n"
    events += "0.3\t0.1\tBAD_ACQ_SKIP\t30\n"
    channels = "name\ttype\tunits\nO1\tEEG\tµV\nOz\tEOG\tµV\n"
    return [joined(events.encode(), channels.encode()), joined(b"onset\tvalue\n0.1\t2\n", b"")]


# --- profiles, configurations, scenarios, the subject window -------------------------------------


def _profile() -> Profile:
    near = Expected(value=0.4, low=0.1, high=1.2)
    text = ProfileText(
        subject="01",
        session="02",
        decoder=FIXED_WINDOW,
        decoder_settings={},
        montage=Montage(headset="", reference="", channels=("O1", "Oz"), sampling_rate_hz=250.0),
        filters=Filters(band_hz=(6.0, 80.0), mains_hz=50.0),
        targets=tuple(ProfileTarget(frequency_hz=f, command="walk") for f in (9.0, 13.0)),
        operating_point=OperatingPoint(
            max_false_per_min=0.5,
            policy={},
            expected_response_s=2.0,
            expected_false_per_min=near,
            expected_right=near,
        ),
        compared=(),
        quality=(),
        provenance=Provenance(made_at="2026", own=(), others=(), versions={"numpy": "2"}, seed=0),
    )
    return Profile(text, {"128/weights": np.ones((3, 2)), "128/idle": np.array(0.5)})


def _parse_profile(data: bytes) -> None:
    text, arrays = halves(data)
    path = _file(text, "sub-01_profile.json")
    arrays_path(path).write_bytes(arrays)
    with contextlib.suppress(CalibrationError):
        read_profile(path)
    # Almost no change survives the checksum: make it right, as somebody who means harm would.
    try:
        table = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return
    if isinstance(table, dict):
        table.pop("checksum", None)
        signed = msgspec.json.encode(table, order="deterministic") + arrays
        table["checksum"] = hashlib.sha256(signed).hexdigest()
        path.write_bytes(msgspec.json.encode(table))
    profile = read_profile(path)
    model_of(profile)
    settings_with(profile, PathSettings())


def _profile_seeds() -> list[bytes]:
    path = _folder / "seed.json"
    write_profile(_profile(), path)
    return [joined(path.read_bytes(), arrays_path(path).read_bytes())]


def _parse_configuration(data: bytes) -> None:
    configuration = read_configuration(_file(data, "session.toml"))
    build_path(configuration.path, HeadsetInfo("x", 250.0, ("O1", "Oz")), None)


def _configuration_seeds() -> list[bytes]:
    text = (_ROOT / "docs" / "configuration.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return [re.sub(r" +#.*", "", block).encode() for block in blocks]


_REHEARSAL: list[Rehearsal] = []


def _parse_scenario(data: bytes) -> None:
    if not _REHEARSAL:
        subject = VirtualSubject()
        _REHEARSAL.append(Rehearsal(subject, VirtualCyton(subject), lambda _: None))
    read_scenario(_file(data, "scenario.txt"), _REHEARSAL[0])


def _scenario_seeds() -> list[bytes]:
    return [
        b"0 gaze 13\n1.5 cue none # away\n2 flicker 13 1.57 sine 60 -1000.5\n3 lose 3\n"
        b"4 drift -200\n5 battery dead\n6 pop Oz -300\n7 dry O1 50 120\n8 bridge O1 Oz\n9 unplug\n"
        b"10 photodiode 0.03 5\n11 light 0.5\n12 stall 0.5\n13 still 12.5\n14 mend Oz\n"
    ]


def _parse_stimulus(data: bytes) -> None:
    reader = stimulus.MessageReader()
    for start in range(0, len(data), 1000):
        for message in reader.feed(data[start : start + 1000]):
            repr(message)


def _stimulus_seeds() -> list[bytes]:
    patches = tuple(Patch("walk", Flicker(f), Command.WALK) for f in (9.0, 11.0))
    requests = [stimulus.Show(StimulusSettings(patches, window_px=(800, 600)))]
    requests += [stimulus.Confirm("me"), stimulus.Cue(None, "away"), stimulus.Cue(1)]
    requests += [stimulus.ShowDecision(1, 0.5, 0.9), stimulus.Measure(True), stimulus.Stop("x")]
    area, misfit = FlashingArea(0.1, 0.2), Misfit("too fast", True)
    reports = [stimulus.Ready("screen", 60.0, True, 800, 600, area, (misfit,))]
    reports += [stimulus.Frames(FrameTiming(60.0, 60, 0, 1, 0.1, 0.2), 0.1), stimulus.Began(1.5)]
    reports += [stimulus.Gaze(None, 2.0), stimulus.Failed("x"), stimulus.Closed()]
    return [b"".join(map(stimulus.encode, some)) for some in (requests, reports)]


_RECORDED = (RecordingError,)
TARGETS = {
    "exoskeleton": Target(_parse_exoskeleton, _exoskeleton_seeds),
    "led-unit": Target(_parse_led_unit, _led_unit_seeds),
    "session": Target(
        _parse_session, _session_seeds, (RecordingError, CalibrationError), mutate_xdf
    ),
    "xdf": Target(_parse_recording("r.xdf"), _xdf_seeds, _RECORDED, mutate_xdf),
    "openbci": Target(_parse_recording("r.txt"), _openbci_seeds, _RECORDED, mutate_text),
    "table": Target(_parse_recording("r.csv"), _table_seeds, _RECORDED, mutate_text),
    "bids": Target(_parse_bids, _bids_seeds, _RECORDED, both(mutate_text, mutate_text)),
    "profile": Target(
        *(_parse_profile, _profile_seeds, (CalibrationError, ConfigurationError)),
        both(mutate_text, mutate_npz),
    ),
    "configuration": Target(
        _parse_configuration, _configuration_seeds, (ConfigurationError,), mutate_text
    ),
    "scenario": Target(_parse_scenario, _scenario_seeds, (DeviceError,), mutate_text),
    "stimulus": Target(
        _parse_stimulus, _stimulus_seeds, (stimulus.StimulusProtocolError,), mutate_text
    ),
}
