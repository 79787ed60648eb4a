"""Files that are broken, and devices that are not there, when something is to be started."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from faults.fault import Fault, Outcome
from faults.system import System

_RATE_HZ = 250.0
_LFS_POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 1048576\n"
)


def _configured(text: str) -> Callable[[System], None]:
    """Return what has the session started with a configuration of its own."""

    def prepare(system: System) -> None:
        system.setup.configuration = text.replace("FOLDER", str(system.folder))

    return prepare


def _noise_for_configuration(system: System) -> None:
    path = system.folder / "noise.toml"
    path.write_bytes(np.random.default_rng(system.seed).bytes(4096))
    system.setup.arguments = ["run", "--config", str(path)]


def _changed(line: str, into: str) -> Callable[[System], None]:
    """Return what has a session started with the usual devices but for one line."""

    def prepare(system: System) -> None:
        system.start()
        system.setup.configuration = system.usual_configuration().replace(
            line.replace("FOLDER", str(system.folder)), into
        )

    return prepare


def _with_twin_targets(system: System) -> None:
    system.start()
    twins = '\n[[path.targets]]\nfrequency_hz = 9\ncommand = "walk"' * 2
    system.setup.configuration = system.usual_configuration() + twins


@cache
def _profile(channels: tuple[str, ...], frequencies_hz: tuple[float, ...]) -> tuple[bytes, bytes]:
    """Calibrate somebody, in a second; return the two files of their profile."""
    from tempfile import TemporaryDirectory

    from bci_app.online.settings import Target
    from bci_app.recordings.recording import Marker, Recording
    from bci_app.runtime.calibrating import FitRequest, LabelledRecording, fit_subject
    from calibration.profile import arrays_path, write_profile
    from devices.exoskeleton.command import Command
    from devices.headset.source import HeadsetInfo

    rng = np.random.default_rng(0)
    looks = [*frequencies_hz, None]
    pieces, markers = [rng.normal(scale=2.0, size=(750, len(channels)))], []
    for look in looks * 5:
        markers.append(Marker(sum(map(len, pieces)), "idle" if look is None else f"{look:g}"))
        samples_uv = rng.normal(scale=2.0, size=(1000, len(channels)))
        if look is not None:
            phase = 2 * np.pi * look * np.arange(125, 875) / _RATE_HZ + rng.uniform(0, 2 * np.pi)
            samples_uv[125:875] += 2.0 * (np.sin(phase) + 0.5 * np.sin(2 * phase))[:, np.newaxis]
        pieces.append(samples_uv)
    recording = Recording(
        Path("s1.fif"), np.concatenate(pieces), _RATE_HZ, channels, tuple(markers)
    )
    classes = {"idle" if look is None else f"{look:g}": look for look in looks}
    headset = HeadsetInfo("Cyton", _RATE_HZ, channels)
    commands = (Command.WALK, Command.SIT)
    request = FitRequest(
        "02",
        tuple(Target(hz, command) for hz, command in zip(frequencies_hz, commands, strict=True)),
        trial_s=3.0,
        band_hz=(6.0, 55.0),
        mains_hz=50.0,
        max_false_per_min=1.0,
    )
    fitted = fit_subject([LabelledRecording(recording, classes, headset)], [], request)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "profile.json"
        write_profile(fitted.profile, path)
        return path.read_bytes(), arrays_path(path).read_bytes()


def _with_profile(change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> Callable[..., None]:
    """Return what starts a session with the profile of another montage, changed somehow."""

    def prepare(system: System) -> None:
        from calibration.profile import arrays_path

        system.start()
        path = system.folder / "profile.json"
        text, arrays = change(*_profile(("O1", "Oz", "O2"), (9.0, 13.0)))
        path.write_bytes(text)
        arrays_path(path).write_bytes(arrays)
        file = system.folder / "session.toml"
        file.write_text(system.usual_configuration())
        system.setup.arguments = [
            *("run", "--config", str(file), "--profile", str(path)),
            *("--out", str(system.folder / "sessions")),
        ]

    return prepare


def _flipped(arrays: bytes) -> bytes:
    middle = len(arrays) // 2
    return arrays[:middle] + bytes([arrays[middle] ^ 0x10]) + arrays[middle + 1 :]


def _with_nan(text: bytes) -> bytes:
    table = json.loads(text)
    table["threshold"] = float("nan")
    return json.dumps(table).encode()


def _replaying(name: str, content: bytes) -> Callable[[System], None]:
    """Return what has a file replayed."""

    def prepare(system: System) -> None:
        path = system.folder / name
        path.write_bytes(content)
        system.setup.arguments = ["replay", str(path), "--classes", "1=13,2=17"]

    return prepare


def _no_room(system: System) -> None:
    from faults.disk_faults import small_disk

    system.start()
    small_disk(100)(system)


def _file_for_folder(system: System) -> None:
    system.start()
    system.setup.out = system.folder / "sessions"
    system.setup.out.write_text("no folder")


def _refused(
    name: str, what: str, prepare: Callable[[System], None], says: str, exit_code: int = 1
) -> Fault:
    return Fault(
        name, what, "files", Outcome.REFUSED, prepare=prepare, exit_code=(exit_code,), says=says
    )


FILE_FAULTS = (
    _refused(
        "configuration cut off",
        "the configuration ends in the middle of a line",
        _configured('[headset]\nboard = "cyt'),
        "session.toml",
    ),
    _refused(
        "configuration of random bytes",
        "the configuration is no text at all",
        _noise_for_configuration,
        "noise.toml",
    ),
    _refused(
        "configuration misspelt",
        "a field that does not exist",
        _configured('[headset]\nbord = "cyton"'),
        "did you mean board",
    ),
    _refused(
        "targets of one frequency",
        "two targets of the configuration flicker alike",
        _with_twin_targets,
        "targets at 9 and 9 Hz",
    ),
    _refused(
        "profile cut off",
        "half of the profile's text is missing",
        _with_profile(lambda text, arrays: (text[: len(text) // 2], arrays)),
        "profile.json",
    ),
    _refused(
        "profile's weights damaged",
        "one bit of the profile's weights is flipped",
        _with_profile(lambda text, arrays: (text, _flipped(arrays))),
        "profile",
    ),
    _refused(
        "profile's number changed",
        "the threshold in the profile is not a number",
        _with_profile(lambda text, arrays: (_with_nan(text), arrays)),
        "profile.json",
    ),
    _refused(
        "profile of another montage",
        "the profile was made with three other electrodes",
        _with_profile(lambda text, arrays: (text, arrays)),
        "Oz",
    ),
    _refused(
        "no room on the disk",
        "the disk has 100 MiB left when the session is started",
        _no_room,
        "MiB",
    ),
    _refused(
        "no folder to record in",
        "a file has the name of the folder",
        _file_for_folder,
        "sessions",
        exit_code=2,  # the option itself is wrong
    ),
    _refused(
        "no controller",
        "nothing answers at the exoskeleton's port",
        _changed("FOLDER/exoskeleton", "/dev/ttyUSB99"),
        "/dev/ttyUSB99",
    ),
    _refused(
        "no headset",
        "there is no port of the headset's name",
        _changed("FOLDER/headset", "/dev/ttyUSB98"),
        "/dev/ttyUSB98",
    ),
    _refused(
        "session of random bytes",
        "a recording that is none is replayed",
        _replaying("session.xdf", b"XDF:" + bytes(range(256)) * 16),
        "session.xdf",
    ),
    _refused(
        "pointer instead of a recording",
        "Git LFS left a pointer where the recording should be",
        _replaying("session.xdf", _LFS_POINTER.encode()),
        "session.xdf",
    ),
    _refused(
        "recording of nothing",
        "a recording of no bytes is replayed",
        _replaying("session.fif", b""),
        "session.fif",
    ),
)
