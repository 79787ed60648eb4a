"""Running commands in this process, and a small recording to run them on."""

import sys
from typing import NamedTuple

import mne
import numpy as np
import pytest

from bci_app.cli import main

from ..eventful_session import EventfulSession

RATE_HZ = 200.0


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _no_windows(monkeypatch, request):
    """Hide the display from commands: a window whose session failed waits for its reader."""
    if "display" not in request.fixturenames:
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bci_app(monkeypatch, capsys):
    """Run `bci-app ARGUMENTS…`; what it exits with and prints."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["bci-app", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Run(ended.value.code or 0, out, err)

    return run


@pytest.fixture
def recording(tmp_path):
    """A FIF with idle trials (code 1) and clear responses at 10 Hz (2) and 14 Hz (3)."""
    rng = np.random.default_rng(0)
    codes = ["1", "2", "3"] * 3
    samples_uv = 5 * rng.normal(size=(3, round((7 * len(codes) + 4) * RATE_HZ)))
    onsets_s = 3.0 + 7 * np.arange(len(codes))
    for onset_s, code in zip(onsets_s, codes, strict=True):
        if frequency_hz := {"2": 10.0, "3": 14.0}.get(code):
            first = round(onset_s * RATE_HZ)
            phase = 2 * np.pi * frequency_hz * np.arange(round(5 * RATE_HZ)) / RATE_HZ
            samples_uv[:, first : first + len(phase)] += 6 * np.sin(phase)
    info = mne.create_info(["O1", "Oz", "O2"], RATE_HZ, "eeg")
    raw = mne.io.RawArray(samples_uv * 1e-6, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations(onsets_s, 0.0, codes))
    path = tmp_path / "record_raw.fif"
    raw.save(path, verbose="ERROR")
    return path


@pytest.fixture
def session(tmp_path):
    """The file of a session to which many things happened."""
    EventfulSession(tmp_path / "session.xdf", seed=0).run(6)
    return tmp_path / "session.xdf"
