import mne
import numpy as np
import pytest

from bci_app.errors import ConfigurationError

from ..moabb_import import moabb_or_skip

RATE_HZ = 200.0


@pytest.fixture
def classifier():
    pytest.importorskip("sklearn", reason="scikit-learn comes with the extra moabb")
    from bci_app.evaluation.moabb_classifier import MoabbClassifier

    return MoabbClassifier


def epochs(labels, seed=0):
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(2 * RATE_HZ)) / RATE_HZ
    samples = 10e-6 * rng.normal(size=(len(labels), 3, len(time_s)))
    for k, label in enumerate(labels):
        if label != "rest":
            samples[k] += 8e-6 * np.sin(2 * np.pi * float(label) * time_s + rng.uniform(0, 6))
    return mne.EpochsArray(samples, mne.create_info(3, RATE_HZ, "eeg"), verbose="ERROR")


LABELS = np.array(["9.5", "11", "14"] * 6)  # sorted as texts, "11" comes first


@pytest.mark.parametrize("name", ["fbcca", "fbwilks", "mdm"])
def test_labels_keep_their_meaning_whatever_their_order(classifier, name):
    fitted = classifier(name).fit(epochs(LABELS), LABELS)
    others = np.array(["14", "9.5", "11", "11"])
    assert fitted.predict(epochs(others, seed=1)).tolist() == others.tolist()
    scores = fitted.decision_function(epochs(others, seed=1))
    assert fitted.classes_[scores.argmax(axis=1)].tolist() == others.tolist()


def test_two_labels_have_one_score_for_the_second(classifier):
    labels = LABELS[LABELS != "14"]
    fitted = classifier("cca").fit(epochs(labels), labels)
    scores = fitted.decision_function(epochs(["11", "9.5"], seed=1))
    assert fitted.classes_.tolist() == ["11", "9.5"]
    assert (scores > 0).tolist() == [False, True]


def test_rest_is_for_decoders_that_know_it(classifier):
    labels = np.array(["9.5", "11", "14", "rest"] * 6)
    fitted = classifier("evidence").fit(epochs(labels), labels)
    others = ["rest", "11", "rest", "14"]
    assert fitted.predict(epochs(others, seed=1)).tolist() == others
    with pytest.raises(ConfigurationError, match="cca does not know rest"):
        classifier("cca").fit(epochs(labels), labels)


@pytest.mark.parametrize(
    ("name", "labels", "complaint"),
    [
        ("magic", LABELS, "no decoder 'magic'"),
        ("cca", np.array(["left", "11", "14"] * 6), "event 'left' is no frequency"),
        ("cca", np.array([0, 1, 2] * 6), "mne_labels=True"),
    ],
)
def test_what_means_nothing_is_refused(classifier, name, labels, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        classifier(name).fit(epochs(LABELS), labels)


def test_arrays_are_refused(classifier):
    with pytest.raises(ConfigurationError, match="return_epochs=True"):
        classifier("cca").fit(epochs(LABELS).get_data(), LABELS)


@pytest.mark.filterwarnings("ignore")  # of MOABB and what it stores its results with
def test_moabbs_own_evaluation_runs_our_decoders(classifier, monkeypatch, tmp_path):
    monkeypatch.setenv("MNE_DATA", str(tmp_path))
    moabb_or_skip()
    from moabb.evaluations import CrossSessionEvaluation
    from moabb.paradigms import SSVEP
    from sklearn.pipeline import make_pipeline

    from ..responding_data_set import Responding

    evaluation = CrossSessionEvaluation(
        paradigm=SSVEP(fmin=6, fmax=50, events=["9.5", "11", "14"], n_classes=3),
        datasets=[Responding()],
        return_epochs=True,
        mne_labels=True,
        hdf5_path=str(tmp_path),
    )
    results = evaluation.process(
        {name: make_pipeline(classifier(name)) for name in ("fbwilks", "mdm")}
    )
    assert len(results) == 2 * 2 * 2  # pipelines, subjects, sessions
    assert results["score"].min() > 0.9
