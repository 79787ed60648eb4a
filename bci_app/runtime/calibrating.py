"""From labelled recordings to a subject's profile: what `calibrate` does once the trials are there.

The guided calibration and `calibrate --from` both end here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bci_app.online.settings import Target
from bci_app.recordings.recording import Recording
from calibration.profile import Profile
from calibration.trials import Trial, label_trials
from devices.headset.source import HeadsetInfo

Progress = Callable[[str, float], None]
"""Called with what is being done, and the share of all that is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class LabelledRecording:
    """A recording whose trials are known.

    Parameters
    ----------
    recording : Recording
    classes : mapping of str to float or None
        Target frequency in Hz of each event code, None for idle.
    headset : HeadsetInfo or None
        What recorded it, where that is known.
    """

    recording: Recording
    classes: Mapping[str, float | None]
    headset: HeadsetInfo | None = None

    def trials(self) -> list[Trial]:
        """Return the trials in order of time.

        Raises
        ------
        CalibrationError
            When a code of `classes` never occurs.
        """
        markers = [(marker.index, marker.code) for marker in self.recording.markers]
        return label_trials(markers, self.classes)


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What is to be fitted.

    Parameters
    ----------
    subject : str
        Letters and digits, as BIDS has it: `01`, not a name.
    targets : tuple of Target
        In the order in which the profile numbers them; their frequencies are those of the classes.
    max_false_per_min : float
        False commands a minute that are accepted.
    session : str
        Letters and digits; empty for the next free number in the folder.
    trial_s : float
        How long the flicker lasts after an onset.
    band_hz : tuple of float or None
        Pass band; None for 6 to 80 Hz, as far as targets and sampling rate allow.
    mains_hz : float or None
        Mains frequency to notch; None for none.
    seed : int
        Of everything that is drawn at random.
    """

    subject: str
    targets: tuple[Target, ...]
    max_false_per_min: float = 0.5
    session: str = ""
    trial_s: float = 5.0
    band_hz: tuple[float, float] | None = None
    mains_hz: float | None = 50.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted subject.

    Parameters
    ----------
    profile : Profile
    figures : Figures
        All that the report shows, as numbers.
    """

    profile: Profile
    figures: object = field(repr=False)

    def save(self, folder: Path) -> Path:
        """Write profile and report to `folder`/sub-X/ses-Y; return the path of the profile."""
        raise NotImplementedError

    def write_report(self, path: Path) -> None:
        """Write the report as one HTML file that needs nothing else."""
        raise NotImplementedError


def fit_subject(
    own: Sequence[LabelledRecording],
    others: Sequence[Sequence[LabelledRecording]],
    request: FitRequest,
    progress: Progress | None = None,
) -> Calibration:
    """Compare decoders, fit the chosen one, set its operating point and foretell what it will do.

    No figure comes from trials that the decoder or the threshold had seen: with two sessions or
    more each is left out in turn, with a single one groups of whole trials are.

    Parameters
    ----------
    own : sequence of LabelledRecording
        The subject's sessions, at least one, with the same channels and sampling rate.
    others : sequence of sequence of LabelledRecording
        Sessions of each other person, to learn from; those with other channels, another sampling
        rate or the samples of one of the subject's are left out, and named in the figures.
    request : FitRequest
    progress : callable, optional

    Returns
    -------
    Calibration

    Raises
    ------
    CalibrationError
        When there are too few trials, a class is missing, or an electrode is dead: it says which.
    ConfigurationError
        When targets, band or trial length do not suit the recordings.
    """
    raise NotImplementedError
