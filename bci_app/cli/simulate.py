"""`bci-app simulate`: a headset or an exoskeleton on a port of its own, for any program to open."""

import json
import sys
from pathlib import Path

import click

from bci_app.cli import output

_DAISY_CHANNELS = ("P7", "P3", "Pz", "P4", "P8", "CPz", "Cz", "Fz")

_until_stdin_closes = click.option(
    "--until-stdin-closes",
    is_flag=True,
    help="End when standard input does: a child that never outlives its parent.",
)


@click.group()
def command() -> None:
    """Simulate a device on a port of its own; the port is printed."""


@command.command()
@click.option("--seed", default=0, show_default=True, help="All that is random about the session.")
@click.option(
    "--subject",
    "name",
    default="Obliging",
    show_default=True,
    help="Who wears it: one of the twelve in docs/virtual-headset.md, or Obliging.",
)
@click.option("--daisy", is_flag=True, help="A Cyton with Daisy: 16 channels at 125 Hz.")
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Lines as on standard input, each with its time in seconds before it.",
)
@click.option(
    "--link",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="A name for the port that stays the same when it is plugged in again.",
)
@click.option(
    "--photodiode",
    "framebuffer",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Put a photodiode (pin A5) on the lower right corner of a virtual display: the file that "
    "`Xvfb -fbdir DIR` draws into. For `bci-app bench screen`.",
)
@_until_stdin_closes
@output.json_option
def headset(
    seed: int,
    name: str,
    daisy: bool,
    scenario: Path | None,
    link: Path | None,
    framebuffer: Path | None,
    until_stdin_closes: bool,
    as_json: bool,
) -> None:
    """Simulate an OpenBCI Cyton (8 channels at 250 Hz) on the head of a virtual subject.

    Open the printed port with any program that knows a Cyton. Lines on standard input steer it and
    make things fail: `gaze 13` looks at a 13 Hz flicker, `gaze none` away, `lose 5` drops the next
    five packets, `dry O2 80 60` lets an electrode dry; docs/virtual-headset.md lists them all.
    """
    from devices.headset.cyton.simulator import serve
    from devices.virtual_brain import OCCIPITAL_CHANNELS, VirtualSubject, person_named

    subject = VirtualSubject(
        seed,
        OCCIPITAL_CHANNELS + (_DAISY_CHANNELS if daisy else ()),
        person=person_named(name),
    )
    serve(
        subject,
        lambda port: _announce("headset", port, as_json=as_json),
        commands=sys.stdin,
        until_commands_close=until_stdin_closes,
        on_refusal=lambda error: click.echo(str(error), err=True),
        scenario=scenario,
        link=link,
        framebuffer=framebuffer,
    )


@command.command()
@click.option("--tcp", is_flag=True, help="Listen on TCP loopback instead of a pseudo-terminal.")
@_until_stdin_closes
@output.json_option
def exoskeleton(tcp: bool, until_stdin_closes: bool, as_json: bool) -> None:
    """Simulate a lower-limb exoskeleton and its controller, to the protocol of docs/protocol.md.

    Lines on standard input make things fail: `noise 0.001`, `lose-frames 0.3`, `delay 0.3`,
    `stick left_knee`, `battery 5`, `button` (the emergency stop on the exoskeleton), `reboot`,
    `mend`.
    """
    from devices.exoskeleton.simulator import serve

    serve(
        lambda port: _announce("exoskeleton", port, as_json=as_json),
        tcp=tcp,
        commands=sys.stdin,
        until_closed=sys.stdin if until_stdin_closes else None,
        on_refusal=lambda error: click.echo(str(error), err=True),
    )


def _announce(kind: str, port: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"kind": kind, "port": port}))
    else:
        click.echo(f"The simulated {kind} is at {port}")
        click.echo("Ctrl+C ends it.", err=True)
    sys.stdout.flush()
