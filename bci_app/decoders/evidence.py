"""The best decoder for flicker of unknown phase: learned evidence, weighed by a choice model."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.choice_model import ChoiceModel, log_probabilities
from bci_app.decoders.estimator import Decoder, IntArray, check_fitted, score_in_batches
from bci_app.decoders.evidence_learning import LearnedLength, LearningWeights, learn_length
from bci_app.decoders.filter_bank import Bank, design_bank
from bci_app.decoders.observations import Observations, Observed, join_observed
from bci_app.decoders.references import FloatArray
from bci_app.decoders.response_likelihood import ResponseLikelihood
from bci_app.decoders.standardised import Standardised, standardise
from bci_app.decoders.sums import WindowSums, join_sums, sum_windows
from calibration.errors import CalibrationError

# A third sub-band costs half as much again and gains nothing that thirteen sessions would show.
_N_BANDS = 2
_N_HARMONICS = 3
# Training windows begin at the trial's first sample and at every half second after it.
_START_STEP_S = 0.5


class EvidenceDecoder(Decoder):
    """Log-likelihood ratios of a learned response, weighed by a conditional logit.

    For each target three kinds of evidence are computed in the window and in its last 80 % and
    60 %, which allow for a response that begins late:

    - the training-free filter-bank Wilks statistic
      (:class:`~bci_app.decoders.multiple_correlation.FilterBankWilks`);
    - the log-likelihood ratio of Gaussian amplitudes with the spatial covariance that the subject's
      response had in calibration (:meth:`ResponseLikelihood.energy_evidence`);
    - that of a template of complex amplitudes in which all harmonics share one unknown phase
      (:meth:`ResponseLikelihood.phase_evidence`): free-running LEDs have no fixed phase, but their
      harmonics are locked to each other.

    A conditional logit turns them into probabilities, with idle as the alternative of no evidence
    where idle windows were among those fitted. Spatial covariances are shrunk towards the mean over
    other subjects, whose own evidence (cross-validated, as the subject's is) also helps to fit the
    logit. With nothing from the subject, the others' mean covariance and logit serve alone; each
    trial given to :meth:`partial_fit` then counts. The idea of templates up to a phase follows
    Friman et al. (2007) and Nakanishi et al. (2015); the numbers were chosen by cross-validation
    over subjects.

    Parameters
    ----------
    frequencies_hz : tuple of float
        Frequency of each target.
    sampling_rate_hz : float
        Sampling rate of the windows.
    lengths_s : tuple of float
        Lengths of the windows that will be scored. Windows to fit may be longer, and gain by it.
    own_weighs : float
        Weight of one trial of the subject in the logit, one of another subject being 1.
    others_weigh : float
        Number of the subject's trials a target that the others' mean covariance counts for.
    ridge : float
        Penalty in the logit.
    shares : tuple of float
        Length of each nested window as a share of the window; the first is 1.
    flicker_hz : tuple of float, optional
        True frequency of each stimulus, where it is known better than by its name
        (:func:`~bci_app.decoders.flicker.measure_flicker`).
    """

    needs_calibration: ClassVar[bool] = True
    uses_other_subjects: ClassVar[bool] = True
    learns_from_whole_trials: ClassVar[bool] = True
    knows_idle: ClassVar[bool] = True

    def __init__(
        self,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        lengths_s: tuple[float, ...] = (2.0,),
        own_weighs: float = 6.0,
        others_weigh: float = 2.0,
        ridge: float = 0.1,
        shares: tuple[float, ...] = (1.0, 0.8, 0.6),
        flicker_hz: tuple[float, ...] | None = None,
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.lengths_s = lengths_s
        self.own_weighs = own_weighs
        self.others_weigh = others_weigh
        self.ridge = ridge
        self.shares = shares
        self.flicker_hz = flicker_hz

    def filter_bank(self) -> Bank:
        """Second-order sections of each sub-band."""
        return design_bank(self.frequencies_hz, self.sampling_rate_hz, _N_BANDS)

    def sum_frequencies_hz(self) -> tuple[float, ...]:
        """Frequencies of the Fourier sums that :meth:`score_sums` expects, target by target."""
        harmonics = range(1, self.n_harmonics + 1)
        return tuple(f * h for f in self._flicker_hz() for h in harmonics)

    def fit(
        self,
        windows_uv: FloatArray,
        labels: npt.ArrayLike,
        subjects: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn from labelled trials.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_trials, [n_bands,] n_channels, n_times)
            At least as long as the longest of `lengths_s`.
        labels : array-like of int, shape (n_trials,)
            Target, or `len(frequencies_hz)` for idle.
        subjects : array-like of int, shape (n_trials,), optional
            0 for the subject who will be decoded, other numbers for other people. All 0 by default.

        Raises
        ------
        CalibrationError
            When the trials are too short or too few.
        """
        labels = self._check_labelled(windows_uv, labels)
        if not len(labels):
            raise CalibrationError("0 calibration trials: expected at least 2 of each target.")
        observed = self.observe(windows_uv, labels)
        whose = np.zeros(len(labels)) if subjects is None else np.asarray(subjects)
        people = [observed.select(whose == person) for person in np.unique(whose)]
        if 0 in whose:
            return self.learn(people[:1], [[person] for person in people[1:]])
        return self.learn([], [[person] for person in people])

    def observe(self, windows_uv: FloatArray, labels: npt.ArrayLike) -> Observed:
        """Everything that :meth:`learn` needs to know of labelled trials, so that fits share it.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_trials, [n_bands,] n_channels, n_times)
            From the first sample that shows the response, at least as long as the longest window.
        labels : array-like of int, shape (n_trials,)

        Raises
        ------
        CalibrationError
            When the trials are too short.
        """
        checked = self._check_labelled(windows_uv, labels)
        bands = self._split(windows_uv)
        by_length = {n: self._observe(bands, checked, n) for n in self._lengths()}
        return Observed(by_length, bands.astype(np.float32), checked, self._flicker_hz())

    def learn(self, own: Sequence[Observed], others: Sequence[Sequence[Observed]]) -> Self:
        """Fit to observations.

        Parameters
        ----------
        own : sequence of Observed
            The subject's sessions; none for a decoder from other people's data alone.
        others : sequence of sequence of Observed
            Sessions of each other person.

        Raises
        ------
        CalibrationError
            When there are too few trials.
        """
        self.own_ = join_observed(own) if own else None
        self.others_ = [join_observed(person) for person in others]
        weights = LearningWeights(self.own_weighs, self.others_weigh, self.ridge)
        return self.restore(
            {
                n_times: learn_length(
                    self.own_.by_length[n_times] if self.own_ else None,
                    [person.by_length[n_times] for person in self.others_],
                    len(self.frequencies_hz),
                    weights,
                )
                for n_times in self._lengths()
            }
        )

    def restore(self, learned: Mapping[int, LearnedLength]) -> Self:
        """Take over what a decoder of the same parameters has learned.

        Parameters
        ----------
        learned : mapping of int to LearnedLength
            For each window length in samples.
        """
        self.learned_ = dict(learned)
        self._stacked: dict[tuple[int, ...], _Stacked] = {}
        return self

    def partial_fit(self, windows_uv: FloatArray, labels: npt.ArrayLike) -> Self:
        """Learn from more trials of the subject.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_trials, [n_bands,] n_channels, n_times)
            As long as those that were fitted.
        labels : array-like of int, shape (n_trials,)
        """
        check_fitted(self, "others_")
        before = [self.own_] if self.own_ else []
        observed = self.observe(windows_uv, labels)
        return self.learn([*before, observed], [[person] for person in self.others_])

    def score_windows(self, windows_uv: FloatArray) -> FloatArray:
        """Log-probability of each class in each window.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_windows, [n_bands,] n_channels, n_times)
            As long as one of `lengths_s`.

        Returns
        -------
        ndarray of float64, shape (n_windows, n_targets) or (n_windows, n_targets + 1)
            The last is idle, where it was among the fitted.
        """
        check_fitted(self, "learned_")
        return score_in_batches(self._score_batch, windows_uv)

    def _score_batch(self, windows_uv: FloatArray) -> FloatArray:
        sums = join_sums(self._nested_sums(self._split(windows_uv)))
        return self.score_sums(sums, np.arange(len(sums)).reshape(len(self.shares), -1))

    def score_sums(self, sums: WindowSums, nested: IntArray) -> FloatArray:
        """Log-probability of each class from sums at :meth:`sum_frequencies_hz`.

        Parameters
        ----------
        sums : WindowSums
            Distinct windows.
        nested : ndarray of int, shape (n_shares, n_windows)
            Which of `sums` is each share of each window to be scored.
        """
        check_fitted(self, "learned_")
        standardised = self._standardise(sums)
        stacked = self._stack(tuple(sums.n_times[window] for window in nested[0].tolist()))
        features = stacked.likelihood.features(
            standardised.amplitudes[nested], standardised.wilks[nested].mean(axis=0)
        )
        log_odds = (features @ stacked.weights)[..., 0] + stacked.offsets
        if stacked.idle is not None:
            idle = np.broadcast_to(stacked.idle, (len(log_odds), 1))
            log_odds = np.concatenate([log_odds, idle], axis=1)
        return log_probabilities(log_odds)

    def _stack(self, n_times: tuple[int, ...]) -> "_Stacked":
        """Put side by side what was learned for windows of these lengths."""
        lengths = n_times[:1] if len(set(n_times)) == 1 else n_times
        if lengths not in self._stacked:
            self._stacked[lengths] = _Stacked([self._learned_for(length) for length in lengths])
        return self._stacked[lengths]

    def _learned_for(self, n_times: int) -> LearnedLength:
        nearest = min(self.learned_, key=lambda fitted: abs(fitted - n_times))
        if abs(nearest - n_times) > 0.1 * nearest:
            fitted_s = ", ".join(f"{n / self.sampling_rate_hz:g}" for n in self.learned_)
            raise CalibrationError(
                f"a window of {n_times / self.sampling_rate_hz:g} s, but the decoder was fitted "
                f"for {fitted_s} s: expected one of those."
            )
        return self.learned_[nearest]

    def _lengths(self) -> list[int]:
        return [round(length_s * self.sampling_rate_hz) for length_s in self.lengths_s]

    def _flicker_hz(self) -> tuple[float, ...]:
        return self.frequencies_hz if self.flicker_hz is None else self.flicker_hz

    @property
    def n_harmonics(self) -> int:
        """Harmonics that every target has well below half the sampling rate."""
        present = 0.45 * self.sampling_rate_hz / max(self.frequencies_hz)
        return int(np.clip(present, 1, _N_HARMONICS))

    def _observe(self, bands: FloatArray, labels: IntArray, n_times: int) -> Observations:
        n_longest = bands.shape[-1]
        if n_longest < n_times:
            raise CalibrationError(
                f"calibration trials of {n_longest / self.sampling_rate_hz:g} s: expected at least "
                f"the {n_times / self.sampling_rate_hz:g} s of the windows to be scored."
            )
        step = max(1, round(_START_STEP_S * self.sampling_rate_hz))
        starts = range(0, n_longest - n_times + 1, step)
        amplitudes, wilks = [], []
        for start in starts:
            window = bands[..., start : start + n_times]
            nested = [self._standardise(sums) for sums in self._nested_sums(window)]
            amplitudes.append(np.stack([each.amplitudes for each in nested]))
            wilks.append(np.mean([each.wilks for each in nested], axis=0))
        return Observations(np.stack(amplitudes, axis=2), np.stack(wilks, axis=1), labels)

    def _standardise(self, sums: WindowSums) -> Standardised:
        return standardise(sums, self._flicker_hz(), self.sampling_rate_hz, self.n_harmonics)

    def _nested_sums(self, bands: FloatArray) -> list[WindowSums]:
        n_times = bands.shape[-1]
        return [
            sum_windows(
                bands[..., n_times - max(1, round(share * n_times)) :],
                self.sum_frequencies_hz(),
                self.sampling_rate_hz,
            )
            for share in self.shares
        ]


class _Stacked:
    """What was learned for several window lengths, or for one, side by side."""

    def __init__(self, learned: Sequence[LearnedLength]) -> None:
        choices: list[ChoiceModel] = [each.choice for each in learned]
        self.likelihood = ResponseLikelihood([each.response for each in learned])
        self.weights = np.stack([choice.weights for choice in choices])[..., np.newaxis]
        self.offsets = np.stack([choice.offsets for choice in choices])
        idle = [choice.idle for choice in choices if choice.idle is not None]
        self.idle = np.array(idle)[:, np.newaxis] if idle else None
