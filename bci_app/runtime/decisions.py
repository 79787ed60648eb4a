"""The decisions of a session, as they were made live; and those for any recording."""

from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import SessionFile
from bci_app.runtime.decision_table import Decision, DecisionTable
from bci_app.runtime.parity import events_of, settings_of
from bci_app.runtime.profiles import settings_with
from bci_app.runtime.replay import run_replay
from calibration.profile import Profile


def live_decisions(session: SessionFile) -> list[Decision]:
    """Return the decisions that were made in a session.

    Raises
    ------
    RecordingError
        When its events or settings are not known to this version of the program.
    """
    table = DecisionTable(settings_of(session), session.headset.sampling_rate_hz)
    for event in events_of(session):
        table(event)
    return table.rows


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
    table = DecisionTable(settings, recording.sampling_rate_hz)
    run_replay(
        recording,
        settings,
        [],
        speed=None,
        exoskeleton="none",
        listeners=[table],
        profile=profile,
    )
    return table.rows
