"""What the policy reaches on the exoskeleton recordings, each session rehearsed once.

    python benchmarks/policy_rehearsal.py [--transfer [--own-idle]] [--seeds 2]

Quicker than `bci-app evaluate --online`, which fits everything anew for each session. Each session
is decoded, in random order, by a model of the person's other sessions and of other people
(`--transfer`: of other people only). Its threshold and its stated probabilities come from the
rehearsals of the other sessions; with `--own-idle` those of a new subject know the eight idle
trials (0.6 minutes) of one other session of the subject's, too. The models of other people's
rehearsals have seen the session as training data, and the stimuli's frequencies are measured once
over all: a small advantage that `evaluate` does not have.

For all sessions and for each person: shares right and wrong, mean response time and false commands
a minute, with 95 % intervals. Those over all sessions are a bootstrap of people, of their sessions
and of trials; those of a person of trials, and of false commands the exact Poisson interval. A
trial that was rehearsed in several orders counts once.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

import numpy as np
from recordings_folder import data_folder

from bci_app.evaluation.asynchronous import OnlineEvaluation
from bci_app.evaluation.rate_test import poisson_interval
from bci_app.evaluation.reliability import expected_calibration_error, reliability
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.trials import cut_trials
from bci_app.online.eyes import OpenEyes, learn_open_eyes
from bci_app.online.false_rate import fit_false_rate
from bci_app.online.growing import DELAY_S, make_growing_decoder, policy_settings
from bci_app.online.rehearsal import HOP_S, Rehearsal, rehearse
from bci_app.online.sequential import SequentialSettings
from bci_app.online.stated import fit_stated
from bci_app.recordings.reading import find_recordings, read_recording

CLASSES = {"2": 13.0, "4": 17.0, "3": 21.0, "1": None}
EXCLUDED = ("*.gdf", "*2013.04.06-16.22.32*")
RATE_HZ, TRIAL_S = 256.0, 5.0
ACCEPTED_PER_MIN = (0.5, 0.25)
N_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the policy did in a session.

    Parameters
    ----------
    person : str
    times_s : ndarray of float64, shape (n_orders * n_looks,)
        Response time of each trial with a target; -1 where the first answer was wrong, NaN where
        there was none.
    n_false : int
        Decisions in idle trials, in all orders together.
    idle_min : float
        In all orders together.
    stated, right : ndarray
        Probability of the likeliest class at each hop, and whether it was the true one.
    """

    person: str
    times_s: np.ndarray
    n_false: int
    idle_min: float
    stated: np.ndarray
    right: np.ndarray


def joined(parts):
    """All of several idle maxima, or of several answers."""
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.join(part)
    return whole


def rehearse_all(
    n_seeds: int, *, transfer: bool
) -> tuple[list[str], list[list[Rehearsal]], list[OpenEyes]]:
    """Whose each session is, its rehearsals in several orders, and alpha in the other sessions."""
    evaluation = OnlineEvaluation(CLASSES, Scheme.CALIBRATED).trial_evaluation()
    frequencies_hz = evaluation.frequencies_hz
    decoder = make_growing_decoder(frequencies_hz, RATE_HZ, TRIAL_S)
    people, sessions = [], []
    for file in find_recordings((data_folder() / "exoskeleton",)):
        if not any(fnmatch(str(file), pattern) for pattern in EXCLUDED):
            trials = cut_trials(read_recording(file), evaluation)
            people.append(trials.subject.name)
            sessions.append(decoder.observe(trials.windows_uv, trials.labels))
    decoder.tune(sessions)
    print("flicker:", ", ".join(f"{f:.3f} Hz" for f in decoder.flicker_hz), flush=True)
    sessions = [decoder.observe_again(session) for session in sessions]
    rehearsals, eyes = [], []
    for k, person in enumerate(people):
        own = [s for j, s in enumerate(sessions) if people[j] == person and j != k]
        others = [
            [s for j, s in enumerate(sessions) if people[j] == other]
            for other in dict.fromkeys(people)
            if other != person
        ]
        own = [] if transfer else own
        decoder.learn(own, others)
        eyes.append(learn_open_eyes(decoder, own, others, HOP_S))
        rehearsals.append([rehearse(decoder, sessions[k], seed) for seed in range(n_seeds)])
    return people, rehearsals, eyes


def play_all(
    people: list[str],
    rehearsals: list[list[Rehearsal]],
    eyes: list[OpenEyes],
    accepted_per_min: Sequence[float],
    *,
    known: bool,
    own_idle: int | None,
    own: bool,
) -> list[list[Outcome]]:
    """Let the policy run over each session, as it was taught by the others.

    Parameters
    ----------
    accepted_per_min : sequence of float
        Rates of false commands; the outcomes are those of each.
    own_idle : int or None
        From how many other sessions of the person's the threshold is learned; None for all.
    own : bool
        Whether the person's other sessions teach what a probability is worth.
    """
    base = policy_settings(onsets_known=known, threshold=SequentialSettings().threshold)
    maxima = [orders[0].idle_maxima(base) for orders in rehearsals]
    answers = [] if known else [orders[0].answers(base) for orders in rehearsals]
    outcomes: list[list[Outcome]] = [[] for _ in accepted_per_min]
    for k, person in enumerate(people):
        mine = [j for j, p in enumerate(people) if p == person and j != k]
        theirs = [
            [j for j, p in enumerate(people) if p == q]
            for q in dict.fromkeys(people)
            if q != person
        ]
        taught = mine[:own_idle]
        rate = fit_false_rate(
            joined([maxima[j] for j in taught]) if taught else None,
            [joined([maxima[j] for j in other]) for other in theirs],
        )
        stated = None
        if not known:
            weighed = [(joined([answers[j] for j in other]), 1.0) for other in theirs]
            if own:
                weighed.append((joined([answers[j] for j in mine]), 6.0))
            stated = fit_stated(weighed)
        for of_rate, accepted in zip(outcomes, accepted_per_min, strict=True):
            settings = replace(base, threshold=max(0.0, rate.threshold_for(accepted)))
            of_rate.append(_play(person, rehearsals[k], settings, eyes[k], stated))
    return outcomes


def _play(person, orders, settings, open_eyes, stated) -> Outcome:
    times_s, probabilities, right = [], [], []
    n_false, idle_min = 0, 0.0
    for rehearsal in orders:
        labels = rehearsal.labels
        first: dict[int, tuple[int, float]] = {}
        for trial, hop, verdict in rehearsal.play(settings, open_eyes):
            log_p = hop.scores[verdict.window]
            p = (
                np.exp(log_p)
                if stated is None
                else stated.probabilities(log_p, hop.scores[verdict.newest], verdict.held)
            )
            probabilities.append(p.max())
            right.append(p.argmax() == labels[trial])
            if verdict.is_decision and labels[trial] == rehearsal.n_targets:
                n_false += 1
            elif verdict.is_decision:
                time_s = (hop.end_index - trial * rehearsal.n_trial) / RATE_HZ + DELAY_S
                first.setdefault(trial, (verdict.target, time_s))
        for trial in np.flatnonzero(labels < rehearsal.n_targets):
            target, time_s = first.get(trial, (labels[trial], np.nan))
            times_s.append(time_s if target == labels[trial] else -1.0)
        n_idle = int((labels == rehearsal.n_targets).sum())
        idle_min += n_idle * rehearsal.n_trial / RATE_HZ / 60
    return Outcome(
        person, np.array(times_s), n_false, idle_min, np.array(probabilities), np.array(right)
    )


def figures(times_s: np.ndarray) -> tuple[float, float, float]:
    """Share right, share wrong, mean response time."""
    hits = times_s[times_s >= 0]
    response_s = float(hits.mean()) if len(hits) else np.nan
    return len(hits) / len(times_s), float((times_s < 0).mean()), response_s


def resample(
    sessions: Sequence[Outcome], n_orders: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Draw trials anew in each session; those in other orders are no trials of their own."""
    drawn = [rng.choice(s.times_s, len(s.times_s) // n_orders) for s in sessions]
    return figures(np.concatenate(drawn))


def resample_people(by_person: list[list[Outcome]], rng: np.random.Generator) -> list[Outcome]:
    """Draw people anew, and sessions of each."""
    drawn: list[Outcome] = []
    for person in rng.integers(len(by_person), size=len(by_person)):
        sessions = by_person[person]
        drawn += [sessions[k] for k in rng.integers(len(sessions), size=len(sessions))]
    return drawn


def with_interval(value: float, drawn: Sequence[float], digits: int) -> str:
    """Return a figure with the middle 95 % of what was drawn."""
    finite = np.array(drawn)[np.isfinite(drawn)]
    if not len(finite):
        return "–"
    low, high = np.quantile(finite, (0.025, 0.975))
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def report(outcomes: list[Outcome], n_orders: int, accepted: float, *, known: bool) -> None:
    """Print a row for all sessions, and one for each person."""
    by_person = [
        [o for o in outcomes if o.person == person]
        for person in dict.fromkeys(o.person for o in outcomes)
    ]
    rng = np.random.default_rng(0)
    false_drawn, drawn = [], []
    for _ in range(N_RESAMPLES):
        sessions = resample_people(by_person, rng)
        drawn.append(resample(sessions, n_orders, rng))
        minutes = sum(s.idle_min for s in sessions)
        false_drawn.append(sum(s.n_false for s in sessions) / minutes)
    n_false, minutes = sum(o.n_false for o in outcomes), sum(o.idle_min for o in outcomes)
    bins = reliability(
        np.concatenate([o.stated for o in outcomes]), np.concatenate([o.right for o in outcomes])
    )
    name = f"{'known' if known else 'unknown'}, {accepted:g}"
    false = with_interval(n_false / minutes, false_drawn, 2)
    print(_row(name, outcomes, drawn, false, f"{expected_calibration_error(bins):.3f}"))
    for sessions in by_person:
        drawn = [resample(sessions, n_orders, rng) for _ in range(N_RESAMPLES)]
        n_false = sum(s.n_false for s in sessions)
        minutes = sum(s.idle_min for s in sessions)
        low, high = poisson_interval(round(n_false / n_orders), minutes / n_orders)
        false = f"{n_false / minutes:.2f} ({low:.2f} to {high:.2f})"
        print(_row(sessions[0].person, sessions, drawn, false, ""), flush=True)


def _row(name, outcomes, drawn, false, error) -> str:
    whole = figures(np.concatenate([o.times_s for o in outcomes]))
    cells = [
        with_interval(value, of_kind, digits)
        for value, of_kind, digits in zip(whole, zip(*drawn, strict=True), (3, 3, 2), strict=True)
    ]
    return f"| {name} | {' | '.join(cells)} | {false} | {error} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--transfer", action="store_true")
    parser.add_argument("--own-idle", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.own_idle and not arguments.transfer:
        parser.error("--own-idle is for --transfer: else all idle of the other sessions is known.")
    people, rehearsals, eyes = rehearse_all(arguments.seeds, transfer=arguments.transfer)
    own_idle = int(arguments.own_idle) if arguments.transfer else None
    print("| onsets, accepted | right | wrong | mean response, s | false a minute | ECE |")
    print("|---|---|---|---|---|---|")
    for known in (True, False):
        of_rates = play_all(
            people,
            rehearsals,
            eyes,
            ACCEPTED_PER_MIN,
            known=known,
            own_idle=own_idle,
            own=not arguments.transfer,
        )
        for accepted, outcomes in zip(ACCEPTED_PER_MIN, of_rates, strict=True):
            report(outcomes, arguments.seeds, accepted, known=known)


if __name__ == "__main__":
    main()
