"""What the policy reaches on the exoskeleton recordings, each session rehearsed once.

    python benchmarks/policy_rehearsal.py [--transfer] [--seeds 2]

Quicker than `bci-app evaluate --online`, which fits everything anew for each session. Each session
is decoded, in random order, by a model of the person's other sessions and of other people
(`--transfer`: of other people only). Its threshold and its stated probabilities come from the
rehearsals of the other sessions. Those models have seen the session as training data, and the
stimuli's frequencies are measured once over all: a small advantage that `evaluate` does not have.
"""

import argparse
from dataclasses import replace
from fnmatch import fnmatch

import numpy as np
from recordings_folder import data_folder

from bci_app.evaluation.asynchronous import OnlineEvaluation
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


def report(
    people: list[str],
    rehearsals: list[list[Rehearsal]],
    eyes: list[OpenEyes],
    accepted: float,
    *,
    known: bool,
    own: bool,
) -> None:
    """Print a row of the table, and the false commands of each person."""
    base = policy_settings(onsets_known=known, threshold=SequentialSettings().threshold)
    maxima = [orders[0].idle_maxima(base) for orders in rehearsals]
    answers = [orders[0].answers(base) for orders in rehearsals]
    right, wrong, times_s, stated_p, was_right = [], [], [], [], []
    n_false = dict.fromkeys(people, 0)
    idle_min = dict.fromkeys(people, 0.0)
    for k, person in enumerate(people):
        mine = [j for j, p in enumerate(people) if p == person and j != k]
        theirs = [[j for j, p in enumerate(people) if p == q] for q in n_false if q != person]
        rate = fit_false_rate(
            joined([maxima[j] for j in mine]) if own else None,
            [joined([maxima[j] for j in other]) for other in theirs],
        )
        weighed = [(joined([answers[j] for j in other]), 1.0) for other in theirs]
        if own:
            weighed.append((joined([answers[j] for j in mine]), 6.0))
        stated = fit_stated(weighed)
        settings = replace(base, threshold=max(0.0, rate.threshold_for(accepted)))
        for rehearsal in rehearsals[k]:
            first: dict[int, tuple[int, float]] = {}
            for trial, hop, verdict in rehearsal.play(settings, eyes[k]):
                log_p = hop.scores[verdict.window]
                probabilities = (
                    np.exp(log_p)
                    if known
                    else stated.probabilities(log_p, hop.scores[verdict.newest], verdict.held)
                )
                stated_p.append(probabilities.max())
                was_right.append(probabilities.argmax() == rehearsal.labels[trial])
                if not verdict.is_decision:
                    continue
                if rehearsal.labels[trial] == rehearsal.n_targets:
                    n_false[person] += 1
                else:
                    time_s = (hop.end_index - trial * rehearsal.n_trial) / RATE_HZ + DELAY_S
                    first.setdefault(trial, (verdict.target, time_s))
            n_looks = int((rehearsal.labels < rehearsal.n_targets).sum())
            hits = [t for t, (target, _) in first.items() if target == rehearsal.labels[t]]
            right.append(len(hits) / n_looks)
            wrong.append((len(first) - len(hits)) / n_looks)
            times_s += [first[t][1] for t in hits]
            n_idle = len(rehearsal.labels) - n_looks
            idle_min[person] += n_idle * rehearsal.n_trial / RATE_HZ / 60
    minutes = sum(idle_min.values())
    error = expected_calibration_error(reliability(np.array(stated_p), np.array(was_right)))
    by_person = ", ".join(f"{n_false[p] / idle_min[p]:.2f}" for p in n_false)
    print(
        f"| {'known' if known else 'unknown'} | {accepted:g} | {np.mean(right):.3f} | "
        f"{np.mean(wrong):.3f} | {np.mean(times_s):.2f} s | {sum(n_false.values()) / minutes:.2f} "
        f"({sum(n_false.values())} in {minutes:.1f} min; {by_person}) | {error:.3f} |",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--transfer", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    people, rehearsals, eyes = rehearse_all(arguments.seeds, transfer=arguments.transfer)
    print("| onsets | accepted | right | wrong | mean response | false a minute | ECE |")
    print("|---|---|---|---|---|---|---|")
    for known in (True, False):
        for accepted in (0.5, 0.25):
            report(people, rehearsals, eyes, accepted, known=known, own=not arguments.transfer)


if __name__ == "__main__":
    main()
