"""`bci-app devices`: what is there."""

from dataclasses import asdict

import click

from bci_app.cli import output


@click.command()
@output.json_option
def command(as_json: bool) -> None:
    """List the serial ports of this machine and the boards that BrainFlow knows."""
    from devices.headset.brainflow_source import known_boards
    from devices.serial_port import list_ports

    ports, boards = list_ports(), known_boards()
    if as_json:
        output.print_json(
            {
                "serial_ports": [asdict(port) for port in ports],
                "boards": [asdict(board) for board in boards],
            }
        )
        return
    report = output.console()
    if ports:
        rows = [(port.name, port.description) for port in ports]
        report.print(output.table(("serial port", "what it says it is"), rows), markup=False)
    else:
        report.print("No serial port: plug a dongle or an exoskeleton in, or simulate one.\n")
    report.print(
        output.table(
            ("board", "device", "EEG channels", "Hz"),
            [
                (board.name, board.device, str(board.n_channels), f"{board.sampling_rate_hz:g}")
                for board in boards
            ],
        ),
        markup=False,
    )
