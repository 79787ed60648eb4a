from dataclasses import replace

import numpy as np

from bci_app.evaluation.fold_models import split_by_fold
from bci_app.evaluation.own_sessions import prepare_own, splice
from calibration.fitting import assign_folds

from ..runtime.calibrated_subject import CLASSES, REQUEST, record

PLAN = REQUEST.plan(128.0)


def test_only_the_chosen_trials_are_in_the_stream():
    session = prepare_own(record(1), CLASSES, PLAN)
    chosen = np.zeros(len(session.labels), dtype=bool)
    chosen[[1, 3, 5, 6, 8]] = True
    spliced, truth = splice(session, chosen, PLAN, seed=4)
    assert sorted(truth.labels.tolist()) == sorted(session.labels[chosen].tolist())
    n_trial = round(2.0 * 128)  # what shows the target
    for onset, label in zip(truth.begins, truth.labels, strict=True):
        middle = spliced.samples_uv[onset + 20 : onset + n_trial - 20]
        found = [
            k
            for k in np.flatnonzero(chosen)
            if np.allclose(
                np.diff(middle, axis=0),
                np.diff(
                    session.recording.samples_uv[
                        session.onsets[k] + 64 + 20 : session.onsets[k] + 64 + n_trial - 20
                    ],
                    axis=0,
                ),
            )
        ]
        assert len(found) == 1
        assert session.labels[found[0]] == label


def test_labels_follow_the_order_of_the_targets():
    turned = replace(PLAN, frequencies_hz=(13.0, 9.0))
    one, other = prepare_own(record(1), CLASSES, PLAN), prepare_own(record(1), CLASSES, turned)
    assert other.labels.tolist() == [{0: 1, 1: 0, 2: 2}[label] for label in one.labels.tolist()]


def test_folds_share_no_trial():
    session = prepare_own(record(1), CLASSES, PLAN)
    folds = assign_folds(session.labels, np.zeros(len(session.labels)))
    pieces = split_by_fold([session], folds)
    assert sum(len(piece.labels) for piece in pieces) == len(session.labels)
    for fold, piece in enumerate(pieces):
        assert piece.labels.tolist() == session.labels[folds == fold].tolist()
