from dataclasses import replace

import numpy as np
import pytest

from bci_app.online.growing import make_growing_decoder, policy_settings
from bci_app.online.rehearsal import rehearse

from .growing_subject import FREQUENCIES_HZ, IDLE, RATE_HZ, TRIAL_S, fitted, observed


@pytest.fixture(scope="module")
def session():
    return observed(make_growing_decoder(FREQUENCIES_HZ, RATE_HZ, TRIAL_S), 8)


@pytest.fixture(scope="module")
def rehearsal(session):
    return rehearse(fitted().decoder, session)


def test_every_trial_comes_once_and_no_target_follows_itself(session, rehearsal):
    labels = rehearsal.labels
    np.testing.assert_array_equal(np.sort(labels), np.sort(session.labels))
    assert not ((labels[1:] == labels[:-1]) & (labels[1:] != IDLE)).any()
    assert rehearsal.hops[-1].end_index == len(labels) * rehearsal.n_trial


def test_the_seed_is_the_order(session, rehearsal):
    decoder = fitted().decoder
    again, other = rehearse(decoder, session), rehearse(decoder, session, seed=1)
    np.testing.assert_array_equal(again.labels, rehearsal.labels)
    assert (other.labels != rehearsal.labels).any()


def test_every_look_of_the_policy_counts_for_the_highest_margin(rehearsal):
    settings = policy_settings(onsets_known=False)
    maxima = rehearsal.idle_maxima(settings)
    assert maxima.minutes == pytest.approx(6 * (TRIAL_S - 0.5) / 60)
    played = list(rehearsal.play(settings))
    idle = np.flatnonzero(rehearsal.labels == IDLE)
    for trial, highest in zip(idle, maxima.maxima, strict=True):
        assert highest == max((v.margin for t, _, v in played if t == trial), default=-np.inf)


def test_an_announced_look_begins_with_its_trial(rehearsal):
    settings = replace(policy_settings(onsets_known=True), threshold=-5.0)
    for trial, hop, verdict in rehearsal.play(settings):
        began = hop.end_index - round(hop.lengths_s[verdict.window] * RATE_HZ)
        assert began >= trial * rehearsal.n_trial


def test_answers_stand_beside_what_was_true(rehearsal):
    settings = policy_settings(onsets_known=False)
    answers = rehearsal.answers(settings)
    trials = [trial for trial, _, _ in rehearsal.play(settings)]
    np.testing.assert_array_equal(answers.labels, rehearsal.labels[trials])
    assert answers.best.shape == answers.newest.shape == (len(trials), IDLE + 1)
    assert answers.held.any()
    assert not answers.held.all()
    decided = answers.best.argmax(axis=1) == answers.labels
    assert decided.mean() > 0.6
