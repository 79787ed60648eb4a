"""What a calibration starts from: labelled recordings, and what is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from bci_app.evaluation.own_sessions import TrialPlan
from bci_app.evaluation.trials import TrialEvaluation
from bci_app.online.settings import Target
from bci_app.recordings.recording import Recording
from calibration.trials import Trial, label_trials
from devices.headset.source import HeadsetInfo


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

    def plan(self, sampling_rate_hz: float) -> TrialPlan:
        """Return what the trials have in common.

        Raises
        ------
        ConfigurationError
            When the settings cannot work.
        """
        frequencies_hz = tuple(target.frequency_hz for target in self.targets)
        classes = {str(k): frequency_hz for k, frequency_hz in enumerate(frequencies_hz)}
        evaluation = TrialEvaluation("cca", classes, band_hz=self.band_hz)
        band_hz = evaluation.band_for(sampling_rate_hz)
        return TrialPlan(frequencies_hz, self.trial_s, band_hz, self.mains_hz)
