import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.quality import BLOCK_S, Grade, Problem, QualityMonitor, judge

NAMES = ("Oz", "O1", "O2", "POz")
RATE_HZ = 250.0
TIMES_S = np.arange(5000) / RATE_HZ


def eeg(duration_s=10.0, seed=0, n_channels=4, spread_uv=8.0):
    """Neighbours that see much of the same, and each something of its own."""
    rng = np.random.default_rng(seed)
    n_times = round(duration_s * RATE_HZ)
    common = rng.normal(0, spread_uv, (n_times, 1))
    return common + rng.normal(0, 0.6 * spread_uv, (n_times, n_channels)) + 4000.0


def sine(frequency_hz, amplitude_uv, duration_s=10.0):
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return amplitude_uv * np.sin(2 * np.pi * frequency_hz * time_s + 0.3)


def only(electrodes):
    """The problem of the second electrode; the others must have none."""
    (found,) = (e for e in electrodes if e.name == "O1")
    others = {e.problem for e in electrodes if e.name != "O1"}
    assert others == {Problem.NONE}
    return found


def worsened(change, **options):
    samples_uv = eeg(**options)
    change(samples_uv)
    return only(judge(samples_uv, NAMES, RATE_HZ, range_uv=187_500.0))


def flat(x):
    x[:, 1] = 3.0


def shorted(x):
    x[:, 1] = np.random.default_rng(1).normal(0, 0.14, len(x))


def railed(x):
    x[:, 1] = 187_500.0


def grazing(x):
    x[:, 1] = np.clip(187_400.0 + 20.0 * (x[:, 1] - 4000.0), None, 187_500.0)


def detached(x):
    x[:, 1] = sine(50.0, 800.0)


def humming_alone(x):
    x[:, 1] += sine(60.0, 12.0)


def humming(x):
    x[:, 1] += sine(50.0, 30.0)[: len(x)]


def humming_loud(x):
    x += sine(50.0, 15.0)[:, np.newaxis]
    x[:, 1] += sine(50.0, 240.0)


def wild(x):
    x[:, 1] += sine(3.0, 500.0)


def restless(x):
    x[:, 1] += sine(3.0, 140.0)


def tense(x):
    x[:, 1] += sine(36.0, 30.0)


def drifting(x):
    x[:, 1] += 80.0 * np.arange(len(x)) / RATE_HZ


def popping(x):
    for start in (600, 1300, 2000):
        age_s = np.arange(len(x) - start) / RATE_HZ
        x[start:, 1] += 300.0 * np.exp(-age_s / 0.4)


def elsewhere(x):
    x[:, 1] = np.random.default_rng(5).normal(0, 9.0, len(x))


@pytest.mark.parametrize(
    ("change", "problem", "grade", "said"),
    [
        (flat, Problem.FLAT, Grade.BAD, "no signal"),
        (shorted, Problem.FLAT, Grade.BAD, "reference"),
        (railed, Problem.RAILED, Grade.BAD, "limit"),
        (grazing, Problem.RAILED, Grade.BAD, "limit"),
        (detached, Problem.DETACHED, Grade.BAD, "50 Hz hum of 800 µV"),
        (humming_alone, Problem.DRY, Grade.DOUBTFUL, "60 Hz hum of 12 µV, the others 1 µV"),
        (humming, Problem.DRY, Grade.DOUBTFUL, "more gel"),
        (humming_loud, Problem.DRY, Grade.BAD, "more gel"),
        (wild, Problem.LOOSE, Grade.BAD, "press it on"),
        (restless, Problem.LOOSE, Grade.DOUBTFUL, "head still"),
        (tense, Problem.MUSCLE, Grade.DOUBTFUL, "jaw"),
        (drifting, Problem.DRIFT, Grade.DOUBTFUL, "+80 µV a second"),
        (popping, Problem.POPS, Grade.DOUBTFUL, "popped 3 times"),
        (elsewhere, Problem.ODD, Grade.DOUBTFUL, "neighbours"),
    ],
)
def test_each_problem_is_found_where_it_is_and_nowhere_else(change, problem, grade, said):
    found = worsened(change)
    assert (found.problem, found.grade) == (problem, grade)
    assert said in found.sentence


def test_electrodes_that_gel_joins_accuse_each_other():
    samples_uv = eeg()
    rng = np.random.default_rng(2)
    joined = samples_uv[:, 1:3].mean(axis=1, keepdims=True)
    samples_uv[:, 1:3] = joined + rng.normal(0, 0.14, (len(samples_uv), 2))
    found = judge(samples_uv, NAMES, RATE_HZ)
    assert [e.problem for e in found] == ["none", "bridged", "bridged", "none"]
    assert "the same signal as O2" in found[1].finding
    assert "the same signal as O1" in found[2].finding


def test_a_quiet_and_much_alike_montage_is_not_called_bridged():
    rng = np.random.default_rng(0)
    common = rng.normal(0, 12.0, (2500, 1))
    found = judge(common + rng.normal(0, 1.2, (2500, 4)), NAMES, RATE_HZ)
    assert {e.problem for e in found} == {Problem.NONE}


@pytest.mark.parametrize(
    ("kohm", "problem", "grade", "said"),
    [
        (5.0, Problem.NONE, Grade.GOOD, "good"),
        (80.0, Problem.DRY, Grade.DOUBTFUL, "impedance about 80 kΩ: more gel"),
        (400.0, Problem.DRY, Grade.BAD, "impedance about 400 kΩ"),
        (90_000.0, Problem.DETACHED, Grade.BAD, "impedance about 90 MΩ"),
    ],
)
def test_impedance_is_taken_into_account_where_it_is_known(kohm, problem, grade, said):
    found = judge(eeg(), NAMES, RATE_HZ, impedances_kohm=(5.0, kohm, None, 8.0))
    assert (found[1].problem, found[1].grade, found[1].impedance_kohm) == (problem, grade, kohm)
    assert said in found[1].sentence
    assert found[2].problem is Problem.NONE


def test_blinks_and_a_single_jolt_leave_everything_good():
    samples_uv = eeg(20.0, n_channels=4)
    for start_s in (3.0, 6.5, 9.0, 12.2, 15.0):
        start = round(start_s * RATE_HZ)
        lid = np.sin(np.pi * np.linspace(0, 1, 90)) ** 2
        samples_uv[start : start + 90] += np.outer(lid, [400.0, 300.0, 200.0, 350.0])
    monitor = QualityMonitor(NAMES, RATE_HZ)
    judgements = monitor.push(samples_uv)
    assert len(judgements) == 40
    assert {e.problem for found in judgements for e in found} == {Problem.NONE}


def test_a_dead_electrode_is_told_at_once_and_what_takes_watching_later():
    samples_uv = eeg()
    samples_uv[1250:, 0] = 1.0
    samples_uv[1250:, 1] += sine(50.0, 30.0, 5.0)
    judgements = QualityMonitor(NAMES, RATE_HZ).push(samples_uv)
    first = {
        name: next(
            (k for k, found in enumerate(judgements) if found[i].problem is not Problem.NONE), None
        )
        for i, name in enumerate(NAMES)
    }
    assert first["Oz"] == 10  # the block after sample 1250
    assert 12 <= first["O1"] <= 15
    assert first["O2"] is first["POz"] is None


def test_what_gets_better_must_stay_so_for_two_seconds():
    samples_uv = eeg(12.0)
    samples_uv[1000:1500, 0] = 1.0
    judgements = QualityMonitor(NAMES, RATE_HZ).push(samples_uv)
    bad = [k for k, found in enumerate(judgements) if found[0].grade is Grade.BAD]
    assert bad == list(range(8, 15))  # four blocks flat, and three that do not count yet


def test_some_missing_samples_accuse_nobody_two_seconds_of_them_everybody():
    samples_uv = eeg(8.0)
    samples_uv[130:140, 2] = np.nan
    samples_uv[500:1100, 1] = np.nan
    judgements = QualityMonitor(NAMES, RATE_HZ).push(samples_uv)
    missing = [k for k, found in enumerate(judgements) if found[0].problem is Problem.MISSING]
    assert missing == list(range(7, 12))  # the fourth block on end, until good for two seconds
    assert {e.grade for e in judgements[8]} == {Grade.BAD}
    assert {e.problem for e in judge(np.full((500, 4), np.nan), NAMES, RATE_HZ)} == {
        Problem.MISSING
    }
    assert {e.problem for e in judge(samples_uv[:50], NAMES, RATE_HZ)} == {Problem.MISSING}


def test_no_block_reaches_across_a_gap():
    monitor = QualityMonitor(NAMES, RATE_HZ)
    monitor.push(eeg(0.4))
    assert monitor.n_until_judged == 25
    monitor.restart()
    assert monitor.n_until_judged == 125
    assert monitor.push(eeg(0.4)) == []


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 1500), max_size=12), seed=st.integers(0, 3))
def test_it_does_not_matter_how_the_stream_is_cut(cuts, seed):
    samples_uv = eeg(6.0, seed=seed)
    samples_uv[700:, 1] += sine(50.0, 300.0, 6.0)[700:]
    whole = QualityMonitor(NAMES, RATE_HZ).push(samples_uv)
    monitor = QualityMonitor(NAMES, RATE_HZ)
    pieces = np.split(samples_uv, sorted(cuts))
    assert [found for piece in pieces for found in monitor.push(piece)] == whole


@settings(max_examples=25, deadline=None)
@given(
    rate_hz=st.sampled_from([100.0, 125.0, 200.0, 250.0, 256.0, 300.0, 500.0, 1000.0]),
    offset_uv=st.floats(-1e5, 1e5),
    seed=st.integers(0, 100),
)
def test_offset_and_rate_do_not_matter(rate_hz, offset_uv, seed):
    rng = np.random.default_rng(seed)
    n_times = round(6 * rate_hz)
    slow = np.cumsum(rng.normal(0, 60.0 / rate_hz, (n_times, 4)), axis=0)
    samples_uv = rng.normal(0, 3.0, (n_times, 4)) + slow + rng.normal(0, 5.0, (n_times, 1))
    found = judge(samples_uv + offset_uv, NAMES, rate_hz)
    assert {e.grade for e in found} == {Grade.GOOD}
    assert len(QualityMonitor(NAMES, rate_hz).push(samples_uv)) == n_times // round(
        BLOCK_S * rate_hz
    )


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(4)), seed=st.integers(0, 50))
def test_the_order_of_the_channels_does_not_matter(order, seed):
    samples_uv = eeg(6.0, seed=seed)
    humming(samples_uv)
    samples_uv[:, 3] = samples_uv[:, 0] + np.random.default_rng(seed).normal(0, 0.14, 1500)
    found = {e.name: (e.problem, e.finding) for e in judge(samples_uv, NAMES, RATE_HZ)}
    names = [NAMES[k] for k in order]
    again = judge(samples_uv[:, order], names, RATE_HZ)
    assert {e.name: (e.problem, e.finding) for e in again} == found
    assert found["Oz"][1] == "the same signal as POz"


def test_figures_are_what_they_say():
    samples_uv = eeg(spread_uv=5.0)
    samples_uv[:, 1] += sine(60.0, 25.0)
    found = judge(samples_uv, NAMES, RATE_HZ)[1]
    assert found.mains_uv == pytest.approx(25.0, rel=0.05)
    assert found.spread_uv == pytest.approx(5.0 * np.hypot(1.0, 0.6), rel=0.1)
