"""Whose trials a decoder learns from before it is scored on a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bci_app.decoders.estimator import Decoder
from bci_app.evaluation.trials import LabelledTrials, TrialEvaluation
from calibration.errors import CalibrationError
from calibration.metrics import itr_bits_per_min, wilson_interval


class Scheme(StrEnum):
    """Whose labelled trials a decoder has seen; never those of the recording it is scored on."""

    UNCALIBRATED = "uncalibrated"
    CALIBRATED = "calibrated"  # the subject's other sessions; others' too, where the decoder can
    TRANSFER = "transfer"  # other subjects only


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """Trials decoded in one recording.

    Parameters
    ----------
    recording : str
    confusion : tuple of tuple of int
        Row k, column m: trials of class k that were taken for class m. Idle comes last where it is
        a class, else its trials are left out.
    n_gapped : int
        Trials that were left out because samples are missing in them.
    """

    recording: str
    confusion: tuple[tuple[int, ...], ...]
    n_gapped: int = 0

    @property
    def n_trials(self) -> int:
        """Trials that were decoded."""
        return sum(map(sum, self.confusion))

    @property
    def n_right(self) -> int:
        """Those whose answer was right."""
        return sum(row[k] for k, row in enumerate(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.n_right / self.n_trials


def evaluate_recording(
    scored: LabelledTrials,
    pool: Sequence[LabelledTrials],
    evaluation: TrialEvaluation,
    scheme: Scheme,
) -> RecordingResult:
    """Decode one window in each trial of a recording.

    Parameters
    ----------
    scored : LabelledTrials
        The recording whose trials are decoded.
    pool : sequence of LabelledTrials
        All recordings; which of them the decoder learns from is the scheme's affair. A recording
        with the same samples as the scored one is never among them, whoever's folder it is in.
    evaluation : TrialEvaluation
    scheme : Scheme

    Raises
    ------
    CalibrationError
        When there is nothing to learn from, or not enough.
    """
    decoder = evaluation.make_decoder(scored.sampling_rate_hz)
    if scheme is not Scheme.UNCALIBRATED:
        _fit(decoder, scored, pool, scheme)
    answers = decoder.predict(scored.windows_uv)
    n_classes = len(evaluation.frequencies_hz) + evaluation.has_idle
    confusion = np.zeros((n_classes, n_classes), dtype=np.intp)
    np.add.at(confusion, (scored.labels, answers), 1)
    return RecordingResult(
        scored.recording, tuple(map(tuple, confusion.tolist())), n_gapped=scored.n_gapped
    )


def _fit(
    decoder: Decoder, scored: LabelledTrials, pool: Sequence[LabelledTrials], scheme: Scheme
) -> None:
    usable = [trials for trials in pool if trials.fits(scored)]
    own = [trials for trials in usable if trials.subject == scored.subject]
    others = [trials for trials in usable if trials.subject != scored.subject]
    if scheme is Scheme.CALIBRATED and not own:
        raise CalibrationError(
            f"{scored.recording} is the only session in its folder with these channels and this "
            "sampling rate: expected at least one more of the subject's to calibrate on."
        )
    if scheme is Scheme.TRANSFER and not others:
        raise CalibrationError(
            f"no other subject's recording has the channels and the sampling rate of "
            f"{scored.recording}: expected at least one, in a folder of its own."
        )
    if scheme is Scheme.TRANSFER:
        own = []
    if not decoder.uses_other_subjects and own:
        others = []
    learned = [*own, *others]
    attribute = "whole_uv" if decoder.learns_from_whole_trials else "windows_uv"
    n_shortest = min(getattr(trials, attribute).shape[-1] for trials in learned)
    windows_uv = np.concatenate([getattr(t, attribute)[..., :n_shortest] for t in learned])
    labels = np.concatenate([trials.labels for trials in learned])
    if decoder.uses_other_subjects:
        folders = sorted({trials.subject for trials in others})
        numbers = [0] * len(own) + [1 + folders.index(trials.subject) for trials in others]
        subjects = np.repeat(numbers, [len(trials.labels) for trials in learned])
        decoder.fit(windows_uv, labels, subjects=subjects)
    else:
        decoder.fit(windows_uv, labels)


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """Figures over all recordings.

    Parameters
    ----------
    decoder : str
    scheme : str
        Whose trials the decoder had seen.
    n_harmonics : int or None
        Harmonics in the references, None for the decoder's own number.
    targets_hz : tuple of float
    idle_is_a_class : bool
        Whether idle trials were decoded too.
    start_s, window_s : float
        The window, from the onset of a trial.
    n_recordings, n_trials : int
    n_gapped : int
        Trials that were left out because samples are missing in them.
    accuracy : float
        Mean over recordings.
    accuracy_sd : float or None
        Standard deviation over recordings; None for a single one.
    pooled_accuracy_ci95 : tuple of float
        Wilson's interval of the share of right answers in all trials together.
    itr_bits_per_min : float
        At the mean accuracy, a selection taking `start_s` + `window_s`.
    per_recording : tuple of dict
        `recording`, `accuracy`, `n_trials` and `n_gapped` of each.
    """

    decoder: str
    scheme: str
    n_harmonics: int | None
    targets_hz: tuple[float, ...]
    idle_is_a_class: bool
    start_s: float
    window_s: float
    n_recordings: int
    n_trials: int
    n_gapped: int
    accuracy: float
    accuracy_sd: float | None
    pooled_accuracy_ci95: tuple[float, float]
    itr_bits_per_min: float
    per_recording: tuple[dict[str, str | float | int], ...]


def summarise(
    results: Sequence[RecordingResult], evaluation: TrialEvaluation, scheme: Scheme
) -> EvaluationSummary:
    """Put the results of at least one recording into figures."""
    accuracies = [result.accuracy for result in results]
    accuracy = float(np.mean(accuracies))
    n_trials = sum(result.n_trials for result in results)
    return EvaluationSummary(
        decoder=evaluation.decoder,
        scheme=str(scheme),
        n_harmonics=evaluation.n_harmonics,
        targets_hz=evaluation.frequencies_hz,
        idle_is_a_class=evaluation.has_idle,
        start_s=evaluation.start_s,
        window_s=evaluation.window_s,
        n_recordings=len(results),
        n_trials=n_trials,
        n_gapped=sum(result.n_gapped for result in results),
        accuracy=accuracy,
        accuracy_sd=float(np.std(accuracies, ddof=1)) if len(results) > 1 else None,
        pooled_accuracy_ci95=wilson_interval(sum(result.n_right for result in results), n_trials),
        itr_bits_per_min=itr_bits_per_min(
            accuracy,
            len(evaluation.frequencies_hz) + evaluation.has_idle,
            evaluation.start_s + evaluation.window_s,
        ),
        per_recording=tuple(
            {
                "recording": result.recording,
                "accuracy": result.accuracy,
                "n_trials": result.n_trials,
                "n_gapped": result.n_gapped,
            }
            for result in results
        ),
    )
