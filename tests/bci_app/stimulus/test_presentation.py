import pytest

from bci_app.stimulus import messages as m
from bci_app.stimulus.geometry import FlashingArea
from bci_app.stimulus.presentation import Phase, Presentation
from bci_app.stimulus.refresh_fit import Misfit

READY = m.Ready("screen", 60.0, True, 1920, 1080, FlashingArea(0.06, 0.2), ())


@pytest.fixture
def shown():
    presentation = Presentation(5)
    presentation.note_ready(READY)
    return presentation


def flickering(presentation):
    presentation.request(m.Confirm("subject"))
    presentation.request(m.Begin())
    assert presentation.phase is Phase.FLICKERING
    return presentation


def test_nothing_flickers_before_the_notice_is_confirmed(shown):
    (refused,) = shown.request(m.Begin())
    assert refused.request == "Begin"
    assert shown.phase is Phase.NOTICE
    assert shown.confirmed_by_subject() == [m.Confirmed("subject")]
    assert shown.request(m.Begin()) == []
    assert shown.phase is Phase.FLICKERING


def test_the_notice_cannot_be_confirmed_before_the_screen_is_measured():
    presentation = Presentation(5)
    assert presentation.confirmed_by_subject() == []
    assert presentation.phase is Phase.NOTICE


def test_declining_ends_it(shown):
    assert shown.declined() == [m.Declined(), m.Closed()]
    assert shown.phase is Phase.CLOSED


def test_a_click_at_the_notice_means_nothing(shown):
    assert shown.stop_by_subject("a click", 1.0) == []
    assert shown.phase is Phase.NOTICE


def test_a_key_stops_and_the_stop_latches(shown):
    flickering(shown)
    assert shown.stop_by_subject("a key", 2.0) == [m.StopRequested("a key", 2.0)]
    assert shown.phase is Phase.STOPPED
    assert [type(report) for report in shown.request(m.Begin())] == [m.Refused]
    shown.request(m.Pause())
    assert shown.phase is Phase.STOPPED
    shown.request(m.Resume())
    assert shown.phase is Phase.PAUSED


def test_each_further_key_reports_again(shown):
    flickering(shown).stop_by_subject("a key", 2.0)
    assert shown.stop_by_subject("a key", 3.0) == [m.StopRequested("a key", 3.0)]


def test_enter_after_the_notice_is_a_key_like_any_other(shown):
    flickering(shown)
    assert shown.confirmed_by_subject() == []
    assert shown.phase is Phase.FLICKERING  # the window calls stop_by_subject for it


def test_targets_that_cannot_be_shown_forbid_the_start():
    presentation = Presentation(5)
    misfits = (Misfit("40 Hz cannot be shown", forbids_start=True),)
    presentation.note_ready(m.Ready("s", 60.0, True, 1, 1, READY.area, misfits))
    presentation.request(m.Confirm("subject"))
    assert presentation.request(m.Begin()) == [m.Refused("Begin", "40 Hz cannot be shown")]
    assert presentation.phase is Phase.PAUSED


def test_closing_the_window_is_a_stop_and_said_once(shown):
    flickering(shown)
    reports = shown.window_closed(7.0)
    assert [type(report) for report in reports] == [m.StopRequested, m.Closed]
    assert shown.window_closed(8.0) == []


def test_closing_by_the_session_is_no_stop(shown):
    flickering(shown)
    assert shown.request(m.Close()) == [m.Closed()]
    assert shown.window_closed(8.0) == []


def test_a_cue_takes_the_last_decision_away_and_its_end_does_not(shown):
    flickering(shown)
    shown.request(m.Cue(2))
    shown.request(m.ShowDecision(2, 0.9))
    shown.request(m.Cue(None))
    assert shown.decision == m.ShowDecision(2, 0.9)
    shown.request(m.Cue(3))
    assert shown.decision is None
    assert shown.cue == m.Cue(3)


@pytest.mark.parametrize("request_", [m.Cue(5), m.ShowDecision(-1, 0.5)])
def test_a_target_that_is_not_there_is_refused(shown, request_):
    with pytest.raises(m.StimulusProtocolError, match="there are 5"):
        shown.request(request_)
