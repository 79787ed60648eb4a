"""The command line: `bci-app COMMAND`. Each command's imports wait until it is called."""

import importlib
import os
import sys

# One thread in every matrix product: the products of the online path are small, and a decision must
# not wait for a core. BLAS reads this when NumPy is first imported.
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import click  # noqa: E402 - after the environment is set

COMMANDS = {
    "demo": "The whole loop with nothing plugged in: a virtual subject walks a course.",
    "run": "A session: headset, targets on the screen, exoskeleton.",
    "quality": "How each electrode does, and what to do about it: go or no-go.",
    "calibrate": "One subject on one headset: a profile for sessions, and a report.",
    "replay": "A recording through the online path, to an exoskeleton.",
    "export": "A session to BIDS, FIF or XDF.",
    "recover": "A session that was cut off, made whole.",
    "evaluate": "Accuracy of a decoder on recordings.",
    "compare": "Decoders and window lengths held against each other on recordings.",
    "devices": "What is there: boards BrainFlow knows, serial ports.",
    "simulate": "A headset or an exoskeleton on a port of its own.",
    "conformance": "Whether an exoskeleton's controller does what the protocol demands.",
    "bench": "Speed and latency on this machine, beside what they may be.",
    "doctor": "What works on this machine, what does not, and what mends it.",
}
"""Each command with its line in the help; its module is imported when it is used."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"bci_app.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bci-app")
def group() -> None:
    """Move a lower-limb exoskeleton by looking at flickering targets (SSVEP).

    Research software, not a medical device. Start with `bci-app demo`.
    """


def main() -> None:
    """Run the command line: exit 0 when done, 1 when it failed, 2 when it was used wrongly."""
    from bci_app.errors import BciAppError
    from calibration.errors import CalibrationError
    from devices.errors import DeviceError

    try:
        sys.exit(group.main(prog_name="bci-app", standalone_mode=False))
    except click.Abort:
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (BciAppError, CalibrationError, DeviceError) as error:
        click.secho("Error: ", fg="red", bold=True, err=True, nl=False)
        click.echo(str(error), err=True)
        sys.exit(1)
