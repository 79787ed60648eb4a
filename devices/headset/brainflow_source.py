"""Any headset that BrainFlow drives. The only module that knows BrainFlow."""

import difflib
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams
from brainflow.exit_codes import BrainFlowError, BrainFlowExitCodes

from devices.chunk import Chunk
from devices.errors import DeviceError
from devices.headset.board_settings import range_uv, setup_commands
from devices.headset.cyton import lead_off
from devices.headset.montage import choose_channels
from devices.headset.numbering import counter_for
from devices.headset.source import Headset, HeadsetInfo, LeadOff

_BUFFER_S = 30.0
_QUIET_S = 0.05
_CYTON_ANALOG_MODE = "/2"

# BrainFlow knows a session by its board and parameters, and lets a second one end the first.
_sessions: set[tuple[int, str]] = set()
_sessions_lock = threading.Lock()


class _Session(BoardShim):  # type: ignore[misc]  # untyped
    """A BoardShim that ends its session when told to, and not when it is forgotten.

    BrainFlow's own releases the session of its board and parameters whenever it is collected, also
    when a later object has opened that session anew.
    """

    def __del__(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Board:
    """A board that BrainFlow knows.

    Parameters
    ----------
    name : str
        As `BrainFlowHeadset` takes it.
    device : str
        As its maker calls it.
    n_channels : int
        Number of EEG channels.
    sampling_rate_hz : float
        Unless set otherwise.
    """

    name: str
    device: str
    n_channels: int
    sampling_rate_hz: float


def known_boards() -> tuple[Board, ...]:
    """List the boards with EEG channels that BrainFlow knows, by name."""
    BoardShim.disable_board_logger()
    boards = []
    for board_id in BoardIds:
        with suppress(BrainFlowError):  # not for this platform, or without EEG channels
            boards.append(
                Board(
                    name=_name(board_id),
                    device=BoardShim.get_device_name(board_id),
                    n_channels=len(BoardShim.get_eeg_channels(board_id)),
                    sampling_rate_hz=float(BoardShim.get_sampling_rate(board_id)),
                )
            )
    return tuple(sorted(boards, key=lambda board: board.name))


class BrainFlowHeadset(Headset):
    """A headset behind a BrainFlow driver.

    Parameters
    ----------
    board : str
        Name of the board, such as ``cyton`` or ``cyton_daisy``: see `known_boards`.
    serial_port : str
        For boards on a serial port.
    channel_names : sequence of (str or None), optional
        Where the electrode of each EEG channel of the board sits, in the board's order; a channel
        named None is left out. By default what BrainFlow says.
    reference : str
        Where the reference electrode sits, for the record.
    gain : int, optional
        Of all channels of a Cyton: 1, 2, 4, 6, 8, 12 or 24 (its default).
    sampling_rate_hz : float, optional
        Instead of the board's own; see `devices.headset.board_settings` for what can be set.
    settings : str
        Commands that the board is sent before it streams, in its own language.
    parameters : mapping, optional
        Further fields of BrainFlow's input parameters, such as ``mac_address``, ``file`` or
        ``master_board`` (a name).
    called : str
        What it is called; by default what BrainFlow calls the board.
    analog : bool
        Deliver the board's analogue inputs in place of its EEG, in what their converter counts: A5,
        A6 and A7 of a Cyton, which is put into its analogue mode.

    Raises
    ------
    DeviceError
        When there is no such board, or the names or parameters do not fit it.
    """

    def __init__(
        self,
        board: str,
        serial_port: str = "",
        channel_names: Sequence[str | None] | None = None,
        settings: str = "",
        parameters: Mapping[str, str | int] | None = None,
        *,
        reference: str = "",
        gain: int | None = None,
        sampling_rate_hz: float | None = None,
        called: str = "",
        analog: bool = False,
    ) -> None:
        super().__init__()
        self._called = called
        BoardShim.disable_board_logger()
        self._board_id = _board_id(board)
        self._reference = reference
        self._parameters = BrainFlowInputParams()
        self._parameters.serial_port = serial_port
        for field, value in (parameters or {}).items():
            if field not in vars(self._parameters):
                known = ", ".join(sorted(vars(self._parameters)))
                raise DeviceError(f"BrainFlow has no parameter {field!r}; it has {known}")
            is_board = field == "master_board" and isinstance(value, str)
            setattr(self._parameters, field, int(_board_id(str(value))) if is_board else value)
        layout = self._layout_board()
        rows, own_names = _analog_inputs(layout) if analog else _eeg_channels(layout)
        used, self._channel_names = choose_channels(
            f"the board {_name(layout)}", own_names, channel_names
        )
        self._channels = [rows[position] for position in used]
        nominal_hz = float(BoardShim.get_sampling_rate(layout))
        # BrainFlow says the nominal rate also of a board that was told another.
        self._rate_hz = sampling_rate_hz or nominal_hz
        self._setup = setup_commands(
            _name(self._board_id), nominal_hz, gain, sampling_rate_hz, settings
        )
        self._range_uv = None if analog else range_uv(_name(self._board_id), gain, settings)
        self._can_drive = _name(self._board_id) in ("cyton", "cyton_daisy") and not analog
        self._driven: int | None = None  # the channel that the impedance current flows in
        self._positions = dict(zip(self._channel_names, used, strict=True))
        if analog and _name(layout).startswith("cyton"):
            self._setup = (*self._setup, _CYTON_ANALOG_MODE)
        self._uv_per_unit = 1.0 if analog else _uv_per_unit(_name(layout))
        self._number_row = BoardShim.get_package_num_channel(layout)
        self._session = (int(self._board_id), self._parameters.to_json())
        self._shim: _Session | None = None
        self._counter = counter_for(_name(layout), 1.0)
        self._backlog = np.empty((0, len(self._channels)))
        self._backlog_from = 0
        self._ready: deque[Chunk] = deque()
        self._heard_s = 0.0
        self._port_node: tuple[int, ...] | None = None

    def _layout_board(self) -> BoardIds:
        """Say whose rows the data have: of a playback or a stream those of another board."""
        if self._board_id not in (BoardIds.PLAYBACK_FILE_BOARD, BoardIds.STREAMING_BOARD):
            return self._board_id
        if self._parameters.master_board == BoardIds.NO_BOARD:
            raise DeviceError(
                f"{_name(self._board_id)} repeats the data of another board: name that as the "
                f"parameter 'master_board'"
            )
        return BoardIds(self._parameters.master_board)

    def _start(self) -> HeadsetInfo:
        BoardShim.disable_board_logger()
        with _sessions_lock:
            if self._session in _sessions:
                raise DeviceError(
                    f"{self._describe()} is in use by this program already; stop that one first"
                )
            _sessions.add(self._session)
        self._port_node = _node(self._parameters.serial_port)
        shim = _Session(int(self._board_id), self._parameters)
        try:
            shim.prepare_session()
            for commands in self._setup:
                self._configure(shim, commands)
            shim.start_stream(round(_BUFFER_S * self._rate_hz))
        except BrainFlowError as error:
            self._release(shim)
            raise DeviceError(self._explain(error)) from error
        except DeviceError:
            self._release(shim)
            raise
        self._shim = shim
        layout = self._layout_board()
        self._counter = counter_for(_name(layout), self._rate_hz)
        self._backlog, self._backlog_from = self._backlog[:0], 0
        self._ready.clear()
        self._heard_s = time.monotonic()
        device = self._called or BoardShim.get_device_name(layout)
        self._driven = None
        return HeadsetInfo(
            device, self._rate_hz, self._channel_names, self._reference, self._range_uv
        )

    @property
    def lead_off(self) -> LeadOff | None:
        """How impedances are measured, while it streams; None for boards other than a Cyton."""
        if not self._can_drive:
            return None
        per_kohm = lead_off.uv_per_kohm(daisy=_name(self._board_id) == "cyton_daisy")
        return LeadOff(lead_off.FREQUENCY_HZ, per_kohm, lead_off.SERIES_KOHM, self._drive)

    def _drive(self, electrode: str | None) -> None:
        if self._shim is None:
            raise RuntimeError("the headset has not been started")
        wanted = None if electrode is None else self._positions[electrode]
        commands = lead_off.commands(wanted, self._driven)
        try:
            if commands:
                self._shim.config_board(commands)
        except BrainFlowError as error:
            raise DeviceError(self._explain(error)) from error
        self._driven = wanted

    def _read(self) -> Chunk | None:
        if self._ready:
            return self._ready.popleft()
        if self._shim is None:
            raise RuntimeError("the headset has not been started")
        try:
            n_new = self._shim.get_board_data_count()
            now_s = time.monotonic()
            if n_new or self._counter.held_from is not None:
                data = self._shim.get_board_data(n_new) if n_new else np.empty((0, 0))
                self._sort(data, now_s)
            if n_new:
                self._heard_s = now_s
            elif now_s - self._heard_s > _QUIET_S:
                self._check_port()
        except BrainFlowError as error:
            raise DeviceError(self._explain(error)) from error
        return self._ready.popleft() if self._ready else None

    def _sort(self, data: npt.NDArray[np.float64], now_s: float) -> None:
        """Turn rows of the driver (n_rows, n_times) into chunks with absolute indices."""
        numbers: list[int] = []
        if data.size:
            numbers = data[self._number_row].astype(int).tolist()
            samples_uv = self._uv_per_unit * data[self._channels].T
            self._backlog = np.concatenate((self._backlog, samples_uv))
        for position, n_packets, first_index in self._counter.push(numbers, now_s):
            start = position - self._backlog_from
            samples_uv = self._backlog[start : start + n_packets].copy()
            self._ready.append(Chunk(samples_uv, first_index, now_s))
        held_from = self._counter.held_from
        done = len(self._backlog) if held_from is None else held_from - self._backlog_from
        self._backlog = self._backlog[done:]
        self._backlog_from += done

    def _check_port(self) -> None:
        """Notice an unplugged receiver, about which BrainFlow says nothing."""
        if self._port_node is None:
            return
        node = _node(self._parameters.serial_port)
        if node is None:
            raise DeviceError(f"{self._describe()} was unplugged: the port is gone")
        if node != self._port_node:
            raise DeviceError(f"{self._describe()} was unplugged and plugged in again")

    def _stop(self) -> None:
        if self._shim is not None:
            shim, self._shim = self._shim, None
            with suppress(BrainFlowError):  # it complains when the line is gone, but does stop
                shim.stop_stream()
            self._release(shim)

    def _release(self, shim: _Session) -> None:
        try:
            if shim.is_prepared():
                shim.release_session()
        except BrainFlowError as error:
            raise DeviceError(self._explain(error)) from error
        finally:
            with _sessions_lock:
                _sessions.discard(self._session)

    def _configure(self, shim: _Session, commands: str) -> None:
        try:
            answer = shim.config_board(commands)
        except UnicodeDecodeError as error:  # bytes of an earlier stream were still on the line
            raise DeviceError(f"{self._describe()} gave no clear answer to the settings") from error
        except BrainFlowError as error:
            raise DeviceError(
                f"{self._describe()} did not take the settings {commands!r}: {error}"
            ) from error
        if "Failure" in answer:
            raise DeviceError(
                f"{self._describe()} refused the settings {commands!r}: {answer.strip('$')}"
            )

    def _describe(self) -> str:
        port = self._parameters.serial_port
        return f"the board {_name(self._board_id)}" + (f" on {port}" if port else "")

    def _explain(self, error: BrainFlowError) -> str:
        who = self._describe()
        match error.exit_code:
            case BrainFlowExitCodes.UNABLE_TO_OPEN_PORT_ERROR | BrainFlowExitCodes.SER_PORT_ERROR:
                return (
                    f"{who}: the port cannot be opened; plug the receiver in, see `bci-app "
                    "devices` for the name of its port, and close other programs that use it"
                )
            case BrainFlowExitCodes.BOARD_NOT_READY_ERROR:
                return (
                    f"{who} does not answer; switch it on, charge its battery, and check that this "
                    "port is its receiver's"
                )
            case BrainFlowExitCodes.INVALID_ARGUMENTS_ERROR:
                return (
                    f"{who}: BrainFlow wants another parameter, perhaps serial_port in [headset], "
                    f"or one of [headset.parameters]: see docs/headsets.md ({error})"
                )
            case _:
                return f"{who} failed: {error}"


def _node(port: str) -> tuple[int, ...] | None:
    """Return what tells a device node from a later one of the same name, None without one."""
    try:
        found = Path(port).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_rdev, found.st_ctime_ns


def _name(board_id: BoardIds) -> str:
    return str(board_id.name).replace("_BOARD", "").lower()


def _board_id(name: str) -> BoardIds:
    boards = {_name(board_id): board_id for board_id in BoardIds if board_id != BoardIds.NO_BOARD}
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_").replace("_board", "")
    if wanted in boards:
        return boards[wanted]
    near = difflib.get_close_matches(wanted, boards, n=5, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "see `bci-app devices` for all"
    raise DeviceError(f"BrainFlow knows no board {name!r}; {hint}")


def _uv_per_unit(board: str) -> float:
    """Return what a driver's unit is in µV: BrainFlow's drivers deliver µV, but one hands on volts.

    (Those that deliver raw counts have no EEG channels.)
    """
    return 1e6 if board.startswith("ant_neuro") else 1.0


def _analog_inputs(board_id: BoardIds) -> tuple[list[int], list[str]]:
    """Rows of the analogue inputs of a board, and their names."""
    try:
        rows = BoardShim.get_analog_channels(board_id)
    except BrainFlowError as error:
        raise DeviceError(
            f"the board {_name(board_id)} has no analogue inputs; a Cyton has (A5, A6, A7)"
        ) from error
    return rows, [f"A{number}" for number in range(5, 5 + len(rows))]


def _eeg_channels(board_id: BoardIds) -> tuple[list[int], list[str]]:
    """Rows of a board's EEG channels, and what BrainFlow calls them."""
    try:
        rows = BoardShim.get_eeg_channels(board_id)
    except BrainFlowError as error:
        raise DeviceError(f"the board {_name(board_id)} has no EEG channels") from error
    try:
        return rows, BoardShim.get_eeg_names(board_id)
    except BrainFlowError:
        return rows, [f"EEG{number}" for number in range(1, len(rows) + 1)]
