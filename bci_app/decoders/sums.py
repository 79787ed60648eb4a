"""What a window of EEG amounts to: its covariance and its Fourier sums, from windows or a stream.

All that the correlation decoders need of a window is the covariance of its channels and their
Fourier sums at the harmonics of the targets. Both add up over blocks of samples, so a stream keeps
them for each block and a window of any number of blocks costs a few additions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bci_app.decoders.filter_bank import Bank, CausalBank
from bci_app.decoders.references import FloatArray, reference_signals

ComplexArray = npt.NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class WindowSums:
    """Sums over each of several windows, of one length or of several.

    Parameters
    ----------
    covariance : ndarray of float64, shape (n_windows, n_bands, n_channels, n_channels)
        XXᵀ of the centred window X.
    fourier : ndarray of complex128, shape (n_windows, n_bands, n_channels, n_frequencies)
        Σₜ xₜ exp(-2πi f t / sampling rate) of the centred window, t from its first sample.
    n_times : tuple of int
        Length of each window in samples.
    """

    covariance: FloatArray
    fourier: ComplexArray
    n_times: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.covariance)


def join_sums(parts: Sequence[WindowSums]) -> WindowSums:
    """All windows of several sums, in order."""
    return WindowSums(
        np.concatenate([part.covariance for part in parts]),
        np.concatenate([part.fourier for part in parts]),
        tuple(n_times for part in parts for n_times in part.n_times),
    )


@lru_cache(maxsize=64)
def _waves(
    frequencies_hz: tuple[float, ...], n_times: int, sampling_rate_hz: float
) -> ComplexArray:
    """exp(-2πi f t / sampling rate), shape (n_times, n_frequencies)."""
    turns = np.outer(np.arange(n_times) / sampling_rate_hz, frequencies_hz)
    return np.asarray(np.exp(-2j * np.pi * turns))


def sum_windows(
    windows_uv: FloatArray, frequencies_hz: tuple[float, ...], sampling_rate_hz: float
) -> WindowSums:
    """Sum over whole windows.

    Parameters
    ----------
    windows_uv : ndarray of float64, shape (n_windows, n_bands, n_channels, n_times)
    frequencies_hz : tuple of float
        Where the Fourier sums are wanted.
    sampling_rate_hz : float
    """
    n_times = windows_uv.shape[-1]
    centred = windows_uv - windows_uv.mean(axis=-1, keepdims=True)
    waves = _waves(frequencies_hz, n_times, sampling_rate_hz)
    # Two real products cost half of one with the samples made complex.
    fourier = centred @ waves.real + 1j * (centred @ waves.imag)
    covariance = centred @ centred.swapaxes(-1, -2)
    return WindowSums(covariance, fourier, (n_times,) * len(windows_uv))


@lru_cache(maxsize=256)
def reference_triangles(
    frequencies_hz: tuple[float, ...], n_times: int, sampling_rate_hz: float, n_harmonics: int
) -> FloatArray:
    """Matrix T for each target with Q = Y T, Y its centred references and Q an orthonormal basis.

    Returns
    -------
    ndarray of float64, shape (n_targets, 2 * n_harmonics, 2 * n_harmonics)
        Rows and columns of harmonics that cannot be in the data are zero.
    """
    triangles = np.zeros((len(frequencies_hz), 2 * n_harmonics, 2 * n_harmonics))
    for triangle, frequency_hz in zip(triangles, frequencies_hz, strict=True):
        signals = reference_signals(frequency_hz, n_times, sampling_rate_hz, n_harmonics)
        present = np.flatnonzero(signals.any(axis=0))
        centred = signals[:, present] - signals[:, present].mean(axis=0)
        upper = np.linalg.qr(centred, mode="r")
        triangle[np.ix_(present, present)] = np.linalg.inv(upper)
    triangles.flags.writeable = False
    return triangles


@lru_cache(maxsize=64)
def triangles_of_windows(
    frequencies_hz: tuple[float, ...],
    n_times: tuple[int, ...],
    sampling_rate_hz: float,
    n_harmonics: int,
) -> FloatArray:
    """:func:`reference_triangles` for windows of these lengths, ready for `cross_of_fourier`.

    Returns
    -------
    ndarray of float64, shape (n_windows or 1, 1, 1, n_targets, 2 * n_harmonics, 2 * n_harmonics)
        A single one where all windows are of one length.
    """
    lengths = n_times[:1] if len(set(n_times)) == 1 else n_times
    stacked = np.stack(
        [reference_triangles(frequencies_hz, n, sampling_rate_hz, n_harmonics) for n in lengths]
    )
    return stacked[:, np.newaxis, np.newaxis]


def cross_of_fourier(fourier: ComplexArray, triangles: FloatArray) -> FloatArray:
    """XQ from Fourier sums at the harmonics of each target.

    Parameters
    ----------
    fourier : ndarray of complex128, shape (..., n_channels, n_targets, n_harmonics)
    triangles : ndarray of float64
        From :func:`triangles_of_windows`.

    Returns
    -------
    ndarray of float64, shape (..., n_channels, n_targets * 2 * n_harmonics)
    """
    *batch, n_targets, n_harmonics = fourier.shape
    waves = np.stack([-fourier.imag, fourier.real], axis=-1)
    waves = waves.reshape(*batch, n_targets, 1, 2 * n_harmonics)
    return np.asarray((waves @ triangles).reshape(*batch, n_targets * 2 * n_harmonics))


class StreamingSums:
    """Sums over the last blocks of a stream, for windows of any number of blocks.

    Each block's sums are computed once, when its last sample has come, and kept in a ring. A window
    is the sum of its blocks, added anew each time: nothing drifts however long the stream runs, and
    nothing depends on how it was cut.

    Parameters
    ----------
    n_channels : int
    bank : tuple of ndarray
        Filter bank; empty for the samples as they come.
    frequencies_hz : tuple of float
        Where the Fourier sums are wanted.
    sampling_rate_hz : float
    n_block : int
        Samples in a block.
    n_blocks : int
        Blocks in the longest window.
    """

    def __init__(
        self,
        n_channels: int,
        bank: Bank,
        frequencies_hz: tuple[float, ...],
        sampling_rate_hz: float,
        n_block: int,
        n_blocks: int,
    ) -> None:
        n_bands = max(1, len(bank))
        self._n_block, self._n_blocks = n_block, n_blocks
        self._bank = CausalBank(bank) if bank else None
        self._pending = np.empty((n_bands, n_channels, n_block))
        self._n_pending = 0
        # Frequency 0 first: its sum is the mean, which centres a window afterwards.
        waves = _waves((0.0, *frequencies_hz), n_block, sampling_rate_hz)
        # Complex numbers as pairs of real ones: one real product gives both parts.
        self._waves = waves.view(np.float64)
        block_s = n_block / sampling_rate_hz
        ages = np.arange(n_blocks + 1)[:, np.newaxis]
        turns = np.exp(2j * np.pi * block_s * ages * np.array([0.0, *frequencies_hz]))
        self._turns = turns[:, np.newaxis, np.newaxis]
        self._back = self._turns.conj()
        # Every block is written twice and backwards, so the last blocks, newest first, are a view.
        self._covariances = np.zeros((2 * n_blocks, n_bands, n_channels, n_channels))
        self._fouriers = np.zeros(
            (2 * n_blocks, n_bands, n_channels, waves.shape[1]), dtype=np.complex128
        )
        self._newest = n_blocks
        self._n_held = 0
        self._frequencies_hz, self._rate_hz = frequencies_hz, sampling_rate_hz

    @property
    def n_held(self) -> int:
        """Whole blocks since the stream began or restarted, at most those of the longest window."""
        return self._n_held

    @property
    def newest_block(self) -> FloatArray:
        """Samples of the block that was completed last, (n_bands, n_channels, n_block).

        Until the next sample is taken.
        """
        return self._pending

    def restart(self) -> None:
        """Forget the past: the next sample is the first of an uninterrupted stretch."""
        if self._bank:
            self._bank.restart()
        self._n_pending = self._n_held = 0

    def forget_blocks(self) -> None:
        """Let no window reach further back than now; the filters go on."""
        self._n_pending = self._n_held = 0

    def push(self, samples_uv: FloatArray) -> Iterator[int]:
        """Take the next samples; yield, after each block that they complete, how many are left.

        Parameters
        ----------
        samples_uv : ndarray of float64, shape (n_times, n_channels)
        """
        yield from self.push_bands(
            self._bank.process(samples_uv) if self._bank else samples_uv[:, np.newaxis]
        )

    def push_bands(self, banded: FloatArray) -> Iterator[int]:
        """Take the next samples as they come out of the bank, (n_times, n_bands, n_channels)."""
        done = 0
        while done < len(banded):
            piece = banded[done : done + self._n_block - self._n_pending]
            self._pending[..., self._n_pending : self._n_pending + len(piece)] = piece.transpose(
                1, 2, 0
            )
            self._n_pending += len(piece)
            done += len(piece)
            if self._n_pending == self._n_block:
                self._close_block()
                yield len(banded) - done

    def _close_block(self) -> None:
        block = self._pending
        self._newest = (self._newest - 1) % self._n_blocks
        rows = slice(self._newest, self._newest + self._n_blocks + 1, self._n_blocks)
        self._covariances[rows] = block @ block.swapaxes(-1, -2)
        self._fouriers[rows] = (block @ self._waves).view(np.complex128)
        self._n_pending = 0
        self._n_held = min(self._n_held + 1, self._n_blocks)

    def windows(self, lengths: Sequence[int]) -> WindowSums:
        """Return the sums over windows that end with the newest block.

        Parameters
        ----------
        lengths : sequence of int
            Length of each window in blocks; no more than :attr:`n_held`.
        """
        longest = max(lengths)
        if not 0 < min(lengths) <= longest <= self._n_held:
            raise ValueError(f"windows of {lengths} blocks, only {self._n_held} are held")
        held = slice(self._newest, self._newest + longest)
        n_times = tuple(length * self._n_block for length in lengths)
        inside = _inside(tuple(lengths))
        covariance = _sum_blocks(inside, self._covariances[held])
        turned = self._fouriers[held] * self._turns[1 : longest + 1]
        # Complex numbers as pairs of real ones: what is added is the same.
        pairs = _sum_blocks(inside, turned.view(np.float64))
        fourier = pairs.view(np.complex128) * self._back[list(lengths)]
        total = fourier[..., 0].real
        mean = total / np.array(n_times)[:, np.newaxis, np.newaxis]
        covariance -= total[..., :, np.newaxis] * mean[..., np.newaxis, :]
        waves = _wave_totals(self._frequencies_hz, n_times, self._rate_hz)
        centred = fourier[..., 1:] - mean[..., np.newaxis] * waves
        return WindowSums(covariance, centred, n_times)


@lru_cache(maxsize=64)
def _inside(lengths: tuple[int, ...]) -> FloatArray:
    """Whether each block, newest first, lies in each window: 1 or 0, (n_lengths, longest)."""
    return np.less.outer(np.arange(max(lengths)), lengths).T.astype(np.float64)


def _sum_blocks(inside: FloatArray, blocks: FloatArray) -> FloatArray:
    """Sum over the blocks of each window, (n_blocks, ...) to (n_windows, ...)."""
    flat = inside @ blocks.reshape(len(blocks), -1)
    return np.asarray(flat.reshape(len(inside), *blocks.shape[1:]))


@lru_cache(maxsize=64)
def _wave_totals(
    frequencies_hz: tuple[float, ...], n_times: tuple[int, ...], sampling_rate_hz: float
) -> ComplexArray:
    """Sum of each wave over each length, (n_lengths, 1, 1, n_frequencies)."""
    totals = [_waves(frequencies_hz, n, sampling_rate_hz).sum(axis=0) for n in n_times]
    return np.stack(totals)[:, np.newaxis, np.newaxis]
