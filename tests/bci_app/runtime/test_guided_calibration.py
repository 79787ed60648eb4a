import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.session_file import read_session
from bci_app.runtime import recorder
from bci_app.runtime.bench import VirtualBench
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_plan import expected_of
from bci_app.runtime.guided_quality import check_quality
from bci_app.runtime.guided_sweep import evaluate_sweep, showable
from bci_app.runtime.visit_recordings import labelled_visit, outcomes_of
from bci_app.stimulus.flicker import Waveform
from calibration.errors import CalibrationError
from calibration.profile import read_profile
from calibration.protocol import Phase
from devices.errors import DeviceError

from ..guided_subject import SETTINGS, FailingBench, QuickSubject, guided


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A calibration led to its end, fitted and saved."""
    root = tmp_path_factory.mktemp("subjects")
    calibration = guided(root)
    led, blocks = [], []
    run = calibration.record_trials(Controls(), led.append, on_block=blocks.append)
    fitted = calibration.fit()
    return calibration, run, led, blocks, fitted, calibration.save(fitted)


def test_what_was_asked_is_what_the_recording_says(done):
    calibration, run, led, blocks, _, _ = done
    assert run.completed
    assert blocks == [0, 1]
    session = read_session(run.recording)
    assert session.closed
    codes = session.recording().count_codes()
    assert (codes["11"], codes["15"], codes["idle"], codes["nothing"]) == (4, 4, 4, 12)
    assert outcomes_of(session) == calibration.protocol.outcomes
    prompts = [m for m in session.recording().markers if m.code in ("11", "15", "idle", "nothing")]
    lengths = {
        after.index - before.index
        for before, after in zip(prompts[::2], prompts[1::2], strict=True)
    }
    assert lengths == {500}, "each look lasts its two seconds"
    assert led[-1].progress.n_kept == 12
    assert led[-1].progress.remaining_s == 0


def test_the_subject_answered_while_asked(done):
    _, run, *_ = done
    session = read_session(run.recording)
    for marker in session.recording().markers:
        if marker.code in ("11", "15"):
            look = session.samples_uv[marker.index : marker.index + 500].sum(axis=1)
            spectrum = np.abs(np.fft.rfft(look))
            assert spectrum[2 * int(marker.code)] > 5 * np.median(spectrum)


def test_the_profile_says_who_what_and_how_well(done):
    calibration, _, _, _, fitted, path = done
    assert path == calibration.visit.profile
    text = read_profile(path).text
    assert text.subject == "01"
    assert text.frequencies_hz == (11.0, 15.0)
    assert text.operating_point.expected_right.value > 0.6
    assert path.with_name("sub-01_ses-01_report.html").exists()
    expectation = expected_of(fitted, 2)
    assert expectation.right == pytest.approx(text.operating_point.expected_right.value)
    assert not expectation.enough, "two blocks are too few to be sure"
    assert "After block 2" in expectation.sentence


def test_what_was_ended_is_gone_on_with(tmp_path):
    first = guided(tmp_path)
    controls = Controls()

    def end_after_five(led):
        if led.progress.n_kept + led.progress.n_spoiled == 5:
            controls.end()

    run = first.record_trials(controls, end_after_five)
    assert not run.completed
    again = guided(tmp_path)
    assert again.has_trials
    assert again.protocol.outcomes == first.protocol.outcomes
    later = again.record_trials(Controls())
    assert later.completed
    assert later.recording.name.endswith("run-02_eeg.xdf")
    labelled = labelled_visit(again.visit)
    codes = labelled.recording.count_codes()
    assert (codes["11"], codes["15"], codes["idle"]) == (4, 4, 4)
    with pytest.raises(CalibrationError, match="recorded with other targets"):
        again.use_frequencies((9.0, 13.0))


def test_a_pause_breaks_the_trial_off_and_it_is_done_again(tmp_path):
    calibration, controls, paused = guided(tmp_path), Controls(), []

    def tell(led):
        if led.progress.phase is Phase.LOOK and not paused:
            paused.append(led)
            controls.pause()
        elif led.progress.phase is Phase.PAUSED:
            controls.begin()

    run = calibration.record_trials(controls, tell)
    assert run.completed
    rejected = [
        code for code in read_session(run.recording).recording().count_codes() if "rej" in code
    ]
    assert len(rejected) == 1
    assert rejected[0].startswith("rejected ")


def test_a_stop_holds_until_it_is_released(tmp_path):
    calibration, controls, held = guided(tmp_path, n_blocks=1), Controls(), []

    def tell(led):
        if led.progress.phase is Phase.CUE and not held:
            held.append("")
            controls.stop("a key was pressed")
        elif led.progress.phase is Phase.PAUSED:
            held.append(led.held)
            controls.release()
            controls.begin()

    assert calibration.record_trials(controls, tell).completed
    assert held[1] == "a key was pressed"


def test_a_trial_with_lost_samples_is_done_again(tmp_path):
    bench = FailingBench(QuickSubject(), lose=[(300, 350)])
    calibration = guided(tmp_path, bench, n_blocks=1)
    run = calibration.record_trials(Controls())
    assert run.completed
    session = read_session(run.recording)
    (rejected,) = [entry for entry in session.entries if entry.event == "TrialRejected"]
    assert "samples were lost" in rejected.fields["reason"]
    assert [outcome.kept for outcome in outcomes_of(session)].count(False) == 1
    assert outcomes_of(session) == calibration.protocol.outcomes


def test_a_dead_electrode_holds_the_protocol_and_says_which(tmp_path):
    subject, controls = QuickSubject(), Controls()
    subject.dead = 2
    bench = VirtualBench(subject)
    calibration = guided(tmp_path, bench)
    quality = check_quality(bench, Controls(), seconds=4.0)
    assert not quality.verdict.go
    assert any(reason.startswith("O2: ") for reason in quality.verdict.reasons)

    def tell(led):
        if led.held:
            controls.end()

    run = calibration.record_trials(controls, tell)
    assert not run.completed
    assert run.reason.startswith("4 trials running were spoiled, the last one: O2: ")


def test_a_good_signal_is_a_go():
    told, bench = [], VirtualBench(QuickSubject())
    quality = check_quality(bench, Controls(), told.append, seconds=4.0)
    assert quality.verdict.go
    assert told[-1] == quality
    with pytest.raises(CalibrationError, match="too short a time"):
        check_quality(bench, Controls(), seconds=0.1)


def test_a_headset_lost_midway_loses_nothing(tmp_path):
    calibration = guided(tmp_path, FailingBench(QuickSubject(), dies_at=2600))
    with pytest.raises(DeviceError, match="unplugged"):
        calibration.record_trials(Controls())
    (path,) = calibration.visit.recordings("calibration")
    session = read_session(path)
    assert session.closed
    n_done = sum(outcome.kept for outcome in outcomes_of(session))
    assert n_done >= 2
    again = guided(tmp_path)
    assert again.record_trials(Controls()).completed
    assert again.protocol.progress(0.0).n_kept == 12


def test_a_disk_that_fills_up_ends_the_run_and_loses_nothing(tmp_path, monkeypatch):
    calibration = guided(tmp_path)

    def fill(led):
        if led.progress.n_kept == 3:
            monkeypatch.setattr(recorder.Recorder, "_look_at_disk", _full)

    monkeypatch.setattr(recorder, "_LOOK_AT_DISK_EVERY_S", 0.0)
    monkeypatch.setattr(recorder, "_WRITE_EVERY_S", 0.001)
    with pytest.raises(RecordingError, match="what was recorded until then is safe"):
        calibration.record_trials(Controls(), fill)
    again = guided(tmp_path)
    assert sum(outcome.kept for outcome in again.protocol.outcomes) >= 3


def _full(self):
    self._problem = "the disk is full but for 63 MiB"


def test_nothing_recorded_and_too_few_trials_are_said(tmp_path):
    calibration = guided(tmp_path, n_blocks=1)
    with pytest.raises(CalibrationError, match="Record first"):
        calibration.fit()
    calibration.record_trials(Controls())
    with pytest.raises(CalibrationError, match=r"2 whole trials of .*: expected at least 4"):
        calibration.fit()
    expectation = calibration.expect(1)
    assert expectation.right is None
    assert "too few to say" in expectation.sentence


def test_another_block_can_be_added(tmp_path):
    calibration = guided(tmp_path, n_blocks=1)
    calibration.record_trials(Controls())
    assert calibration.protocol.phase is Phase.DONE
    calibration.add_block()
    assert calibration.protocol.progress(0.0).n_planned == 12
    assert calibration.record_trials(Controls()).completed


def test_the_sweep_finds_what_the_subject_answers_to_and_goes_on_where_it_was(tmp_path):
    strong = (13.0, 16.0)
    bench = VirtualBench(QuickSubject(response_uv=3.0, strong_hz=strong))
    candidates = (9.0, 11.0, 13.0, 14.0, 16.0, 17.0)
    controls = Controls()

    def end_in_second_round(k, n_rounds, led):
        assert n_rounds == 3
        if k == 1:
            controls.end()

    calibration = guided(tmp_path, bench)
    assert calibration.sweep(controls, end_in_second_round, candidates_hz=candidates) is None
    rounds = []
    proposal = calibration.sweep(
        Controls(), lambda k, *_: rounds.append(k), candidates_hz=candidates
    )
    assert set(rounds) == {1, 2}, "the first round was done before"
    assert proposal.frequencies_hz == strong
    assert proposal.expected_accuracy > 0.9
    assert "answers clearly" in proposal.candidates[0].sentence
    calibration.use_frequencies(proposal.frequencies_hz)
    assert calibration.settings.frequencies_hz == strong
    assert [t.command for t in calibration.settings.targets] == [
        t.command for t in SETTINGS.targets
    ]
    with pytest.raises(CalibrationError, match="3 frequencies: expected 2"):
        calibration.use_frequencies((9.0, 11.0, 13.0))
    sessions = [read_session(path) for path in calibration.visit.recordings("sweep")]
    whole = [session for session in sessions if sum(o.kept for o in outcomes_of(session)) == 6]
    assert evaluate_sweep(whole, SETTINGS).frequencies_hz == strong


def test_what_a_screen_cannot_show_is_no_candidate():
    reasons = showable((9.0, 13.0, 29.5, 31.0), 60.0, Waveform.SINUSOIDAL)
    assert [f for f, reason in reasons.items() if not reason] == [9.0, 13.0]
    assert "cannot be shown" in reasons[31.0]
    square = showable((10.0, 13.0), 60.0, Waveform.SQUARE)
    assert not square[10.0]
    assert "frames a period" in square[13.0]
    assert not any(showable((9.0, 40.0), 0.0, Waveform.SQUARE).values())


def test_another_headset_in_the_same_session_is_refused(tmp_path):
    calibration = guided(tmp_path, n_blocks=1)
    calibration.record_trials(Controls())
    other = QuickSubject()
    other.channel_names = ("Oz", "O1", "O2", "PO8")
    changed = guided(tmp_path, VirtualBench(other), n_blocks=2)
    with pytest.raises(RecordingError, match="PO8 at 250 Hz, but this session was begun with"):
        changed.record_trials(Controls())
    assert guided(tmp_path, n_blocks=2).record_trials(Controls()).completed
