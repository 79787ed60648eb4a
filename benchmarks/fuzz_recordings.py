"""Fuzzed: recordings of every kind."""

import csv
import io
from collections.abc import Callable

import msgspec
import numpy as np
from fuzz_harness import Target, scratch_folder, write_input
from fuzz_mutators import both, halves, joined, mutate_text, mutate_xdf
from fuzz_settings import some_profile

from bci_app.errors import RecordingError
from bci_app.evaluation.answers import Asked, Prompt
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
from bci_app.runtime.journal import encode_event
from bci_app.runtime.parity import events_of, settings_of
from bci_app.runtime.profiles import profile_of
from bci_app.runtime.session import Note, StopRequested
from calibration.errors import CalibrationError
from devices.exoskeleton.command import Command
from devices.headset.source import HeadsetInfo


def _parse_session(data: bytes) -> None:
    path = write_input(data, "session.xdf")
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
        "profile": some_profile().packed(),
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
        path = write_input(data, name)
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
    path = write_input(_fif(), "sub-01_eeg.fif")
    path.with_name("sub-01_events.tsv").write_bytes(events)
    path.with_name("sub-01_channels.tsv").write_bytes(channels)
    read_recording(path)


def _fif() -> bytes:
    if not _FIF:
        import mne

        info = mne.create_info(["O1", "Oz"], 100.0, "eeg")
        raw = mne.io.RawArray(np.zeros((2, 50)), info, verbose="ERROR")
        path = scratch_folder() / "made_raw.fif"
        raw.save(path, verbose="ERROR", overwrite=True)
        _FIF.append(path.read_bytes())
    return _FIF[0]


_FIF: list[bytes] = []


def _bids_seeds() -> list[bytes]:
    events = "onset\tduration\ttrial_type\tsample\n0.1\t0\t13\t10\n0.2\tn/a\tidle\t20\n"
    events += "0.3\t0.1\tBAD_ACQ_SKIP\t30\n"
    channels = "name\ttype\tunits\nO1\tEEG\tµV\nOz\tEOG\tµV\n"
    return [joined(events.encode(), channels.encode()), joined(b"onset\tvalue\n0.1\t2\n", b"")]


_RECORDED = (RecordingError,)
RECORDINGS = {
    "session": Target(
        _parse_session, _session_seeds, (RecordingError, CalibrationError), mutate_xdf
    ),
    "xdf": Target(_parse_recording("r.xdf"), _xdf_seeds, _RECORDED, mutate_xdf),
    "openbci": Target(_parse_recording("r.txt"), _openbci_seeds, _RECORDED, mutate_text),
    "table": Target(_parse_recording("r.csv"), _table_seeds, _RECORDED, mutate_text),
    "bids": Target(_parse_bids, _bids_seeds, _RECORDED, both(mutate_text, mutate_text)),
}
