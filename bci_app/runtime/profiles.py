"""From a profile to the online path: its settings, its model, and whether all the rest suits it."""

from dataclasses import replace
from typing import TypeVar

import msgspec

from bci_app.errors import ConfigurationError
from bci_app.evaluation.own_sessions import FIXED_WINDOW, GROWING
from bci_app.online.adaptation import adaptation_for
from bci_app.online.growing import GrowingModel
from bci_app.online.path import OnlinePath
from bci_app.online.policy import PolicySettings
from bci_app.online.sequential import SequentialSettings
from bci_app.online.settings import PathSettings, Target, list_hz
from bci_app.recordings.session_file import SessionFile
from calibration.errors import CalibrationError
from calibration.profile import Profile, unpack_profile
from calibration.profile_fields import ProfileText
from devices.exoskeleton.command import COMMANDS, Command
from devices.headset.source import HeadsetInfo

PROFILE_FACT = "profile"
"""Under which a session's file keeps the profile that it ran with."""

_Settings = TypeVar("_Settings", PathSettings, PolicySettings, SequentialSettings)


def model_of(profile: Profile | None) -> GrowingModel | None:
    """Return the model of a profile; None without one, and for a decoder that learns nothing.

    Raises
    ------
    ConfigurationError
        When this version of the program cannot run its decoder.
    """
    if profile is None or profile.text.decoder == FIXED_WINDOW:
        return None
    if profile.text.decoder != GROWING:
        raise ConfigurationError(
            f"the profile's decoder is {profile.text.decoder!r}: expected {GROWING} or "
            f"{FIXED_WINDOW}. Calibrate again with this version."
        )
    try:
        return GrowingModel.from_arrays(profile.arrays)
    except CalibrationError as error:
        raise ConfigurationError(
            f"the profile of subject {profile.text.subject} was made by bci-app "
            f"{profile.text.provenance.versions.get('bci-app', '?')}, whose model this version "
            f"cannot run: {error} Calibrate again, from the recordings that it names."
        ) from error


def settings_with(profile: Profile, settings: PathSettings) -> PathSettings:
    """Return a session's settings with those of a profile.

    The profile has the say in filters, decoder, policy and targets; the session in the gate, and in
    what the targets command where it names them.

    Parameters
    ----------
    profile : Profile
    settings : PathSettings
        Of the session's configuration; targets as by default count as not named.

    Raises
    ------
    ConfigurationError
        When the session names targets at other frequencies, or the profile's settings cannot work.
    """
    text = profile.text
    targets = tuple(Target(t.frequency_hz, _command(t.command)) for t in text.targets)
    if settings.targets != PathSettings().targets:
        named = {target.frequency_hz: target.command for target in settings.targets}
        if named.keys() != set(text.frequencies_hz):
            raise ConfigurationError(
                f"the profile of subject {text.subject} is for targets at "
                f"{list_hz(text.frequencies_hz)}, but the session has {list_hz(named)}: expected "
                "the same. Give the session the profile's targets, or calibrate anew with these."
            )
        targets = tuple(Target(f, named[f]) for f in text.frequencies_hz)
    changed = replace(
        settings,
        targets=targets,
        max_false_per_min=text.operating_point.max_false_per_min,
        band_hz=text.filters.band_hz,
        mains_hz=text.filters.mains_hz,
    )
    policy = text.operating_point.policy
    if text.decoder == FIXED_WINDOW:
        agreement = _take(settings.policy, policy, "operating_point.policy")
        changed = replace(changed, policy=agreement)
    else:
        sequential = _take(settings.sequential, policy, "operating_point.policy")
        if settings.adapts:
            rate = GrowingModel.from_arrays(profile.arrays).unannounced
            sequential = replace(sequential, adaptation=adaptation_for(rate))
        changed = replace(changed, sequential=sequential)
    return _take(changed, text.decoder_settings, "decoder_settings")


def build_path(settings: PathSettings, headset: HeadsetInfo, profile: Profile | None) -> OnlinePath:
    """Build the online path of a session.

    Parameters
    ----------
    settings : PathSettings
        With those of the profile, where there is one.
    headset : HeadsetInfo
    profile : Profile or None

    Raises
    ------
    ConfigurationError
        When the headset is not the profile's, or the settings do not suit it.
    """
    if profile is not None:
        _check_headset(profile.text, headset)
    return OnlinePath(
        settings, headset.sampling_rate_hz, len(headset.channel_names), model_of(profile)
    )


def profile_of(session: SessionFile) -> Profile | None:
    """Return the profile that a recorded session ran with, None where it had none.

    Raises
    ------
    CalibrationError
        When it is damaged, or of another version.
    """
    packed = session.facts.get(PROFILE_FACT)
    return None if packed is None else unpack_profile(packed, f"the profile in {session.path}")


def _check_headset(text: ProfileText, headset: HeadsetInfo) -> None:
    montage = text.montage
    whose = f"the profile of subject {text.subject}"
    if montage.headset and headset.name and montage.headset != headset.name:
        raise ConfigurationError(
            f"{whose} was made with {montage.headset}, and this is {headset.name}: expected the "
            "same headset. Calibrate anew with this one."
        )
    if montage.sampling_rate_hz != headset.sampling_rate_hz:
        raise ConfigurationError(
            f"{whose} is for {montage.sampling_rate_hz:g} samples a second, and the headset gives "
            f"{headset.sampling_rate_hz:g}: expected the same. Set the headset's rate, or "
            "calibrate anew."
        )
    if montage.channels != headset.channel_names:
        raise ConfigurationError(
            f"{whose} is for the electrodes {', '.join(montage.channels)}, and the headset has "
            f"{', '.join(headset.channel_names)}: expected the same in the same order. Name them "
            'in [headset] channels of the configuration, "-" for one to leave out.'
        )


def _take(settings: _Settings, changes: dict[str, object], where: str) -> _Settings:
    table = msgspec.to_builtins(settings)
    unknown = sorted(changes.keys() - table.keys())
    if unknown:
        raise ConfigurationError(
            f"{where} of the profile has {', '.join(unknown)}, which this version does not know: "
            f"expected some of {', '.join(table)}. Calibrate again with this version."
        )
    try:
        return msgspec.convert(table | changes, type(settings))
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"{where} of the profile: {error}. Calibrate again with this version."
        ) from error


def _command(name: str) -> Command:
    if name not in COMMANDS:
        raise ConfigurationError(
            f"a target of the profile commands {name!r}: expected one of {', '.join(COMMANDS)}."
        )
    return COMMANDS[name]
