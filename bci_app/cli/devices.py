"""`bci-app devices`: what is there."""

from dataclasses import asdict

import click

from bci_app.cli import output
from devices.errors import DeviceError


@click.command()
@output.json_option
def command(as_json: bool) -> None:
    """List serial ports, LSL streams on the network, and the boards that BrainFlow knows."""
    from devices.headset.brainflow_source import known_boards
    from devices.headset.lsl_source import LslStream, find_streams
    from devices.serial_port import list_ports

    ports, boards = list_ports(), known_boards()
    streams: tuple[LslStream, ...] = ()
    no_lsl = None
    try:
        streams = find_streams()
    except DeviceError as error:
        no_lsl = str(error)
    if as_json:
        output.print_json(
            {
                "serial_ports": [asdict(port) for port in ports],
                "lsl_streams": None if no_lsl else [asdict(stream) for stream in streams],
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
    if streams:
        report.print(
            output.table(
                ("LSL stream", "type", "source id", "from", "channels", "Hz"),
                [
                    (
                        *(stream.name, stream.kind, stream.source_id, stream.host),
                        *(str(stream.n_channels), _rate(stream.sampling_rate_hz)),
                    )
                    for stream in streams
                ],
            ),
            markup=False,
        )
    else:
        report.print(f"No LSL stream: {no_lsl or 'none is on the network'}.\n", markup=False)
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


def _rate(sampling_rate_hz: float) -> str:
    return f"{sampling_rate_hz:g}" if sampling_rate_hz else "irregular"
