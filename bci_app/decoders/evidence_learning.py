"""How the evidence decoder learns one window length from a subject's trials and other people's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bci_app.decoders.choice_model import ChoiceModel, fit_choice_model
from bci_app.decoders.estimator import IntArray
from bci_app.decoders.observations import Observations, evidence_features, folds_of
from bci_app.decoders.references import FloatArray
from bci_app.decoders.response_model import (
    Energies,
    ResponseModel,
    fit_response_model,
    pool_energies,
)
from calibration.errors import CalibrationError

# Of the windows of a trial, the one that lies where the scored window will lie counts for more.
_FIRST_START_WEIGHS = 4.0
# With so many trials a target a subject has a phase template of their own.
_TRIALS_FOR_TEMPLATE = 4


@dataclass(frozen=True, slots=True)
class LearnedLength:
    """What is learned for one window length."""

    response: ResponseModel
    choice: ChoiceModel


@dataclass(frozen=True, slots=True)
class LearningWeights:
    """How much a subject's own trials count beside other people's.

    Parameters
    ----------
    own : float
        Weight of one trial of the subject in the logit, one of another subject being 1.
    others : float
        Number of the subject's trials a target that the others' mean covariance counts for.
    ridge : float
        Penalty in the logit.
    """

    own: float
    others: float
    ridge: float


@dataclass(frozen=True, slots=True)
class _Case:
    """A person's features, each trial under a model fitted without it, for the logit."""

    features: FloatArray
    labels: IntArray
    weight: float


def learn_length(
    own: Observations | None,
    others: Sequence[Observations],
    n_targets: int,
    weights: LearningWeights,
) -> LearnedLength:
    """Learn the response and the logit from windows of one length.

    Parameters
    ----------
    own : Observations or None
        The subject's.
    others : sequence of Observations
        Each other person's.
    n_targets : int
    weights : LearningWeights

    Raises
    ------
    CalibrationError
        When there is too little to learn from.
    """
    least = own.least_trials(n_targets) if own else 0
    if not others and least < 2:
        raise CalibrationError(
            f"{least} calibration trials of one target: expected at least 2 of each. "
            "Record more, or use other subjects' data too."
        )
    with_template = least >= (_TRIALS_FOR_TEMPLATE if others else 2)
    population = [seen.energies() for seen in others]
    cases = [
        _Case(
            _features_of_other(
                seen, [*population[:k], *population[k + 1 :]], with_template, weights
            ),
            seen.labels,
            1.0,
        )
        for k, seen in enumerate(others)
    ]
    if own is not None and (least >= 2 or others):
        features = _cross_validate(own, population, with_template, weights)
        cases.append(_Case(features, own.labels, weights.own))
    deciding = [own] if own is not None and least else others
    has_idle = any((seen.labels == n_targets).any() for seen in deciding)
    choice = _fit_choice(cases, n_targets + has_idle, weights.ridge)
    energies = pool_energies(own.energies() if own else None, population, weights.others)
    if own is None or not with_template:
        return LearnedLength(fit_response_model(energies, None, None), choice)
    return LearnedLength(fit_response_model(energies, own.amplitudes[0], own.labels), choice)


def _features_of_other(
    seen: Observations, rest: list[Energies], with_template: bool, weights: LearningWeights
) -> FloatArray:
    """Features of another person's trials, found as the subject's will be."""
    if with_template or not rest:
        return _cross_validate(seen, rest, with_template, weights)
    model = fit_response_model(pool_energies(None, rest, 0.0), None, None)
    return evidence_features(model, seen.amplitudes, seen.wilks)


def _cross_validate(
    seen: Observations, population: list[Energies], with_template: bool, weights: LearningWeights
) -> FloatArray:
    """Features of each trial under a model that was fitted without it."""
    folds = folds_of(seen.labels)
    found_in: list[FloatArray] = []
    order: list[IntArray] = []
    for fold in np.unique(folds):
        held, kept = seen.select(folds == fold), seen.select(folds != fold)
        own = kept.energies() if len(kept.labels) else None
        energies = pool_energies(own, population, weights.others)
        model = (
            fit_response_model(energies, kept.amplitudes[0], kept.labels)
            if with_template
            else fit_response_model(energies, None, None)
        )
        found_in.append(evidence_features(model, held.amplitudes, held.wilks))
        order.append(np.flatnonzero(folds == fold))
    return np.concatenate(found_in)[np.argsort(np.concatenate(order))]


def _fit_choice(cases: Sequence[_Case], n_classes: int, ridge: float) -> ChoiceModel:
    features, labels, case_weights = [], [], []
    for case in cases:
        used = case.labels < n_classes
        n_starts = case.features.shape[1]
        by_start = np.ones(n_starts)
        by_start[0] = _FIRST_START_WEIGHS
        by_start *= case.weight / by_start.sum()
        features.append(case.features[used].reshape(-1, *case.features.shape[2:]))
        labels.append(np.repeat(case.labels[used], n_starts))
        case_weights.append(np.tile(by_start, used.sum()))
    return fit_choice_model(
        np.concatenate(features), np.concatenate(labels), np.concatenate(case_weights), ridge
    )
