"""A recording as MNE-Python has it: an `mne.Raw` with annotations."""

import mne
import numpy as np

from bci_app.recordings.mne_files import LOST
from bci_app.recordings.recording import Recording


def to_raw(recording: Recording, mains_hz: float | None = None) -> mne.io.RawArray:
    """Return a recording as an `mne.io.RawArray` in volts, its markers as annotations.

    Stretches of lost samples are zeros under an annotation `BAD_ACQ_SKIP`, which MNE's filters and
    epochs leave out.

    Parameters
    ----------
    recording : Recording
    mains_hz : float or None
        Mains frequency where it was recorded, for `info["line_freq"]`.
    """
    rate_hz = recording.sampling_rate_hz
    info = mne.create_info(list(recording.channel_names), rate_hz, "eeg")
    lost = np.atleast_1d(np.isnan(recording.samples_uv).any(axis=1))
    edges = np.flatnonzero(np.diff(lost, prepend=False, append=False))
    gaps = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    samples_uv = np.where(lost[:, np.newaxis], 0.0, recording.samples_uv)
    with mne.utils.use_log_level("ERROR"):
        raw = mne.io.RawArray(samples_uv.T * 1e-6, info)
        raw.set_meas_date(recording.began_at)
        with raw.info._unlock():  # noqa: SLF001 - MNE has no setter
            raw.info["line_freq"] = mains_hz
        markers = recording.markers
        raw.set_annotations(
            mne.Annotations(
                [*(m.index / rate_hz for m in markers), *(start / rate_hz for start, _ in gaps)],
                [*(0.0 for _ in markers), *((stop - start) / rate_hz for start, stop in gaps)],
                [*(m.code for m in markers), *(LOST for _ in gaps)],
                orig_time=raw.info["meas_date"],
            )
        )
    return raw
