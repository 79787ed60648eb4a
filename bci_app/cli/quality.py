"""`bci-app quality`: how each electrode does, and what to do about it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bci_app.cli import output

if TYPE_CHECKING:
    from bci_app.runtime.headset_check import HeadsetCheck
    from calibration.quality import ElectrodeQuality

_SIGNS = {"GOOD": "[green]●[/]", "DOUBTFUL": "[yellow]▲[/]", "BAD": "[red]■[/]"}


@click.command()
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The session's configuration. Default: a virtual subject's headset.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=2.5),
    default=6.0,
    show_default=True,
    help="How long to look at the signal.",
)
@click.option(
    "--impedance/--no-impedance",
    default=True,
    show_default=True,
    help="Measure impedances where the headset can: some two seconds an electrode.",
)
@click.option("--seed", default=0, show_default=True, help="Which virtual subject, if one is used.")
@output.json_option
def command(file: Path | None, seconds: float, impedance: bool, seed: int, as_json: bool) -> None:
    """Look at a headset on a head: say of each electrode how it does and what to do about it.

    The subject sits still and relaxed, and nothing flickers. Exits with 1 when an electrode is so
    bad that no session should begin.
    """
    from bci_app.runtime.configuration import HeadsetSettings, read_configuration
    from bci_app.runtime.headset_check import check_headset

    wanted = read_configuration(file).headset if file else HeadsetSettings()
    told: dict[str, str] = {}

    def tell(electrodes: "tuple[ElectrodeQuality, ...]") -> None:
        for electrode in electrodes:
            if told.get(electrode.name, "none") != electrode.problem:
                remarks.print(electrode.sentence, markup=False)
            told[electrode.name] = electrode.problem

    remarks = output.console(stderr=True)
    remarks.print("Looking at the signal: sit still, eyes open, jaw relaxed.")
    check = check_headset(
        wanted,
        seed,
        signal_s=seconds,
        impedance=impedance,
        on_judged=tell,
        on_impedance=lambda name, kohm: remarks.print(
            f"{name}: {output.figure(kohm, '.0f', ' kΩ')}", markup=False
        ),
    )
    if as_json:
        output.print_json(_as_json(check))
    else:
        _print_report(check)
    if not check.verdict.go:
        click.get_current_context().exit(1)


def _as_json(check: "HeadsetCheck") -> dict[str, object]:
    return {
        "headset": check.headset.name,
        "go": check.verdict.go,
        "reasons": list(check.verdict.reasons),
        "no_impedance": check.no_impedance or None,
        "electrodes": [
            asdict(electrode) | {"grade": electrode.grade.name.lower()}
            for electrode in check.electrodes
        ],
    }


def _print_report(check: "HeadsetCheck") -> None:
    report = output.console()
    rows = [
        (
            f"{_SIGNS[e.grade.name]} {e.name}",
            e.grade.name.lower(),
            output.figure(e.impedance_kohm, ".0f"),
            output.figure(e.mains_uv, ".1f"),
            output.figure(e.spread_uv, ".1f"),
        )
        for e in check.electrodes
    ]
    report.print(output.table(("electrode", "", "kΩ", "hum, µV", "EEG, µV"), rows))
    for reason in check.verdict.reasons:
        report.print(f"  {reason}", markup=False)
    if check.no_impedance:
        report.print(f"  Impedance: {check.no_impedance}.", markup=False)
    if not check.verdict.go:
        report.print("[red bold]No go[/]: mend what is bad, then look again.")
    elif check.verdict.reasons:
        report.print("[green bold]Go[/], better after mending these.")
    else:
        report.print("[green bold]Go[/]: all electrodes are good.")
