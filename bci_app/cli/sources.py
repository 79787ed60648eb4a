"""Which recordings an evaluation is about, and what their event codes mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.parameters import classes_option
from bci_app.errors import RecordingError
from bci_app.recordings.moabb_data import PREFIX, MoabbDataSet, load_moabb
from bci_app.recordings.reading import find_recordings

_START_S = 0.5

paths_argument = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH|moabb:NAME..."
)
source_classes_option = classes_option("A data set of MOABB says it itself.")
start_option = click.option(
    "--start",
    "start_s",
    type=float,
    help="Begin of the window after a trial's onset, in seconds. Default: 0.5, and 0 for data sets "
    "of MOABB, which say where in a trial to begin.",
)
exclude_option = click.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Leave out recordings whose path matches, such as '*2013.04.06-16.22.32*'.",
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is to be evaluated.

    Parameters
    ----------
    files : list of Path
    named : set of Path
        Those that were named one by one, not found in a folder or a data set.
    classes : mapping of str to float or None
        Target frequency of each event code, None for idle.
    start_s : float
        Where a window begins in a trial, if nobody says otherwise.
    trial_s : float or None
        Length of a trial, where a data set says it.
    """

    files: list[Path]
    named: set[Path]
    classes: Mapping[str, float | None]
    start_s: float
    trial_s: float | None


def find_sources(
    paths: tuple[Path, ...], classes: Mapping[str, float | None] | None, exclude: tuple[str, ...]
) -> Sources:
    """Find the recordings of files, folders and `moabb:NAME`.

    Raises
    ------
    RecordingError
        When a path does not exist, a data set cannot be loaded or nothing is left.
    click.UsageError
        When nobody says what the event codes mean.
    """
    data_sets: list[MoabbDataSet] = []
    files: list[Path] = []
    for path in paths:
        if str(path).startswith(PREFIX):
            name = str(path).removeprefix(PREFIX)
            with output.progress() as bar:
                progress = partial(bar.track, description=f"Loading {name}")
                data_set, own = load_moabb(name, progress)
            data_sets.append(data_set)
            files += own
        else:
            files += find_recordings((path,))
    kept = [file for file in files if not any(fnmatch(str(file), pattern) for pattern in exclude)]
    if not kept:
        raise RecordingError("every recording was excluded: expected at least one to evaluate.")
    return Sources(
        files=kept,
        named=set(paths),
        classes=classes or _common_classes(data_sets, paths),
        start_s=0.0 if len(data_sets) == len(paths) else _START_S,
        trial_s=min((data_set.trial_s for data_set in data_sets), default=None),
    )


def _common_classes(
    data_sets: list[MoabbDataSet], paths: tuple[Path, ...]
) -> Mapping[str, float | None]:
    """Return what all data sets say of their events."""
    if len(data_sets) < len(paths):
        raise click.UsageError(
            "Missing option '--classes': expected what each event code means, such as "
            "2=13,4=17,3=21,1=idle."
        )
    first = data_sets[0]
    for data_set in data_sets:
        if data_set.classes != first.classes:
            raise click.UsageError(
                f"{first.name} and {data_set.name} have different targets: evaluate each by "
                "itself, or name with --classes those that both have."
            )
    if len(first.classes) < 2:
        raise click.UsageError(
            f"the events of {first.name} ({', '.join(first.events)}) are not named by their "
            f"frequencies: expected --classes, such as {first.events[0]}=12."
        )
    return first.classes
