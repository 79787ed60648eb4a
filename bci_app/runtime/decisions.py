"""The decisions of a session or a replay as a table: what was asked, decided, and came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from bci_app.evaluation.answers import Prompt
from bci_app.online.events import Decided, Withheld
from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import SessionFile
from bci_app.runtime.parity import events_of, settings_of
from bci_app.runtime.profiles import settings_with
from bci_app.runtime.replay import run_replay
from bci_app.runtime.session import CommandSent, SessionEvent
from calibration.profile import Profile
from devices.exoskeleton.events import Acknowledged, Refused, Unanswered


@dataclass(slots=True)
class Decision:
    """A row of the table.

    Parameters
    ----------
    time_s : float
        Time of the last sample that it used, from the first sample of the stream.
    sample : int
        Absolute index just after that sample.
    target_hz, score : float
        The target and its score.
    asked_hz : float or None
        The target that the subject was asked to look at, None when there was none.
    command : str
    outcome : str
        `acknowledged`, `refused`, `unanswered`, `withheld: …`, or `pending`.
    """

    time_s: float
    sample: int
    target_hz: float
    score: float
    asked_hz: float | None
    command: str
    outcome: str = "pending"


def table_of(
    events: Iterable[SessionEvent], settings: PathSettings, sampling_rate_hz: float
) -> list[Decision]:
    """Return the decisions among the events of a session, a row each.

    `pandas.DataFrame(table_of(…))` makes a data frame of it.
    """
    table: list[Decision] = []
    sent: dict[int, Decision] = {}
    asked: Prompt | None = None
    for event in events:
        match event:
            case Prompt():
                asked = event
            case Decided():
                target = settings.targets[event.target]
                asked_for = None if asked is None else asked.target
                table.append(
                    Decision(
                        time_s=event.end_index / sampling_rate_hz,
                        sample=event.end_index,
                        target_hz=target.frequency_hz,
                        score=event.score,
                        asked_hz=(
                            None if asked_for is None else settings.frequencies_hz[asked_for]
                        ),
                        command=target.command.words,
                    )
                )
            case Withheld():
                table[-1].outcome = f"withheld: {event.reason}"
            case CommandSent(end_index=int()):
                sent[event.sequence] = table[-1]
            case Acknowledged() | Refused() | Unanswered() if event.sequence in sent:
                sent.pop(event.sequence).outcome = type(event).__name__.lower()
            case _:
                pass
    return table


def live_decisions(session: SessionFile) -> list[Decision]:
    """Return the decisions that were made in a session.

    Raises
    ------
    RecordingError
        When its events or settings are not known to this version of the program.
    """
    return table_of(events_of(session), settings_of(session), session.headset.sampling_rate_hz)


def decide(
    recording: Recording,
    settings: PathSettings | None = None,
    profile: Profile | None = None,
) -> list[Decision]:
    """Send a recording through the online path and return its decisions.

    No exoskeleton is there, so the gate withholds every command.

    Parameters
    ----------
    recording : Recording
    settings : PathSettings or None
        None for the defaults.
    profile : Profile or None
        Of the subject; it changes the settings.
    """
    settings = settings or PathSettings()
    if profile is not None:
        settings = settings_with(profile, settings)
    events: list[SessionEvent] = []
    run_replay(
        recording,
        settings,
        [],
        speed=None,
        exoskeleton="none",
        listeners=[events.append],
        profile=profile,
    )
    return table_of(events, settings, recording.sampling_rate_hz)
