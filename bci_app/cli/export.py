"""`bci-app export`: a session, or any recording, for other programs."""

from pathlib import Path

import click

from bci_app.cli import output
from bci_app.recordings.bids import BidsLabels
from bci_app.recordings.export import Form, export_recording
from bci_app.recordings.reading import read_recording
from bci_app.recordings.recording import Recording
from bci_app.recordings.session_file import SessionFile, is_session, read_session


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder; for bids, the data set to which it is added.",
)
@click.option(
    "--to",
    "form",
    type=click.Choice(["bids", "fif", "xdf"]),
    default="bids",
    show_default=True,
    help="bids: EEG-BIDS with BrainVision files; fif: for MNE-Python; xdf: two plain streams.",
)
@click.option("--subject", default="01", show_default=True, help="The subject's label in BIDS.")
@click.option("--session", help="The session's label in BIDS. Default: the time it began.")
@click.option("--reference", help="The reference electrode, for BIDS. Default: what is known.")
@output.json_option
def command(
    file: Path,
    out: Path,
    form: Form,
    subject: str,
    session: str | None,
    reference: str | None,
    as_json: bool,
) -> None:
    """Export a session, or any recording that can be read, for other programs.

    Prompts, decisions, commands and notes become events. Samples are 32-bit floats in BIDS
    (relative error below 6e-8) and 64-bit ones in FIF and XDF; lost samples are marked.
    """
    source = _read(file)
    recording = source.recording() if isinstance(source, SessionFile) else source
    labels = BidsLabels(subject, session=session)
    written = export_recording(source, form, out, labels, reference)
    if as_json:
        output.print_json(
            {
                "recording": str(file),
                "written": str(written),
                "n_times": len(recording.samples_uv),
                "n_channels": len(recording.channel_names),
                "n_events": len(recording.markers),
                "repairs": list(recording.repairs),
            }
        )
        return
    for repair in recording.repairs:
        output.console(stderr=True).print(f"[yellow]{repair}[/]")
    output.console().print(
        f"{recording.duration_s:.1f} s of {len(recording.channel_names)} channels with "
        f"{len(recording.markers)} events: {written}"
    )


def _read(file: Path) -> SessionFile | Recording:
    if file.is_file() and is_session(file):
        return read_session(file)
    return read_recording(file)
