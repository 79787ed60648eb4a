"""Sessions with windows, where there is a display for them; Qt is imported only then."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bci_app.online.settings import PathSettings
from bci_app.recordings.recording import Recording
from bci_app.runtime.run import Attach
from bci_app.runtime.session import SessionEvent
from devices.headset.source import HeadsetInfo

Result = TypeVar("Result")


def run_with_window(
    work: Callable[[Attach], Result],
    *,
    title: str,
    settings: PathSettings,
    calibrated: bool = False,
    windows: bool,
) -> Result:
    """Run `work` with the operator window open beside it, or without any.

    Parameters
    ----------
    work : callable
        The session; is given what to call, once its headset streams, to be watched.
    title : str
        What is being done, and with whom.
    settings : PathSettings
    calibrated : bool
        Whether a model that was fitted to the subject decides.
    windows : bool
        False to do without Qt altogether.
    """
    if not windows:
        return work(lambda _info, _controls: ())
    from bci_app.ui import app

    return app.run_with_window(
        work,
        title=title,
        settings=settings,
        calibrated=calibrated,
        flicker=True,
        layout=app.remembered(),
    )


def show_recorded(
    events: Sequence[SessionEvent],
    recording: Recording,
    settings: PathSettings,
    *,
    calibrated: bool = False,
) -> None:
    """Open the replay window on what happened, until it is closed.

    Parameters
    ----------
    events : sequence of SessionEvent
        As a listener heard them.
    recording : Recording
        What they came from.
    settings : PathSettings
    calibrated : bool
        Whether a model that was fitted to the subject decided.
    """
    from bci_app.ui.app import remembered
    from bci_app.ui.recorded_session import RecordedSession
    from bci_app.ui.replay_window import show_replay
    from bci_app.ui.session_values import SessionInfo

    info = SessionInfo(
        title=recording.name,
        channel_names=recording.channel_names,
        sampling_rate_hz=recording.sampling_rate_hz,
        settings=settings,
        live=False,
        calibrated=calibrated,
    )
    show_replay(RecordedSession(info, events), remembered())


class SessionPicture:
    """A listener that can draw the operator window of its session, without a display.

    Parameters
    ----------
    title : str
        What is being done, and with whom.
    headset : HeadsetInfo
    settings : PathSettings
    """

    def __init__(self, title: str, headset: HeadsetInfo, settings: PathSettings) -> None:
        from bci_app.ui.session_values import SessionInfo
        from bci_app.ui.session_view import SessionView

        self._view = SessionView(
            SessionInfo(title, headset.channel_names, headset.sampling_rate_hz, settings)
        )

    def __call__(self, event: SessionEvent) -> None:
        """Take in an event."""
        self._view.take(event, time.monotonic())

    def save(self, path: Path) -> None:
        """Save the window as it would look now.

        Raises
        ------
        ImportError
            When Qt's system libraries are missing.
        """
        from bci_app.ui.offscreen import render

        render(self._view, path)
