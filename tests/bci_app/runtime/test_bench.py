"""Targets in a guided calibration: who confirmed them, when they flickered."""

from contextlib import contextmanager

import pytest

from bci_app.errors import ConfigurationError
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import read_session
from bci_app.runtime import bench as module
from bci_app.runtime.bench import LiveBench, LiveFeed, VirtualBench, VirtualFeed
from bci_app.runtime.configuration import LedSettings, SessionConfiguration
from bci_app.runtime.controls import Controls
from bci_app.runtime.subject_stimulus import SubjectStimulus
from bci_app.stimulus import messages
from bci_app.stimulus.geometry import FlashingArea
from calibration.protocol import Phase

from ..guided_subject import QuickSubject, guided

READY = messages.Ready("screen", 60.0, True, 1920, 1080, FlashingArea(0.0, 0.0), ())
CONFIRMED = messages.Confirmed("the subject")


class FakeStimulus:
    """Follows each request at once, at a time that the test says."""

    def __init__(self, answer=CONFIRMED, flickers=True):
        self.requests = []
        self._reports = [] if answer is None else [answer]
        self._flickers = flickers
        self.now_s = 0.0

    def start(self):
        return READY

    def send(self, request):
        self.requests.append(request)
        if isinstance(request, messages.Begin) and self._flickers:
            self._reports.append(messages.Began(self.now_s))

    def receive(self):
        reports, self._reports = self._reports, []
        return reports

    def close(self):
        pass


class ShownBench(VirtualBench):
    """A virtual subject before targets; what is shown is 3 samples late."""

    def __init__(self, stimulus, wearer=None):
        super().__init__(QuickSubject())
        self.shown = stimulus
        self._wearer = wearer
        self._feed = None

    @contextmanager
    def headset(self):
        self._feed = VirtualFeed(QuickSubject())
        self._feed.index_at = lambda time_s: round(time_s * 250)
        take = self._feed.get

        def get():
            chunk = take()
            self.shown.now_s = (chunk.end_index + 3) / 250
            return chunk

        self._feed.get = get
        self._feed.surroundings = LiveFeed(None, self._wearer, SessionConfiguration()).surroundings
        yield self._feed

    @contextmanager
    def stimulus(self, _path, controls):
        with SubjectStimulus(self.shown, controls, paced=True) as targets:
            yield targets


def test_a_trial_begins_with_the_first_flickering_frame(tmp_path):
    bench = ShownBench(FakeStimulus())
    run = guided(tmp_path, bench, n_blocks=1).record_trials(Controls())
    assert run.completed
    kinds = [type(request) for request in bench.shown.requests]
    assert kinds[:3] == [messages.Cue, messages.Begin, messages.Pause]
    assert kinds.count(messages.Begin) == kinds.count(messages.Pause) == 6
    assert messages.ShowDecision not in kinds, "what is decided would distract"
    cues = [request for request in bench.shown.requests if isinstance(request, messages.Cue)]
    assert {cue.target for cue in cues} == {0, 1, None}
    assert {cue.text for cue in cues if cue.target is None} == {"Look away from all targets"}
    markers = read_session(run.recording).recording().markers
    ends = [marker.index for marker in markers if marker.code == "nothing"]
    onsets = [marker.index for marker in markers if marker.code in ("11", "15", "idle")]
    assert all(index % 10 == 3 for index in onsets), "chunks are of 10 samples"
    lengths = {end - onset for onset, end in zip(onsets, ends, strict=True)}
    assert lengths == {507}, "two seconds from the first frame to the next chunk's end"


class Seeing:
    """A wearer who remembers what was displayed."""

    def __init__(self):
        self.flickers = []
        self.stills_s = []

    def flicker(self, flicker, refresh_hz, at_s):
        self.flickers.append((flicker.frequency_hz, refresh_hz, at_s))

    def still(self, at_s):
        self.stills_s.append(at_s)


def test_a_virtual_subject_sees_the_targets_when_they_are_displayed(tmp_path):
    wearer = Seeing()
    run = guided(tmp_path, ShownBench(FakeStimulus(), wearer), n_blocks=1).record_trials(Controls())
    assert wearer.stills_s == [0.0], "dark until told otherwise"
    markers = read_session(run.recording).recording().markers
    onsets = [marker.index for marker in markers if marker.code in ("11", "15", "idle")]
    assert [(f, hz, round(at_s * 250)) for f, hz, at_s in wearer.flickers] == [
        (frequency_hz, 60.0, onset) for onset in onsets for frequency_hz in (11.0, 15.0)
    ]


def test_targets_that_do_not_flicker_are_no_trial(tmp_path):
    controls, held = Controls(), []

    def tell(led):
        if led.progress.phase is Phase.PAUSED:
            held.append(led.held)
            controls.end()

    run = guided(tmp_path, ShownBench(FakeStimulus(flickers=False))).record_trials(controls, tell)
    assert "did not flicker" in held[0]
    assert not run.completed
    assert "idle" not in read_session(run.recording).recording().count_codes()


def test_nothing_begins_before_the_notice_is_confirmed_and_a_refusal_ends_it(tmp_path):
    bench = ShownBench(FakeStimulus(messages.Declined()))
    run = guided(tmp_path, bench).record_trials(Controls())
    assert not run.completed
    assert run.reason == "the subject does not want to see flicker"
    assert bench.shown.requests == []


def test_only_a_notice_that_was_confirmed_counts_as_confirmed(monkeypatch):
    by, controls = [], Controls()
    fakes = [FakeStimulus(None), FakeStimulus(), FakeStimulus(None)]

    def screen(_screen, _path, given, *, confirmed_by, paced):
        by.append(confirmed_by)
        return SubjectStimulus(fakes[len(by) - 1], given, confirmed_by=confirmed_by, paced=paced)

    monkeypatch.setattr(module, "screen_stimulus", screen)
    bench = LiveBench(SessionConfiguration())
    for _ in fakes:
        with bench.stimulus(PathSettings(), controls) as targets:
            targets.poll(_Nobody())
    assert by == [None, None, "the subject, before"]


def test_leds_want_to_know_who_has_confirmed():
    bench = LiveBench(SessionConfiguration(leds=LedSettings(port="/dev/ttyUSB9")))
    with (
        pytest.raises(ConfigurationError, match="nobody has confirmed"),
        bench.stimulus(PathSettings(), Controls()),
    ):
        pass


class _Nobody:
    def tell(self, event):
        pass
