"""Decoders held against each other: means with intervals, differences paired over subjects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from statistics import fmean

import numpy as np

from bci_app.evaluation.cells import Row

_EXACT_UP_TO = 14
_N_RANDOM = 1 << _EXACT_UP_TO


@dataclass(frozen=True, slots=True)
class CellSummary:
    """A decoder at a window length, over subjects.

    Parameters
    ----------
    decoder : str
    window_s : float
    n_subjects, n_recordings : int
    accuracy : float
        Mean over subjects of their mean over recordings.
    ci95 : tuple of float or None
        Its interval of Student's t over subjects; None for a single subject.
    itr_bits_per_min : float
        Mean over subjects.
    itr_ci95 : tuple of float or None
        Its interval, as of the accuracy.
    n_gapped : int
        Trials that were left out because samples are missing in them.
    """

    decoder: str
    window_s: float
    n_subjects: int
    n_recordings: int
    accuracy: float
    ci95: tuple[float, float] | None
    itr_bits_per_min: float
    itr_ci95: tuple[float, float] | None
    n_gapped: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two decoders on the same subjects at the same window length.

    Parameters
    ----------
    better, worse : str
    window_s : float
    n_subjects : int
    difference : float
        Mean difference in accuracy over subjects.
    p : float
        Of the sign-flip permutation test over subjects, two-sided.
    p_holm : float
        Corrected for all comparisons made (Holm).
    """

    better: str
    worse: str
    window_s: float
    n_subjects: int
    difference: float
    p: float
    p_holm: float


def summarise_cells(rows: Iterable[Row]) -> list[CellSummary]:
    """Summarise each decoder at each window length, in the order of their first rows."""
    cells: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.decoder, row.window_s), []).append(row)
    summaries = []
    for (decoder, window_s), members in cells.items():
        accuracies = list(by_subject(members).values())
        rates = list(by_subject(members, "itr_bits_per_min").values())
        summaries.append(
            CellSummary(
                decoder=decoder,
                window_s=window_s,
                n_subjects=len(accuracies),
                n_recordings=len(members),
                accuracy=fmean(accuracies),
                ci95=_t_interval(accuracies, highest=1.0),
                itr_bits_per_min=fmean(rates),
                itr_ci95=_t_interval(rates),
                n_gapped=sum(row.n_gapped for row in members),
            )
        )
    return summaries


def compare(rows: Sequence[Row], seed: int = 0) -> list[Comparison]:
    """Compare every two decoders at each window length, over the subjects that both have.

    Decoders that chose between different numbers of classes (one knows idle, the other does not)
    are not compared.
    """
    n_classes = {row.decoder: len(row.confusion) for row in rows}
    found = []
    for window_s in sorted({row.window_s for row in rows}):
        of_decoder = {
            name: by_subject([r for r in rows if r.decoder == name and r.window_s == window_s])
            for name in dict.fromkeys(row.decoder for row in rows)
        }
        for one, other in combinations(of_decoder, 2):
            shared = sorted(of_decoder[one].keys() & of_decoder[other].keys())
            if len(shared) < 2 or n_classes[one] != n_classes[other]:
                continue
            differences = np.array([of_decoder[one][s] - of_decoder[other][s] for s in shared])
            better, worse = (one, other) if differences.mean() >= 0 else (other, one)
            p = sign_flip_p(differences, seed)
            found.append((better, worse, window_s, len(shared), abs(differences.mean()), p))
    corrected = holm([entry[-1] for entry in found])
    return [
        Comparison(better, worse, window_s, n, float(difference), p, p_holm)
        for (better, worse, window_s, n, difference, p), p_holm in zip(
            found, corrected, strict=True
        )
    ]


def sign_flip_p(differences: "np.ndarray[tuple[int], np.dtype[np.float64]]", seed: int) -> float:
    """Return how often the mean difference is as far from 0 when signs are arbitrary.

    All sign patterns for up to 14 subjects, else random ones.
    """
    n = len(differences)
    if n <= _EXACT_UP_TO:
        signs = np.array(list(product((-1.0, 1.0), repeat=n)))
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(_N_RANDOM, n))
        signs[0] = 1.0
    means = np.abs(signs @ differences) / n
    return float((means >= abs(differences.mean()) - 1e-12).mean())


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected by Holm's step-down procedure."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, k in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[k]))
        corrected[k] = largest
    return corrected


def by_subject(rows: Iterable[Row], figure: str = "accuracy") -> dict[str, float]:
    """Return each subject's mean of a figure over their recordings."""
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(row.subject, []).append(getattr(row, figure))
    return {subject: fmean(some) for subject, some in values.items()}


def _t_interval(values: Sequence[float], highest: float = np.inf) -> tuple[float, float] | None:
    if len(values) < 2:
        return None
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    mean = fmean(values)
    return max(0.0, mean - float(half)), min(highest, mean + float(half))
