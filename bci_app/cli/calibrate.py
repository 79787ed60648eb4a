"""`bci-app calibrate`: one subject on one headset, from recordings or guided."""

from collections.abc import Mapping
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.calibrate_from import FromRecordings, calibrate_from
from bci_app.cli.parameters import BandType, ClassesType, mains_option
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
@click.option(
    "--classes",
    type=ClassesType(),
    help="With --from: what each event code means, such as 2=13,4=17,3=21,1=idle. A session of "
    "this program knows its own.",
)
@click.option(
    "--subject",
    required=True,
    metavar="LABEL",
    help="Letters and digits, such as 01; not a name.",
)
@click.option("--session", metavar="LABEL", default="", help="By default the next free number.")
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
@click.option(
    "--max-false-per-min",
    type=click.FloatRange(min=0, min_open=True),
    default=0.5,
    show_default=True,
    help="False commands a minute that are accepted.",
)
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
@click.option(
    "--trial",
    "trial_s",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="How long the flicker lasts after an onset, in seconds.",
)
@click.option(
    "--band",
    "band_hz",
    type=BandType(),
    help="Pass band in Hz. By default 6-80, as far as targets and sampling rate allow.",
)
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
    commands: str | None,
    without: str,
    trial_s: float,
    band_hz: tuple[float, float] | None,
    mains_hz: float | None,
    seed: int,
    as_json: bool,
) -> None:
    """Calibrate a subject: compare decoders, fit one, and write a profile and a report.

    With --from the subject's recordings are used: what this program recorded, or any EEG file with
    --classes. Idle trials must be among them: what must not happen is learned from those. No figure
    comes from trials that were learned from. `bci-app run --profile LABEL` then uses the profile.

    \b
    bci-app calibrate --from day1_raw.fif --classes 2=13,4=17,3=21,1=idle --subject 01
    bci-app calibrate --from sub01/ --others people/ --classes 2=13,4=17,3=21,1=idle --subject 01
    """  # noqa: D301 - click takes the backslash
    if not recordings:
        raise click.UsageError("no --from: expected at least one recording of the subject.")
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
