"""Blocks summed up over some seconds, and set against each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.quality.features import MAINS_HZ, Block, BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of some seconds: medians over blocks, so that a blink does not count.

    Parameters
    ----------
    mean_uv, spread_uv, fast_uv : ndarray of float64, shape (n_channels,)
        As in `Block`.
    mains_hz : float
        The mains frequency that is the louder of the two.
    mains_uv : ndarray of float64
        Amplitude there.
    drift_uv_per_s : ndarray of float64
    latest_uv : ndarray of float64
        `spread_uv` of the last block alone.
    still, clipped : ndarray of bool
        Of the last block: no signal of a head is ever so, not even once.
    likeness : ndarray of float64
        Highest correlation with a neighbour; not a number without neighbours.
    bridged_with : tuple of (int or None)
        The electrode whose signal is the same.
    """

    mean_uv: FloatArray
    spread_uv: FloatArray
    fast_uv: FloatArray
    mains_hz: float
    mains_uv: FloatArray
    drift_uv_per_s: FloatArray
    latest_uv: FloatArray
    still: BoolArray
    clipped: BoolArray
    likeness: FloatArray
    bridged_with: tuple[int | None, ...]


# Two electrodes joined by gel differ by the amplifier's noise; free ones, however close, by more.
# (In the twelve recordings of real heads at hand the closest pair differs by 1.9 µV.)
_BRIDGE_UV, _BRIDGE_SHARE = 1.0, 0.1


_DRIFT_BLOCKS = 4


def summarise(
    blocks: Sequence[Block], block_s: float, neighbours: Sequence[Sequence[int]]
) -> Summary:
    """Sum up consecutive blocks.

    The difference between two electrodes is their electrical distance of Tenke & Kayser (2001),
    Clin. Neurophysiol. 112:545, here as a standard deviation and its median over blocks.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.
    block_s : float
        From one to the next.
    neighbours : sequence of sequence of int
        Of each electrode.
    """
    means = np.stack([block.mean_uv for block in blocks])
    covariances = np.stack([block.covariance_uv2 for block in blocks])
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    sums = variances[:, :, np.newaxis] + variances[:, np.newaxis, :]
    products = np.sqrt(variances[:, :, np.newaxis] * variances[:, np.newaxis, :])
    correlations = _median(covariances / np.maximum(products, 1e-12))
    distances = _median(np.maximum(sums - 2.0 * covariances, 0.0))
    joined = (distances < _BRIDGE_UV**2) & (distances < _BRIDGE_SHARE**2 * _median(sums))
    np.fill_diagonal(joined, val=False)
    lag = min(_DRIFT_BLOCKS, len(means) // 2)
    drift = _median(means[lag:] - means[:-lag]) / lag if lag else 0.0 * means[0]
    hum_uv = _median(np.stack([block.hum_uv for block in blocks]))
    louder = int(np.argmax(hum_uv.max(axis=1)))
    return Summary(
        mean_uv=means[-1],
        spread_uv=_median(np.sqrt(variances)),
        fast_uv=_median(np.stack([block.fast_uv for block in blocks])),
        mains_hz=MAINS_HZ[louder],
        mains_uv=hum_uv[louder],
        drift_uv_per_s=drift / block_s,
        latest_uv=blocks[-1].spread_uv,
        still=blocks[-1].still,
        clipped=blocks[-1].clipped,
        likeness=np.array(
            [
                max((correlations[k, j] for j in near), default=np.nan)
                for k, near in enumerate(neighbours)
            ]
        ),
        bridged_with=tuple(
            int(np.argmin(np.where(row, distances[k], np.inf))) if row.any() else None
            for k, row in enumerate(joined)
        ),
    )


def _median(values: FloatArray) -> FloatArray:
    """Median over the first axis; for a few blocks three times as fast as NumPy's."""
    ordered = np.sort(values, axis=0)
    middle: FloatArray = (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2.0
    return middle


_POP_UV, _POP_FACTOR = 60.0, 5.0


def find_pops(block: Block, recent: Sequence[Block]) -> BoolArray:
    """Say which electrodes jumped by themselves, as a contact does and neither lid nor head.

    Parameters
    ----------
    block : Block
    recent : sequence of Block
        Those before it, from which the usual jumps are known.
    """
    if not (block.jump_uv > _POP_UV).any():
        return np.zeros(len(block.jump_uv), dtype=np.bool_)
    usual = np.median([*(b.jump_uv for b in recent), block.jump_uv], axis=0)
    jumps: BoolArray = block.jump_uv > np.maximum(_POP_UV, _POP_FACTOR * usual)
    return jumps & (block.jump_uv > _POP_FACTOR / 2.0 * np.median(block.jump_uv))
