from dataclasses import replace

import msgspec
import numpy as np
import pytest

from bci_app.errors import ConfigurationError
from bci_app.evaluation.answers import Asked, Prompt
from bci_app.online.settings import PathSettings, Target
from bci_app.recordings.session_file import read_session
from bci_app.runtime.parity import check_parity, settings_of
from bci_app.runtime.profiles import (
    PROFILE_FACT,
    build_path,
    model_of,
    profile_of,
    settings_with,
)
from bci_app.runtime.recorder import Recorder
from bci_app.runtime.session import Session
from devices.chunk import Chunk
from devices.exoskeleton.command import Command
from devices.exoskeleton.virtual_link import VirtualLink

from ..online.growing_subject import RATE_HZ, looking
from .calibrated_subject import INFO, calibrated


def changed(**fields):
    profile = calibrated().profile
    return replace(profile, text=msgspec.structs.replace(profile.text, **fields))


def fixed(profile):
    """The same profile for the training-free decoder."""
    point = msgspec.structs.replace(
        profile.text.operating_point, policy={"threshold": 0.0, "margin": 0.2, "n_agreeing": 2}
    )
    text = msgspec.structs.replace(
        profile.text, decoder="cca", decoder_settings={"window_s": 1.0}, operating_point=point
    )
    return replace(profile, text=text)


def test_the_profile_has_the_say_in_what_it_was_fitted_to():
    profile = calibrated().profile
    settings = settings_with(profile, PathSettings(n_harmonics=3))
    assert settings.frequencies_hz == (9.0, 13.0)
    assert settings.commands == (Command.WALK, Command.SIT)
    assert settings.band_hz == (6.0, 55.0)
    assert settings.n_harmonics == 3
    assert settings.sequential.threshold == profile.text.operating_point.policy["threshold"]
    assert settings.max_false_per_min == 1.0


def test_a_session_that_adapts_follows_idle_from_where_the_profile_left_it():
    profile = calibrated().profile
    assert settings_with(profile, PathSettings()).sequential.adaptation is None
    adapting = settings_with(profile, PathSettings(adapts=True))
    assert adapting.sequential.adaptation.level == model_of(profile).unannounced.level
    path = build_path(adapting, INFO, profile)
    assert path.push(Chunk(np.zeros((10, len(INFO.channel_names))), 0)) == []


def test_the_session_may_give_the_targets_other_commands():
    named = PathSettings(targets=(Target(13.0, Command.STAND), Target(9.0, Command.WALK)))
    settings = settings_with(calibrated().profile, named)
    assert settings.targets == (Target(9.0, Command.WALK), Target(13.0, Command.STAND))


def test_a_training_free_profile_needs_no_model():
    profile = fixed(calibrated().profile)
    settings = settings_with(profile, PathSettings())
    assert (settings.window_s, settings.policy.margin) == (1.0, 0.2)
    assert model_of(profile) is None
    events = build_path(settings, INFO, profile).push(
        Chunk(np.zeros((1000, len(INFO.channel_names))), 0)
    )
    assert {event.scores for event in events} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("headset", "message"),
    [
        (replace(INFO, name="another"), "made with a test's headset, and this is another"),
        (replace(INFO, sampling_rate_hz=250.0), "for 128 samples a second"),
        (replace(INFO, channel_names=("O1", "O2", "Oz")), "for the electrodes O1, Oz, O2, and"),
    ],
)
def test_another_headset_is_refused(headset, message):
    profile = calibrated().profile
    with pytest.raises(ConfigurationError, match=message):
        build_path(settings_with(profile, PathSettings()), headset, profile)


def test_other_targets_are_refused():
    named = PathSettings(targets=(Target(9.0, Command.STAND), Target(14.0, Command.WALK)))
    with pytest.raises(ConfigurationError, match="targets at 9, 13 Hz, but the session has 9, 14"):
        settings_with(calibrated().profile, named)


def test_what_this_version_does_not_know_is_refused():
    point = calibrated().profile.text.operating_point
    with pytest.raises(ConfigurationError, match="has colour, which this version"):
        settings_with(
            changed(operating_point=msgspec.structs.replace(point, policy={"colour": 1})),
            PathSettings(),
        )
    target = msgspec.structs.replace(calibrated().profile.text.targets[0], command="fly")
    with pytest.raises(ConfigurationError, match="commands 'fly'"):
        settings_with(changed(targets=(target, target)), PathSettings())
    with pytest.raises(ConfigurationError, match="decoder is 'oracle'"):
        model_of(changed(decoder="oracle"))
    with pytest.raises(ConfigurationError, match=r"profile of subject 01 .* lacks the array"):
        model_of(replace(changed(decoder="evidence"), arrays={"shares": np.ones(1)}))


@pytest.mark.parametrize("adapts", [False, True])
def test_a_session_with_a_model_replays_bit_for_bit(tmp_path, adapts):
    profile = calibrated().profile
    settings = settings_with(profile, PathSettings(adapts=adapts))
    rng = np.random.default_rng(3)
    file = tmp_path / "session.xdf"
    facts = {PROFILE_FACT: profile.packed()}
    with VirtualLink() as link, Recorder(file, INFO, settings, facts) as recorder:
        session = Session(build_path(settings, INFO, profile), link, [recorder])
        index = 0
        for look, target in enumerate([2, 0, 1, 2, 1, 0]):
            session.tell(Prompt(index, Asked.TARGET, min(target, 1)))
            samples_uv = looking(target, 7.0 if target == 2 else 5.0, look, amplitude_uv=4.0)
            while len(samples_uv):
                link.advance(index / RATE_HZ)
                n = int(rng.integers(1, 60))
                session.feed(Chunk(samples_uv[:n], index, arrival_s=index / RATE_HZ))
                index, samples_uv = index + len(samples_uv[:n]), samples_uv[n:]
            index += int(rng.integers(3)) * 7  # now and then samples are lost
    recorded = read_session(file)
    assert settings_of(recorded) == settings
    kept = profile_of(recorded)
    assert kept.text == profile.text
    parity = check_parity(recorded)
    assert parity.difference is None
    assert parity.n_decisions == sum(e.event == "Decided" for e in recorded.entries) >= 2
    assert any(entry.event == "Adapted" for entry in recorded.entries) == adapts
    without = replace(recorded, facts={k: v for k, v in recorded.facts.items() if k != "profile"})
    assert profile_of(without) is None
    assert check_parity(without).difference is not None
