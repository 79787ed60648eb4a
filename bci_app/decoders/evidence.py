"""The best decoder for flicker of unknown phase: learned evidence, weighed by a choice model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.choice_model import ChoiceModel, fit_choice_model
from bci_app.decoders.correlations import shared_variance_of_products
from bci_app.decoders.estimator import Decoder, IntArray, check_fitted
from bci_app.decoders.filter_bank import Bank, band_weights, design_bank
from bci_app.decoders.multiple_correlation import wilks_statistic
from bci_app.decoders.observations import Observations, evidence_features, folds_of
from bci_app.decoders.references import FloatArray
from bci_app.decoders.response_model import (
    Energies,
    ResponseModel,
    fit_response_model,
    pool_energies,
    standardised_amplitudes,
)
from bci_app.decoders.sums import (
    ComplexArray,
    WindowSums,
    cross_of_fourier,
    sum_windows,
    triangles_of_windows,
)
from calibration.errors import CalibrationError

__all__ = ["EvidenceDecoder", "Observations"]

_N_BANDS = 3
_N_HARMONICS = 3
_N_WILKS_HARMONICS = 2
# Training windows begin at the trial's first sample and at every half second after it; those that
# lie where the scored window will lie count for more.
_START_STEP_S = 0.5
_FIRST_START_WEIGHS = 4.0
# With so many trials a target a subject has a phase template of their own.
_TRIALS_FOR_TEMPLATE = 4


@dataclass(frozen=True, slots=True)
class LearnedLength:
    """What is learned for one window length."""

    response: ResponseModel
    choice: ChoiceModel


class EvidenceDecoder(Decoder):
    """Log-likelihood ratios of a learned response, weighed by a conditional logit.

    For each target three kinds of evidence are computed in the window and in its last 80 % and
    60 %, which allow for a response that begins late:

    - the training-free filter-bank Wilks statistic
      (:class:`~bci_app.decoders.multiple_correlation.FilterBankWilks`);
    - the log-likelihood ratio of Gaussian amplitudes with the spatial covariance that the subject's
      response had in calibration (:meth:`ResponseModel.energy_evidence`);
    - that of a template of complex amplitudes in which all harmonics share one unknown phase
      (:meth:`ResponseModel.phase_evidence`): free-running LEDs have no fixed phase, but their
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
    ) -> None:
        super().__init__(frequencies_hz, sampling_rate_hz)
        self.lengths_s = lengths_s
        self.own_weighs = own_weighs
        self.others_weigh = others_weigh
        self.ridge = ridge
        self.shares = shares

    def filter_bank(self) -> Bank:
        """Second-order sections of each sub-band."""
        return design_bank(self.frequencies_hz, self.sampling_rate_hz, _N_BANDS)

    def sum_frequencies_hz(self) -> tuple[float, ...]:
        """Frequencies of the Fourier sums that :meth:`score_sums` expects, target by target."""
        harmonics = range(1, self._n_harmonics() + 1)
        return tuple(f * h for f in self.frequencies_hz for h in harmonics)

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
        checked = self._check_labelled(windows_uv, labels)
        if not len(checked):
            raise CalibrationError("0 calibration trials: expected at least 2 of each target.")
        whose = np.zeros(len(checked), dtype=np.intp)
        if subjects is not None:
            whose = np.asarray(subjects, dtype=np.intp)
        bands = self._split(windows_uv)
        self.own_: dict[int, Observations | None] = {}
        self.others_: dict[int, list[Observations]] = {}
        for n_times in self._lengths():
            seen = self._observe(bands, checked, n_times)
            self.own_[n_times] = seen.select(whose == 0) if (whose == 0).any() else None
            self.others_[n_times] = [seen.select(whose == k) for k in np.unique(whose[whose != 0])]
        return self._learn()

    def partial_fit(self, windows_uv: FloatArray, labels: npt.ArrayLike) -> Self:
        """Learn from more trials of the subject.

        Parameters
        ----------
        windows_uv : ndarray of float64, shape (n_trials, [n_bands,] n_channels, n_times)
            As long as those that were fitted.
        labels : array-like of int, shape (n_trials,)
        """
        check_fitted(self, "own_")
        checked = self._check_labelled(windows_uv, labels)
        bands = self._split(windows_uv)
        for n_times in self._lengths():
            seen, before = self._observe(bands, checked, n_times), self.own_[n_times]
            self.own_[n_times] = seen if before is None else before.join(seen)
        return self._learn()

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
        bands = self._split(windows_uv)
        return self.score_sums(self._nested_sums(bands))

    def score_sums(self, nested: Sequence[WindowSums]) -> FloatArray:
        """Log-probability of each class from sums at :meth:`sum_frequencies_hz`.

        Parameters
        ----------
        nested : sequence of WindowSums
            One for each of `shares`.
        """
        check_fitted(self, "learned_")
        amplitudes = np.stack([self._amplitudes(sums) for sums in nested])
        wilks = self._wilks(nested)
        n_times = np.array(nested[0].n_times)
        found = []
        for length in sorted(set(nested[0].n_times)):
            learned, of_length = self._learned_for(length), n_times == length
            features = evidence_features(
                learned.response, amplitudes[:, of_length], wilks[of_length]
            )
            found.append((np.flatnonzero(of_length), learned.choice.log_probabilities(features)))
        order = np.argsort(np.concatenate([windows for windows, _ in found]))
        return np.concatenate([scores for _, scores in found])[order]

    def _learned_for(self, n_times: int) -> LearnedLength:
        nearest = min(self.learned_, key=lambda fitted: abs(fitted - n_times))
        if abs(nearest - n_times) > 0.1 * nearest:
            fitted_s = ", ".join(f"{n / self.sampling_rate_hz:g}" for n in self.learned_)
            raise CalibrationError(
                f"a window of {n_times / self.sampling_rate_hz:g} s, but the decoder was fitted "
                f"for {fitted_s} s: expected one of those."
            )
        return self.learned_[nearest]

    def _learn(self) -> Self:
        self.learned_: dict[int, LearnedLength] = {}
        n_targets = len(self.frequencies_hz)
        for n_times, own in self.own_.items():
            others = self.others_[n_times]
            least = own.least_trials(n_targets) if own else 0
            if not others and least < 2:
                raise CalibrationError(
                    f"{least} calibration trials of one target: expected at least 2 of each. "
                    "Record more, or use other subjects' data too."
                )
            self.learned_[n_times] = self._learn_length(own, others, least)
        return self

    def _learn_length(
        self, own: Observations | None, others: list[Observations], least: int
    ) -> LearnedLength:
        n_targets = len(self.frequencies_hz)
        with_template = least >= (_TRIALS_FOR_TEMPLATE if others else 2)
        cases = []
        for k, other in enumerate(others):
            rest = [seen.energies() for j, seen in enumerate(others) if j != k]
            if with_template:
                cases.append((self._cross_validate(other, rest, with_template=True), other, 1.0))
            elif rest:
                model = fit_response_model(pool_energies(None, rest, 0.0), None, None)
                cases.append((evidence_features(model, other.amplitudes, other.wilks), other, 1.0))
            else:
                cases.append((self._cross_validate(other, [], with_template=False), other, 1.0))
        population = [seen.energies() for seen in others]
        if own is not None and (least >= 2 or others):
            features = self._cross_validate(own, population, with_template)
            cases.append((features, own, self.own_weighs))
        deciding = own if own is not None and least else None
        has_idle = any(
            (seen.labels == n_targets).any() for seen in ([deciding] if deciding else others)
        )
        choice = self._fit_choice(cases, has_idle=has_idle)
        energies = pool_energies(own.energies() if own else None, population, self.others_weigh)
        if own is not None and with_template:
            return LearnedLength(
                fit_response_model(energies, own.amplitudes[0], own.labels), choice
            )
        return LearnedLength(fit_response_model(energies, None, None), choice)

    def _cross_validate(
        self, seen: Observations, population: list[Energies], with_template: bool
    ) -> FloatArray:
        """Features of each trial under a model that was fitted without it."""
        folds = folds_of(seen.labels)
        found_in: list[FloatArray] = []
        order: list[IntArray] = []
        for fold in np.unique(folds):
            held, kept = seen.select(folds == fold), seen.select(folds != fold)
            own = kept.energies() if len(kept.labels) else None
            energies = pool_energies(own, population, self.others_weigh)
            model = (
                fit_response_model(energies, kept.amplitudes[0], kept.labels)
                if with_template
                else fit_response_model(energies, None, None)
            )
            found_in.append(evidence_features(model, held.amplitudes, held.wilks))
            order.append(np.flatnonzero(folds == fold))
        return np.concatenate(found_in)[np.argsort(np.concatenate(order))]

    def _fit_choice(
        self, cases: list[tuple[FloatArray, Observations, float]], *, has_idle: bool
    ) -> ChoiceModel:
        n_targets = len(self.frequencies_hz)
        features, labels, weights = [], [], []
        for found, seen, weight in cases:
            used = seen.labels < n_targets + has_idle
            n_starts = found.shape[1]
            by_start = np.ones(n_starts)
            by_start[0] = _FIRST_START_WEIGHS
            by_start *= weight / by_start.sum()
            features.append(found[used].reshape(-1, *found.shape[2:]))
            labels.append(np.repeat(seen.labels[used], n_starts))
            weights.append(np.tile(by_start, used.sum()))
        return fit_choice_model(
            np.concatenate(features), np.concatenate(labels), np.concatenate(weights), self.ridge
        )

    def _lengths(self) -> list[int]:
        return [round(length_s * self.sampling_rate_hz) for length_s in self.lengths_s]

    def _n_harmonics(self) -> int:
        """Harmonics that every target has well below half the sampling rate."""
        present = 0.45 * self.sampling_rate_hz / max(self.frequencies_hz)
        return int(np.clip(present, 1, _N_HARMONICS))

    def _observe(self, bands: FloatArray, labels: IntArray, n_times: int) -> Observations:
        n_trials, n_longest = len(bands), bands.shape[-1]
        if n_longest < n_times:
            raise CalibrationError(
                f"calibration trials of {n_longest / self.sampling_rate_hz:g} s: expected at least "
                f"the {n_times / self.sampling_rate_hz:g} s of the windows to be scored."
            )
        step = max(1, round(_START_STEP_S * self.sampling_rate_hz))
        starts = range(0, n_longest - n_times + 1, step)
        amplitudes, wilks = [], []
        for start in starts:
            nested = self._nested_sums(bands[..., start : start + n_times])
            amplitudes.append(np.stack([self._amplitudes(sums) for sums in nested]))
            wilks.append(self._wilks(nested))
        return Observations(
            np.stack(amplitudes, axis=2),
            np.stack(wilks, axis=1).reshape(n_trials, -1, len(self.frequencies_hz)),
            labels,
        )

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

    def _amplitudes(self, sums: WindowSums) -> ComplexArray:
        return standardised_amplitudes(sums, len(self.frequencies_hz), self._n_harmonics())

    def _wilks(self, nested: Sequence[WindowSums]) -> FloatArray:
        n_targets, n_harmonics = len(self.frequencies_hz), self._n_harmonics()
        n_used = min(_N_WILKS_HARMONICS, n_harmonics)
        statistics = []
        for sums in nested:
            triangles = triangles_of_windows(
                self.frequencies_hz, sums.n_times, self.sampling_rate_hz, n_used
            )
            fourier = sums.fourier.reshape(*sums.fourier.shape[:3], n_targets, n_harmonics)
            cross = cross_of_fourier(fourier[..., :n_used], triangles)
            gram = shared_variance_of_products(sums.covariance, cross, n_targets)
            statistics.append(wilks_statistic(gram))
        mean = np.mean(statistics, axis=0)
        return np.asarray(np.einsum("b,nbk->nk", band_weights(mean.shape[1]), mean))
