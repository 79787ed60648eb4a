"""`bci-app calibrate`: one subject on one headset, from recordings or guided."""

from collections.abc import Mapping
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.calibrate_from import FromRecordings, calibrate_from
from bci_app.cli.parameters import (
    band_option,
    classes_option,
    mains_option,
    max_false_option,
    trial_option,
)
from bci_app.runtime.profile_files import SUBJECTS


@click.command()
@click.option(
    "--from",
    "recordings",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="RECORDING",
    help="A session of the subject, or a folder of them; may be given several times.",
)
@classes_option("With --from; a session of this program knows its own.")
@click.option(
    "--subject",
    required=True,
    metavar="LABEL",
    help="Letters and digits, such as 01; not a name.",
)
@click.option(
    "--session",
    metavar="LABEL",
    default="",
    help="By default the last one if it has led to no profile yet, or the next free number.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Guided: the session to be prepared, in TOML: see docs/configuration.md.",
)
@click.option(
    "--rehearse",
    metavar="NAME",
    is_flag=False,
    flag_value="Obliging",
    help="Guided, on a virtual subject in virtual time, without devices or windows: one of those "
    "in docs/virtual-headset.md. By default Obliging.",
)
@click.option("--sweep", is_flag=True, help="Guided: look for the frequencies that suit best.")
@click.option(
    "--blocks",
    "n_blocks",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="Guided: blocks at most; fewer when another one would not help.",
)
@click.option("--no-window", is_flag=True, help="Guided: in the terminal, even with a display.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    default=SUBJECTS,
    show_default=True,
    help="Where profile and report go, in sub-LABEL/ses-LABEL.",
)
@click.option(
    "--others",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="With --from: other people's recordings to learn from, one folder a person, or a folder "
    "of such folders.",
)
@max_false_option()
@click.option(
    "--commands",
    metavar="HZ=COMMAND,…",
    help="With --from: what each target commands, such as 13=walk,17=stand,21=sit.",
)
@click.option(
    "--without",
    metavar="ELECTRODE,…",
    default="",
    help="With --from: electrodes to leave out.",
)
@trial_option
@band_option(None)
@mains_option
@click.option("--seed", default=0, show_default=True, help="Of all that is drawn at random.")
@output.json_option
def command(
    recordings: tuple[Path, ...],
    classes: Mapping[str, float | None] | None,
    subject: str,
    session: str,
    out: Path,
    others: tuple[Path, ...],
    max_false_per_min: float,
    config: Path | None,
    rehearse: str | None,
    sweep: bool,
    n_blocks: int,
    no_window: bool,
    commands: str | None,
    without: str,
    trial_s: float,
    band_hz: tuple[float, float] | None,
    mains_hz: float | None,
    seed: int,
    as_json: bool,
) -> None:
    """Calibrate a subject: compare decoders, fit one, and write a profile and a report.

    With --config the subject is led through it: quality of the signal, a sweep of frequencies with
    --sweep, then blocks of trials until another one would not help. Ended early, the same command
    goes on where it was. With a display, in a window.

    With --from the subject's recordings are used: what this program recorded, or any EEG file with
    --classes. Idle trials must be among them: what must not happen is learned from those. No figure
    comes from trials that were learned from. `bci-app run --profile LABEL` then uses the profile.

    \b
    bci-app calibrate --config session.toml --subject 01
    bci-app calibrate --rehearse Amara --subject test
    bci-app calibrate --from day1_raw.fif --classes 2=13,4=17,3=21,1=idle --subject 01
    bci-app calibrate --from sub01/ --others people/ --classes 2=13,4=17,3=21,1=idle --subject 01
    """  # noqa: D301 - click takes the backslash
    if config is not None or rehearse is not None:
        if recordings:
            raise click.UsageError("--from with --config or --rehearse: expected one of them.")
        from bci_app.cli.calibrate_guided import Guided, calibrate_guided

        calibrate_guided(
            Guided(
                config=config,
                rehearse=rehearse,
                subject=subject,
                session=session,
                sweep=sweep,
                n_blocks=n_blocks,
                look_s=trial_s,
                max_false_per_min=max_false_per_min,
                seed=seed,
                window=not no_window,
            ),
            out,
            as_json=as_json,
        )
        return
    if not recordings:
        raise click.UsageError(
            "neither --config, --rehearse nor --from: expected a session to be led through, or at "
            "least one recording of the subject."
        )
    calibrate_from(
        FromRecordings(
            recordings=recordings,
            others=others,
            classes=classes,
            commands=commands,
            without=tuple(name.strip() for name in without.split(",") if name.strip()),
            subject=subject,
            session=session,
            max_false_per_min=max_false_per_min,
            trial_s=trial_s,
            band_hz=band_hz,
            mains_hz=mains_hz,
            seed=seed,
        ),
        out,
        as_json=as_json,
    )
