"""`bci-app simulate`: a headset or an exoskeleton on a port of its own, for any program to open."""

import json
import sys

import click

from bci_app.cli import output

_until_stdin_closes = click.option(
    "--until-stdin-closes",
    is_flag=True,
    help="End when standard input does: a child that never outlives its parent.",
)


@click.group()
def command() -> None:
    """Simulate a device on a port of its own; the port is printed."""


@command.command()
@click.option("--seed", default=0, show_default=True, help="Which virtual subject wears it.")
@_until_stdin_closes
@output.json_option
def headset(seed: int, until_stdin_closes: bool, as_json: bool) -> None:
    """Simulate an OpenBCI Cyton (250 Hz, 8 channels) on the head of a virtual subject.

    Open the printed port with any program that knows a Cyton. Lines on standard input steer it:
    `gaze 13` looks at a 13 Hz flicker, `gaze none` away, `lose 5` drops the next five packets.
    """
    from devices.headset.cyton.simulator import serve
    from devices.virtual_brain import VirtualSubject

    serve(
        VirtualSubject(seed),
        lambda port: _announce("headset", port, as_json=as_json),
        commands=sys.stdin,
        until_commands_close=until_stdin_closes,
        on_refusal=lambda error: click.echo(str(error), err=True),
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
