"""The export of a session when it is over, which must never cost the recording."""

from pathlib import Path

from bci_app.cli import output
from bci_app.errors import BciAppError
from bci_app.runtime.configuration import SessionConfiguration


def check_export(configuration: SessionConfiguration) -> None:
    """Refuse before the session what would fail after it.

    Raises
    ------
    RecordingError
        When the extra `bids` is needed and not installed.
    """
    if configuration.recording.export == "bids":
        from bci_app.recordings.bids import require_mne_bids

        require_mne_bids()


def export_on_close(
    recording: Path, configuration: SessionConfiguration, subject: str | None
) -> Path | None:
    """Export a closed session as its configuration says.

    Parameters
    ----------
    recording : Path
    configuration : SessionConfiguration
    subject : str or None
        That of the profile.

    Returns
    -------
    Path or None
        What was written; None when nothing was asked for, or it failed, which is said.
    """
    settings = configuration.recording
    if settings.export == "none":
        return None
    from bci_app.recordings.bids import BidsLabels
    from bci_app.recordings.export import export_recording
    from bci_app.recordings.session_file import read_session

    folder = Path(settings.folder) if settings.folder else recording.parent / settings.export
    try:
        return export_recording(
            read_session(recording),
            settings.export,
            folder,
            BidsLabels(settings.subject or subject or "01"),
        )
    except (BciAppError, MemoryError, OSError, RuntimeError, ValueError) as error:
        output.console(stderr=True).print(
            f"The session was not exported: {error}\nIts recording is whole: {recording}. "
            f"Try again with `bci-app export {recording} --to {settings.export} --out {folder}`.",
            markup=False,
            soft_wrap=True,
        )
        return None
