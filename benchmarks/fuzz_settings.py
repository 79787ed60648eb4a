"""Fuzzed: profiles, configurations, scenarios, and what the subject window says."""

import contextlib
import hashlib
import re
from pathlib import Path

import msgspec
import numpy as np
from fuzz_harness import Target, scratch_folder, write_input
from fuzz_mutators import both, halves, joined, mutate_npz, mutate_text

from bci_app.errors import ConfigurationError
from bci_app.evaluation.own_sessions import FIXED_WINDOW
from bci_app.online.settings import PathSettings
from bci_app.runtime.configuration import read_configuration
from bci_app.runtime.profiles import build_path, model_of, settings_with
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
from devices.exoskeleton.command import Command
from devices.headset.cyton import VirtualCyton
from devices.headset.cyton.rehearsal import Rehearsal, read_scenario
from devices.headset.source import HeadsetInfo
from devices.virtual_brain import VirtualSubject

_ROOT = Path(__file__).parents[1]


def some_profile() -> Profile:
    """Return a profile that is whole."""
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
    path = write_input(text, "sub-01_profile.json")
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
    path = scratch_folder() / "seed.json"
    write_profile(some_profile(), path)
    return [joined(path.read_bytes(), arrays_path(path).read_bytes())]


def _parse_configuration(data: bytes) -> None:
    configuration = read_configuration(write_input(data, "session.toml"))
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
    read_scenario(write_input(data, "scenario.txt"), _REHEARSAL[0])


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


SETTINGS = {
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
