"""`bci-app recover`: a session that was cut off, made whole."""

from pathlib import Path

import click

from bci_app.cli import output
from bci_app.recordings.recovery import recover_session


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The new file. Default: beside FILE, with -recovered in its name.",
)
@output.json_option
def command(file: Path, out: Path | None, as_json: bool) -> None:
    """Make a session whole that was cut off by a crash or a power failure.

    FILE stays as it is; all that is whole in it is written to a new file and closed.
    """
    recovered = recover_session(file, out)
    session = recovered.session
    if as_json:
        output.print_json(
            {
                "session": str(file),
                "recovered": str(recovered.path),
                "was_whole": recovered.path == file,
                "duration_s": session.duration_s,
                "n_lost": session.n_lost,
                "n_events": len(session.entries),
                "n_damaged_bytes": session.n_damaged_bytes,
            }
        )
        return
    report = output.console()
    if recovered.path == file:
        report.print(f"{file} is whole: nothing is to be done.")
        return
    rows = [
        ("recovered", f"{session.duration_s:.2f} s, {len(session.entries)} events"),
        ("left out", f"{session.n_damaged_bytes} bytes that belong to no whole block"),
        ("written to", str(recovered.path)),
    ]
    report.print(output.facts(rows))
