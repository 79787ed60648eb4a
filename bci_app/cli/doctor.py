"""`bci-app doctor`: what works on this machine, what does not, and what mends it."""

import importlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from bci_app.cli import output
from bci_app.cli.display import has_display

_QT_LIBRARIES = (
    "libglib2.0-0 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxkbcommon-x11-0 libxcb-xkb1 libxcb-shape0 "
    "fonts-dejavu-core"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    what : str
    works : bool
    detail : str
        What was found.
    remedy : str
        The command or act that mends it, empty where there is nothing to mend.
    needed : bool
        Whether the program cannot do its main job without it.
    """

    what: str
    works: bool
    detail: str
    remedy: str = ""
    needed: bool = True


@click.command()
@output.json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Look at what this program needs, and say what mends what is missing.

    Exit code 1 when something is missing without which the main job cannot be done.
    """
    findings = [check() for check in _CHECKS]
    if as_json:
        output.print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        report = output.console()
        for finding in findings:
            mark = "[green]works[/]" if finding.works else "[red]does not work[/]"
            if not finding.works and not finding.needed:
                mark = "[yellow]not here[/]"
            report.print(f"{mark}  [bold]{finding.what}[/]  ", end="")
            report.print(finding.detail, markup=False)
            if finding.remedy:
                report.print(f"       → {finding.remedy}", markup=False)
    ctx.exit(0 if all(finding.works or not finding.needed for finding in findings) else 1)


def _check_python() -> Finding:
    return Finding(
        "Python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()} on {platform.platform()}",
        "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer",
    )


def _check_packages() -> Finding:
    versions, broken = [], []
    for module, package in (("numpy", "numpy"), ("scipy", "scipy"), ("mne", "mne")):
        try:
            importlib.import_module(module)
            versions.append(f"{package} {metadata.version(package)}")
        except (ImportError, OSError) as error:
            broken.append(f"{package} ({error})")
    detail = ", ".join(versions) + (f"; broken: {', '.join(broken)}" if broken else "")
    remedy = "pip install --force-reinstall bci-app" if broken else ""
    return Finding("libraries", not broken, detail, remedy)


def _check_brainflow() -> Finding:
    try:
        from devices.headset.brainflow_source import known_boards

        boards = known_boards()
    except (ImportError, OSError) as error:
        return Finding("BrainFlow", False, str(error), "pip install --force-reinstall brainflow")
    version = metadata.version("brainflow")
    return Finding("BrainFlow", bool(boards), f"{version}, knows {len(boards)} boards with EEG")


def _check_path() -> Finding:
    import numpy as np

    from bci_app.online.path import OnlinePath
    from bci_app.online.settings import PathSettings
    from devices.chunk import Chunk

    n_channels, rate_hz, duration_s = 8, 250.0, 20.0
    noise = np.random.default_rng(0).normal(size=(round(duration_s * rate_hz), n_channels))
    path = OnlinePath(PathSettings(), rate_hz, n_channels)
    began_s = time.perf_counter()
    path.push(Chunk(noise, 0))
    speed = duration_s / (time.perf_counter() - began_s)
    return Finding(
        "online path",
        speed > 10,
        f"{n_channels} channels at {rate_hz:g} Hz, five targets: {speed:.0f} × real time",
        "" if speed > 10 else "end other programs, or use fewer channels",
    )


def _check_pseudo_terminals() -> Finding:
    from devices.pseudo_terminal import pseudo_terminals_available

    if pseudo_terminals_available():
        return Finding("pseudo-terminals", True, "simulated devices get serial ports")
    return Finding(
        "pseudo-terminals",
        False,
        "simulated devices are reached without serial ports on this system",
        needed=False,
    )


def _check_serial_ports() -> Finding:
    from devices.serial_port import list_ports

    ports = [port.name for port in list_ports()]
    if not ports:
        return Finding("serial ports", False, "none is plugged in", needed=False)
    closed = [
        port for port in ports if Path(port).exists() and not os.access(port, os.R_OK | os.W_OK)
    ]
    if closed:
        return Finding(
            "serial ports",
            False,
            f"you may not open {', '.join(closed)}",
            "sudo usermod -a -G dialout $USER   (then log in again)",
            needed=False,
        )
    return Finding("serial ports", True, ", ".join(ports))


def _check_lsl() -> Finding:
    from devices.errors import DeviceError
    from devices.headset.lsl_library import lsl_carries

    try:
        carries = lsl_carries()
    except DeviceError as error:
        return Finding("LSL", False, str(error), "pip install 'bci-app[lsl]'", needed=False)
    if carries:
        return Finding("LSL", True, f"pylsl {metadata.version('pylsl')}, finds its own stream")
    return Finding(
        "LSL",
        False,
        "a stream that this computer offers is not found by itself",
        "let multicast and the ports 16571-16604 (UDP, TCP) through the firewall",
        needed=False,
    )


def _check_qt() -> Finding:
    # In a process of its own: a Qt that cannot load its platform aborts the program.
    code = "from PySide6.QtWidgets import QApplication; QApplication([])"
    environment = dict(os.environ)
    if not has_display():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    tried = subprocess.run(  # noqa: S603 - this interpreter, fixed code
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if tried.returncode == 0:
        return Finding("Qt", True, f"PySide6 {metadata.version('PySide6-Essentials')}")
    reason = tried.stderr.strip().splitlines()
    remedy = "pip install --force-reinstall PySide6-Essentials"
    if Path("/etc/debian_version").exists():
        remedy = f"sudo apt-get install {_QT_LIBRARIES}"
    return Finding("Qt", False, reason[-1] if reason else "aborted", remedy, needed=False)


def _check_display() -> Finding:
    if has_display():
        return Finding("display", True, os.environ.get("DISPLAY") or platform.system())
    return Finding("display", False, "none: the demo runs headless", needed=False)


_CHECKS: tuple[Callable[[], Finding], ...] = (
    _check_python,
    _check_packages,
    _check_brainflow,
    _check_path,
    _check_pseudo_terminals,
    _check_serial_ports,
    _check_lsl,
    _check_qt,
    _check_display,
)
