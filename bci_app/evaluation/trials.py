"""Accuracy of a decoder in the labelled trials of recordings, filtered as they would be live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bci_app.decoders import make_decoder
from bci_app.decoders.references import check_targets
from bci_app.errors import ConfigurationError
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.recordings.recording import Recording
from calibration.metrics import itr_bits_per_min, wilson_interval
from calibration.trials import cut_windows, label_trials


@dataclass(frozen=True, slots=True)
class TrialEvaluation:
    """What is evaluated.

    Parameters
    ----------
    decoder : str
        A name in :data:`bci_app.decoders.DECODERS`.
    classes : mapping of str to float or None
        Target frequency of each event code, None for idle.
    start_s, window_s : float
        The window, from the onset of a trial.
    n_harmonics : int
        Harmonics in the references.
    band_hz : tuple of float
        Pass band of the causal filter.
    mains_hz : float or None
        Mains frequency to notch.
    """

    decoder: str
    classes: Mapping[str, float | None]
    start_s: float = 0.5
    window_s: float = 2.0
    n_harmonics: int = 5
    band_hz: tuple[float, float] = (6.0, 80.0)
    mains_hz: float | None = 50.0

    def __post_init__(self) -> None:
        if len(self.frequencies_hz) < 2:
            raise ConfigurationError(
                f"{len(self.frequencies_hz)} target among the classes: expected at least 2 "
                "frequencies to choose between, such as 2=13,4=17,3=21."
            )
        if self.start_s < 0 or self.window_s <= 0:
            raise ConfigurationError(
                f"a window of {self.window_s:g} s from {self.start_s:g} s after onset: expected a "
                "positive length and a start that is not before the onset."
            )

    @property
    def frequencies_hz(self) -> tuple[float, ...]:
        """The targets, each once, ascending."""
        return tuple(sorted({f for f in self.classes.values() if f is not None}))


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """Trials decoded in one recording; idle trials have no right answer here and are left out."""

    recording: str
    n_trials: int
    n_right: int

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.n_right / self.n_trials


def evaluate_recording(recording: Recording, evaluation: TrialEvaluation) -> RecordingResult:
    """Decode one window in each target trial of a recording.

    Raises
    ------
    CalibrationError
        When a code never occurs or a window is not whole.
    ConfigurationError
        When the targets or the band do not suit the sampling rate.
    """
    rate_hz = recording.sampling_rate_hz
    frequencies_hz = evaluation.frequencies_hz
    check_targets(frequencies_hz, rate_hz, evaluation.window_s, evaluation.n_harmonics)
    markers = [(marker.index, marker.code) for marker in recording.markers]
    trials = [
        trial
        for trial in label_trials(markers, evaluation.classes)
        if trial.frequency_hz is not None
    ]
    causal_filter = CausalFilter(design_filter(rate_hz, evaluation.band_hz, evaluation.mains_hz))
    windows = cut_windows(
        causal_filter.process(recording.samples_uv),
        [trial.onset_index for trial in trials],
        round(evaluation.start_s * rate_hz),
        round(evaluation.window_s * rate_hz),
    )
    decoder = make_decoder(
        evaluation.decoder, frequencies_hz, rate_hz, n_harmonics=evaluation.n_harmonics
    )
    truth = np.array([frequencies_hz.index(trial.frequency_hz) for trial in trials])
    n_right = int((decoder.predict(windows) == truth).sum())
    return RecordingResult(recording.name, len(trials), n_right)


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """Figures over all recordings.

    Parameters
    ----------
    decoder : str
    n_harmonics : int
    targets_hz : tuple of float
    start_s, window_s : float
        The window, from the onset of a trial.
    n_recordings, n_trials : int
    accuracy : float
        Mean over recordings.
    accuracy_sd : float or None
        Standard deviation over recordings; None for a single one.
    pooled_accuracy_ci95 : tuple of float
        Wilson's interval of the share of right answers in all trials together.
    itr_bits_per_min : float
        At the mean accuracy, a selection taking `start_s` + `window_s`.
    per_recording : tuple of dict
        `recording`, `accuracy` and `n_trials` of each.
    """

    decoder: str
    n_harmonics: int
    targets_hz: tuple[float, ...]
    start_s: float
    window_s: float
    n_recordings: int
    n_trials: int
    accuracy: float
    accuracy_sd: float | None
    pooled_accuracy_ci95: tuple[float, float]
    itr_bits_per_min: float
    per_recording: tuple[dict[str, str | float | int], ...]


def summarise(results: Sequence[RecordingResult], evaluation: TrialEvaluation) -> EvaluationSummary:
    """Put the results of at least one recording into figures."""
    accuracies = [result.accuracy for result in results]
    accuracy = float(np.mean(accuracies))
    n_trials = sum(result.n_trials for result in results)
    return EvaluationSummary(
        decoder=evaluation.decoder,
        n_harmonics=evaluation.n_harmonics,
        targets_hz=evaluation.frequencies_hz,
        start_s=evaluation.start_s,
        window_s=evaluation.window_s,
        n_recordings=len(results),
        n_trials=n_trials,
        accuracy=accuracy,
        accuracy_sd=float(np.std(accuracies, ddof=1)) if len(results) > 1 else None,
        pooled_accuracy_ci95=wilson_interval(sum(result.n_right for result in results), n_trials),
        itr_bits_per_min=itr_bits_per_min(
            accuracy, len(evaluation.frequencies_hz), evaluation.start_s + evaluation.window_s
        ),
        per_recording=tuple(
            {
                "recording": result.recording,
                "accuracy": result.accuracy,
                "n_trials": result.n_trials,
            }
            for result in results
        ),
    )
