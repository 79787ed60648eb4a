"""Writing a recording as FIF, which MNE and this program read back exactly."""

import mne
import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings.recording import Recording


def write_recording(recording: Recording) -> None:
    """Write a recording to its path (which ends in `_raw.fif`), its markers as annotations.

    Samples are stored in double precision; rows of NaN are samples that were lost.

    Raises
    ------
    RecordingError
        When the file cannot be written.
    """
    info = mne.create_info(list(recording.channel_names), recording.sampling_rate_hz, "eeg")
    with mne.utils.use_log_level("ERROR"):
        raw = mne.io.RawArray(recording.samples_uv.T * 1e-6, info)
        onsets_s = np.array([marker.index for marker in recording.markers])
        raw.set_annotations(
            mne.Annotations(
                onsets_s / recording.sampling_rate_hz,
                np.zeros(len(onsets_s)),
                [marker.code for marker in recording.markers],
            )
        )
        try:
            recording.path.parent.mkdir(parents=True, exist_ok=True)
            raw.save(recording.path, fmt="double", overwrite=True)
        except OSError as error:
            raise RecordingError(
                f"{recording.path} cannot be written ({error}): expected a folder with room in it "
                "that you may write to. Choose another one."
            ) from error
