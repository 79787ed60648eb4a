import numpy as np
import pytest

from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.response_likelihood import ResponseLikelihood
from calibration.errors import CalibrationError

RATE_HZ = 250.0
FREQUENCIES_HZ = (9.0, 11.0, 13.0, 15.0)


def make(**settings):
    return EvidenceDecoder(FREQUENCIES_HZ, RATE_HZ, **{"lengths_s": (1.0,), **settings})


@pytest.fixture
def subjects(simulate):
    """Windows of 2 s of four people, with whose they are: 0 is the one to be decoded."""
    people = [
        simulate(n_each=6, n_idle=6, n_times=500, free_phase=True, amplitude_uv=1.0, seed=seed)
        for seed in range(4)
    ]
    windows = np.concatenate([windows for windows, _ in people])
    labels = np.concatenate([labels for _, labels in people])
    return windows, labels, np.repeat(range(4), 30)


@pytest.fixture
def fresh(simulate):
    return simulate(n_each=12, n_idle=12, free_phase=True, amplitude_uv=1.0, seed=9)


def accuracy(decoder, fresh):
    windows, labels = fresh
    return (decoder.predict(windows) == labels).mean()


def test_scores_are_log_probabilities(subjects, fresh):
    scores = make().fit(*subjects).score_windows(fresh[0])
    assert scores.shape == (60, 5)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1.0)


def test_probabilities_agree_with_how_often_it_is_right(subjects, fresh):
    scores = make().fit(*subjects).score_windows(fresh[0])
    stated = np.exp(scores).max(axis=1).mean()
    assert stated == pytest.approx(accuracy(make().fit(*subjects), fresh), abs=0.12)


def test_others_serve_alone_and_each_own_trial_helps(subjects, fresh):
    windows, labels, whose = subjects
    own = whose == 0
    decoder = make().fit(windows[~own], labels[~own], whose[~own])
    alone = accuracy(decoder, fresh)
    assert alone > 0.5
    decoder.partial_fit(windows[own][:1], labels[own][:1])
    assert accuracy(decoder, fresh) > alone - 0.1
    decoder.partial_fit(windows[own][1:], labels[own][1:])
    np.testing.assert_allclose(
        decoder.score_windows(fresh[0]), make().fit(*subjects).score_windows(fresh[0]), atol=1e-8
    )


def test_harmonics_of_one_phase_are_told_from_those_of_any(simulate):
    # Energy alone cannot tell these classes apart: the second harmonic of each response lies at a
    # fixed phase to the first, in the other's it is turned by half a cycle.
    rng = np.random.default_rng(0)
    time_s = np.arange(500) / RATE_HZ

    def respond(turn):
        phase = rng.uniform(0, 2 * np.pi)
        first = np.sin(2 * np.pi * 10 * time_s + phase)
        return first + 0.8 * np.sin(2 * (2 * np.pi * 10 * time_s + phase) + turn)

    def record(n, turn):
        responses = np.stack([respond(turn) for _ in range(n)])[:, np.newaxis]
        return 1.5 * responses + 5 * rng.normal(size=(n, 3, 500))

    decoder = EvidenceDecoder((10.0, 13.0), RATE_HZ, lengths_s=(2.0,))
    others = np.concatenate([record(30, 0.0), 5 * rng.normal(size=(30, 3, 500))])
    decoder.fit(others, np.repeat([0, 1], 30))
    likelihood = ResponseLikelihood([decoder.learned_[500].response])

    def evidence(windows):
        seen = decoder.observe(windows, np.zeros(len(windows), dtype=int)).by_length[500]
        filtered = likelihood.filtered(seen.amplitudes[0, :, 0])
        return likelihood.phase_evidence(filtered)[:, 0].mean()

    assert evidence(record(30, 0.0)) > evidence(record(30, np.pi)) + 3


def test_several_lengths_are_fitted_at_once(subjects, fresh):
    several = make(lengths_s=(0.5, 1.0, 2.0)).fit(*subjects)
    alone = make(lengths_s=(1.0,)).fit(*subjects)
    np.testing.assert_allclose(several.score_windows(fresh[0]), alone.score_windows(fresh[0]))
    short = several.score_windows(fresh[0][..., :125])
    assert (
        np.exp(short).max(axis=1).mean() < np.exp(alone.score_windows(fresh[0])).max(axis=1).mean()
    )
    with pytest.raises(CalibrationError, match=r"fitted for 0.5, 1, 2 s"):
        several.score_windows(fresh[0][..., :180])


def test_without_idle_windows_there_is_no_idle_class(subjects, fresh):
    windows, labels, whose = subjects
    looking = labels < 4
    decoder = make().fit(windows[looking], labels[looking], whose[looking])
    assert decoder.score_windows(fresh[0]).shape == (60, 4)


def test_idle_of_others_alone_makes_no_class_of_a_subject_who_has_none(subjects, fresh):
    windows, labels, whose = subjects
    kept = (labels < 4) | (whose > 0)
    decoder = make().fit(windows[kept], labels[kept], whose[kept])
    assert decoder.score_windows(fresh[0]).shape == (60, 4)


def test_trials_shorter_than_the_windows_are_refused(subjects):
    with pytest.raises(CalibrationError, match=r"trials of 2 s: expected at least the 3 s"):
        make(lengths_s=(3.0,)).fit(*subjects)


def test_no_trials_at_all_are_refused(subjects):
    windows, labels, _ = subjects
    with pytest.raises(CalibrationError, match="0 calibration trials"):
        make().fit(windows[:0], labels[:0])
