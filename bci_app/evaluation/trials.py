"""The labelled trials of recordings, filtered as they would be live and cut into windows."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bci_app.decoders import DECODERS, make_decoder
from bci_app.decoders.estimator import Decoder, IntArray
from bci_app.decoders.filter_bank import CausalBank
from bci_app.decoders.references import FloatArray, check_targets
from bci_app.errors import ConfigurationError
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.online.path import finite_stretches
from bci_app.recordings.recording import Recording, printable
from calibration.errors import CalibrationError
from calibration.trials import Trial, cut_windows, label_trials
from devices.chunk import Chunk


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
    n_harmonics : int or None
        Harmonics in the references; None for the decoder's own number.
    band_hz : tuple of float or None
        Pass band of the causal filter; None for 6 to 80 Hz, wider where a target is lower and
        narrower where the sampling rate asks for it.
    mains_hz : float or None
        Mains frequency to notch.
    trial_s : float or None
        How long the flicker lasts, from the onset: a decoder that can learns from all of it. None
        for half the shortest time from one trial to the next.
    keep_idle : bool
        Cut idle trials although the decoder does not know idle.
    """

    decoder: str
    classes: Mapping[str, float | None]
    start_s: float = 0.5
    window_s: float = 2.0
    n_harmonics: int | None = None
    band_hz: tuple[float, float] | None = None
    mains_hz: float | None = 50.0
    trial_s: float | None = None
    keep_idle: bool = False

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
        if self.trial_s is not None and self.trial_s < self.start_s + self.window_s:
            raise ConfigurationError(
                f"a trial of {self.trial_s:g} s ends before its window of {self.window_s:g} s from "
                f"{self.start_s:g} s: expected a longer trial or a shorter window."
            )

    @property
    def frequencies_hz(self) -> tuple[float, ...]:
        """The targets, each once, ascending."""
        return tuple(sorted({f for f in self.classes.values() if f is not None}))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class, in the order of the labels."""
        names = tuple(f"{frequency_hz:g} Hz" for frequency_hz in self.frequencies_hz)
        return (*names, "idle") if None in self.classes.values() else names

    @property
    def has_idle(self) -> bool:
        """Whether idle is a class: there are idle trials and the decoder can know them."""
        return None in self.classes.values() and DECODERS[self.decoder].knows_idle

    def make_decoder(self, sampling_rate_hz: float) -> Decoder:
        """Make the decoder, not fitted yet."""
        return make_decoder(
            self.decoder,
            self.frequencies_hz,
            sampling_rate_hz,
            n_harmonics=self.n_harmonics,
            lengths_s=(self.window_s,),
        )

    def band_for(self, sampling_rate_hz: float) -> tuple[float, float]:
        """Pass band at a sampling rate."""
        if self.band_hz is not None:
            return self.band_hz
        return min(6.0, 0.7 * self.frequencies_hz[0]), min(80.0, 0.45 * sampling_rate_hz)


@dataclass(frozen=True, slots=True)
class LabelledTrials:
    """The trials of one recording.

    Parameters
    ----------
    recording : str
        Its name.
    subject : Path
        The folder it lies in: one folder a subject.
    digest : bytes
        The same for recordings with the same samples.
    sampling_rate_hz : float
    labels : ndarray of int, shape (n_trials,)
        Class of each trial; the number of targets for idle.
    windows_uv : ndarray of float64, shape (n_trials, [n_bands,] n_channels, n_times)
        The windows to be scored.
    whole_uv : ndarray of float64, shape (n_trials, [n_bands,] n_channels, n_longer)
        The same, going on to the end of the shortest trial.
    n_gapped : int
        Trials that were left out because samples are missing in them.
    """

    recording: str
    subject: Path
    digest: bytes
    sampling_rate_hz: float
    labels: IntArray
    windows_uv: FloatArray
    whole_uv: FloatArray
    n_gapped: int

    def fits(self, other: "LabelledTrials") -> bool:
        """Whether a decoder can learn from this one for the other: like channels, not the same."""
        return (
            self.sampling_rate_hz == other.sampling_rate_hz
            and self.windows_uv.shape[1:-1] == other.windows_uv.shape[1:-1]
            and self.digest != other.digest
        )


def name_subjects(files: Iterable[Path]) -> dict[Path, str]:
    """Name the folder of each recording by as much of its path's end as tells it from the others.

    The s1 of two studies are `one/s1` and `other/s1`.

    Parameters
    ----------
    files : iterable of Path

    Returns
    -------
    dict of Path to str
        By resolved folder, as in :class:`LabelledTrials`.
    """
    folders = {file.parent.resolve() for file in files}
    deepest = max((len(folder.parts) for folder in folders), default=1)
    for n_parts in range(1, deepest + 1):
        names = {folder: printable(Path(*folder.parts[-n_parts:])) for folder in folders}
        if len(set(names.values())) == len(folders):
            break
    return names


def cut_trials(
    recording: Recording, evaluation: TrialEvaluation, filtered: FloatArray | None = None
) -> LabelledTrials:
    """Filter a recording and cut its trials; idle ones only where idle is a class.

    A trial that lacks a sample between its onset and the end of what is cut of it is left out and
    counted.

    Parameters
    ----------
    recording : Recording
    evaluation : TrialEvaluation
    filtered : ndarray of float64, optional
        From :func:`filter_recording`, where several windows are cut from it.

    Raises
    ------
    CalibrationError
        When a code never occurs, a window is not whole or no trial is without a gap.
    ConfigurationError
        When the targets or the band do not suit the sampling rate.
    """
    rate_hz = recording.sampling_rate_hz
    frequencies_hz = evaluation.frequencies_hz
    decoder = evaluation.make_decoder(rate_hz)
    # Templates of locked phase tell targets apart that no spectrum could.
    n_harmonics = decoder.get_params().get("n_harmonics", 2)
    check_targets(
        frequencies_hz, rate_hz, evaluation.window_s, n_harmonics, decoder.needs_phase_locking
    )
    markers = [(marker.index, marker.code) for marker in recording.markers]
    trials = [
        trial
        for trial in label_trials(markers, evaluation.classes)
        if trial.frequency_hz is not None or evaluation.has_idle or evaluation.keep_idle
    ]
    if filtered is None:
        filtered = filter_recording(recording, evaluation)
    start, n_times = round(evaluation.start_s * rate_hz), round(evaluation.window_s * rate_hz)
    n_longer = max(n_times, _whole_length(trials, len(filtered), evaluation, rate_hz) - start)
    missing = np.asarray(~np.isfinite(recording.samples_uv).all(axis=1))
    whole = [
        trial
        for trial in trials
        if not missing[max(0, trial.onset_index) : trial.onset_index + start + n_longer].any()
    ]
    if not whole:
        raise CalibrationError(_no_trial_left(recording, len(trials)))
    onsets = [trial.onset_index for trial in whole]
    windows_uv = cut_windows(filtered, onsets, start, n_times)
    whole_uv = cut_windows(filtered, onsets, start, n_longer)
    labels = [
        len(frequencies_hz) if t.frequency_hz is None else frequencies_hz.index(t.frequency_hz)
        for t in whole
    ]
    return LabelledTrials(
        recording=recording.name,
        subject=recording.path.parent.resolve(),
        digest=hashlib.sha256(recording.samples_uv.tobytes()).digest(),
        sampling_rate_hz=rate_hz,
        labels=np.array(labels, dtype=np.intp),
        windows_uv=np.ascontiguousarray(windows_uv),
        whole_uv=np.ascontiguousarray(whole_uv),
        n_gapped=len(trials) - len(whole),
    )


def filter_recording(recording: Recording, evaluation: TrialEvaluation) -> FloatArray:
    """Filter a recording as an evaluation's decoder wants it; the windows have no part in that.

    The filter starts anew after missing samples, as it would live; they stay NaN.

    Returns
    -------
    ndarray of float64, shape (n_times, [n_bands,] n_channels)

    Raises
    ------
    ConfigurationError
        When the band does not suit the sampling rate.
    """
    rate_hz = recording.sampling_rate_hz
    bank = evaluation.make_decoder(rate_hz).filter_bank()
    sections = design_filter(rate_hz, evaluation.band_for(rate_hz), evaluation.mains_hz)
    n_times, n_channels = recording.samples_uv.shape
    filtered = np.full((n_times, *([len(bank)] if bank else []), n_channels), np.nan)
    for stretch in finite_stretches(Chunk(recording.samples_uv.view(), 0)):
        uv = CausalFilter(sections).process(stretch.samples_uv)
        filtered[stretch.first_index : stretch.end_index] = (
            CausalBank(bank).process(uv) if bank else uv
        )
    return filtered


def _no_trial_left(recording: Recording, n_trials: int) -> str:
    dead = [
        name
        for name, uv in zip(recording.channel_names, recording.samples_uv.T, strict=True)
        if not np.isfinite(uv).any()
    ]
    hint = (
        f"no sample of {', '.join(dead)} is a number; leave that out of the file"
        if dead
        else "shorten the window, or choose another recording"
    )
    return (
        f"samples are missing in each of the {n_trials} trials of {recording.name}: expected some "
        f"trials without a gap; {hint}."
    )


def _whole_length(
    trials: list[Trial], n_samples: int, evaluation: TrialEvaluation, rate_hz: float
) -> int:
    """Count the samples from the onset to the end of the shortest trial."""
    onsets = sorted(trial.onset_index for trial in trials)
    gaps = [later - earlier for earlier, later in pairwise(onsets) if later > earlier]
    longest = n_samples - onsets[-1]
    if evaluation.trial_s is not None:
        return min(round(evaluation.trial_s * rate_hz), longest)
    return min(min(gaps, default=longest) // 2, longest)
