"""Our decoders beside MOABB's own classifiers, in MOABB's own evaluation of the shared subjects.

The exoskeleton recordings are MOABB's Kalunga2016, of which six subjects are at hand: MOABB gets
them as a data set with the same events and the same interval (2 to 4 s after the onset), so that
paradigm, splits and scores are MOABB's.

    python benchmarks/moabb_decoders.py       needs the extra `moabb`
"""

import json
import tempfile
import warnings
from pathlib import Path

import mne
import numpy as np
from moabb.datasets import Kalunga2016
from moabb.evaluations import WithinSessionEvaluation
from moabb.paradigms import SSVEP
from moabb.pipelines import SSVEP_CCA, SSVEP_MsetCCA
from recordings_folder import data_folder
from sklearn.pipeline import make_pipeline

from bci_app.evaluation.moabb_classifier import MoabbClassifier
from bci_app.recordings.reading import read_recording
from bci_app.recordings.to_mne import to_raw

_OURS = ("cca", "fbcca", "wilks", "fbwilks", "evidence")
_THEIRS = {"MOABB SSVEP_CCA": SSVEP_CCA, "MOABB SSVEP_MsetCCA": SSVEP_MsetCCA}


class SharedKalunga(Kalunga2016):
    """The subjects of Kalunga2016 that are at hand."""

    nemar_id = None  # nothing is to be downloaded

    def __init__(self) -> None:
        self.folders = sorted((data_folder() / "exoskeleton").glob("subject*"))
        super().__init__(subjects=[int(folder.name[-2:]) for folder in self.folders])

    def _get_single_subject_data(self, subject: int) -> dict[str, dict[str, mne.io.BaseRaw]]:
        folder = next(folder for folder in self.folders if int(folder.name[-2:]) == subject)
        files = sorted(folder.glob("*_raw.fif"))
        return {"0": {str(run): _with_stimulus_channel(file) for run, file in enumerate(files)}}


def _with_stimulus_channel(file: Path) -> mne.io.BaseRaw:
    recording = read_recording(file)
    codes = np.zeros((1, len(recording.samples_uv)))
    for marker in recording.markers:
        codes[0, marker.index] = int(marker.code)
    raw = to_raw(recording)
    raw.set_annotations(None)
    info = mne.create_info(["stim"], recording.sampling_rate_hz, "stim")
    raw.add_channels([mne.io.RawArray(codes, info, verbose="ERROR")])
    return raw


def main() -> None:
    """Print the mean score of each classifier."""
    mne.set_log_level("ERROR")
    warnings.simplefilter("ignore")
    paradigm = SSVEP(fmin=6, fmax=80, events=["13", "17", "21"], n_classes=3)
    with tempfile.TemporaryDirectory() as folder:
        evaluation = WithinSessionEvaluation(
            paradigm=paradigm,
            datasets=[SharedKalunga()],
            return_epochs=True,
            mne_labels=True,
            hdf5_path=folder,
            random_state=0,
        )
        scores = evaluation.process(
            {name: make_pipeline(MoabbClassifier(name)) for name in _OURS}
            | {name: make_pipeline(kind()) for name, kind in _THEIRS.items()}
        )
    by_pipeline = scores.groupby("pipeline")["score"]
    means = {name: round(float(score), 3) for name, score in by_pipeline.mean().items()}
    print(json.dumps({"n_subjects": scores["subject"].nunique(), "accuracy": means}, indent=2))


if __name__ == "__main__":
    main()
