import pytest

from bci_app.online.events import Commanded, Decided, Withheld
from bci_app.runtime.controls import Controls
from bci_app.runtime.session import Session
from bci_app.runtime.subject_stimulus import SubjectStimulus
from bci_app.stimulus.messages import Closed, Declined, Failed, ShowDecision
from bci_app.stimulus.process import StimulusError
from devices.exoskeleton.command import Command


class Stimulus:
    def __init__(self, *reports):
        self.sent = []
        self._reports = reports

    def receive(self):
        return self._reports

    def send(self, request):
        self.sent.append(request)


@pytest.mark.parametrize(
    ("decided", "shown"),
    [
        (Decided(100, 2, 0.61), ShowDecision(2, 0.61, None)),
        (Decided(100, 1, 0.97, (0.01, 0.97, 0.02)), ShowDecision(1, 0.97, 0.97)),
    ],
)
def test_the_subject_is_told_a_probability_only_where_there_is_one(decided, shown):
    stimulus = Stimulus()
    SubjectStimulus(stimulus, Controls())(decided)
    assert stimulus.sent == [shown]


def test_the_subject_is_told_that_a_look_was_withheld_and_why():
    stimulus = Stimulus()
    shown = SubjectStimulus(stimulus, Controls())
    shown(Decided(100, 2, 0.61))
    shown(Commanded(100, Command.STAND))
    assert stimulus.sent == [ShowDecision(2, 0.61)]
    shown(Decided(600, 1, 0.7))
    shown(Withheld(600, Command.WALK, "not while sitting"))
    assert stimulus.sent[-1] == ShowDecision(1, 0.7, None, "not while sitting")


def test_what_is_decided_does_not_distract_from_a_calibration():
    stimulus = Stimulus()
    shown = SubjectStimulus(stimulus, Controls(), paced=True)
    shown(Decided(100, 2, 0.61))
    shown(Withheld(100, Command.WALK, "not while sitting"))
    assert stimulus.sent == []


@pytest.mark.parametrize("report", [Failed("the display is gone"), Closed(), Declined()])
def test_a_stimulus_that_ends_ends_the_session_and_only_its_failure_is_an_error(report):
    controls = Controls()
    shown = SubjectStimulus(Stimulus(report), controls)
    shown.raise_failure()
    shown.poll(Session(None, None, []))
    assert controls.ended
    if isinstance(report, Failed):
        with pytest.raises(StimulusError, match="the display is gone"):
            shown.raise_failure()
    else:
        shown.raise_failure()
