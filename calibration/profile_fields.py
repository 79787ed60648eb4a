"""What a profile says, field by field; unknown fields and values out of range are refused."""

from typing import Annotated, Any

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Label = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]+\Z", max_length=40)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the text: unknown fields are refused."""


class Montage(_Part, frozen=True):
    """What the signal was recorded with.

    Parameters
    ----------
    headset, reference : str
        Empty where it is not known.
    channels : tuple of str
        In the order of the decoder's weights.
    sampling_rate_hz : float
    """

    headset: str
    reference: str
    channels: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=256)]
    sampling_rate_hz: Positive


class Filters(_Part, frozen=True):
    """The causal filter before the decoder.

    Parameters
    ----------
    band_hz : tuple of float
    mains_hz : float or None
    """

    band_hz: tuple[Positive, Positive]
    mains_hz: Positive | None


class ProfileTarget(_Part, frozen=True):
    """A target and its command, in words."""

    frequency_hz: Positive
    command: str


class Expected(_Part, frozen=True):
    """What is expected of the next session, with a 90 % interval.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float


class OperatingPoint(_Part, frozen=True):
    """How sure the decision policy has to be, and what follows from it.

    Parameters
    ----------
    max_false_per_min : float
        False commands a minute that were accepted.
    policy : dict
        Settings of the policy, its threshold among them.
    expected_false_per_min : Expected
    expected_right : Expected
        Share of looks at a target that are answered rightly.
    expected_response_s : float or None
        Mean time from the onset to a right answer; None when none was right.
    """

    max_false_per_min: Positive
    policy: dict[str, Any]
    expected_false_per_min: Expected
    expected_right: Expected
    expected_response_s: NotNegative | None


class CandidateResult(_Part, frozen=True):
    """A decoder in the comparison.

    Parameters
    ----------
    decoder : str
    accuracy : float
        Over all classes, idle one of them, in trials that it had not seen.
    standard_error : float
    runs_online : bool
        Whether a session can run it.
    """

    decoder: str
    accuracy: Share
    standard_error: NotNegative
    runs_online: bool


class ElectrodeQuality(_Part, frozen=True):
    """An electrode at the time of the calibration.

    Parameters
    ----------
    electrode, grade, advice : str
    """

    electrode: str
    grade: str
    advice: str


class Source(_Part, frozen=True):
    """A recording that was learned from.

    Parameters
    ----------
    file : str
    sha256 : str
        Of its samples in µV, as they were read.
    n_trials, n_left_out : int
    began_at : str or None
    """

    file: str
    sha256: str
    n_trials: int
    n_left_out: int
    began_at: str | None


class Provenance(_Part, frozen=True):
    """Where the profile comes from.

    Parameters
    ----------
    made_at : str
        ISO 8601, with time zone.
    own, others : tuple of Source
    versions : dict
    seed : int
    """

    made_at: str
    own: tuple[Source, ...]
    others: tuple[Source, ...]
    versions: dict[str, str]
    seed: int


class ProfileText(_Part, frozen=True):
    """All of a profile but the weights.

    Parameters
    ----------
    subject, session : str
    montage : Montage
    filters : Filters
    targets : tuple of ProfileTarget
    decoder : str
    decoder_settings : dict
        What it is told beyond the weights, by name.
    operating_point : OperatingPoint
    compared : tuple of CandidateResult
    quality : tuple of ElectrodeQuality
    provenance : Provenance
    """

    subject: Label
    session: Label
    montage: Montage
    filters: Filters
    targets: Annotated[tuple[ProfileTarget, ...], msgspec.Meta(min_length=2, max_length=256)]
    decoder: str
    decoder_settings: dict[str, Any]
    operating_point: OperatingPoint
    compared: tuple[CandidateResult, ...]
    quality: tuple[ElectrodeQuality, ...]
    provenance: Provenance

    @property
    def frequencies_hz(self) -> tuple[float, ...]:
        """Frequency of each target."""
        return tuple(target.frequency_hz for target in self.targets)
