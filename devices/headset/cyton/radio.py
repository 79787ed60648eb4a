"""The receiver on the computer's side: its own commands, and what it says when the board is away.

Follows OpenBCI's radio firmware (https://docs.openbci.com/Cyton/CytonRadios/): a command is the
byte 0xF0 and a code; all else is passed to the board.
"""

_PRIVATE = 0xF0
_MAX_CHANNEL = 25
_END = b"$$$"
_NO_BOARD = b"Failure: Communications timeout - Device failed to poll Host"
_BAUD_RATES = {0x05: 115200, 0x06: 230400, 0x0A: 921600}


class Radio:
    """The receiver.

    Attributes
    ----------
    board_is_powered : bool
        Whether there is a board to be heard.
    """

    def __init__(self) -> None:
        self.board_is_powered = True
        self._channel = self._board_channel = 20
        self._poll_time = 80

    @property
    def board_is_up(self) -> bool:
        """Whether the receiver hears the board: it has power, and both are on one channel."""
        return self.board_is_powered and self._channel == self._board_channel

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what the computer wrote at once.

        Parameters
        ----------
        data : bytes
            One write: the receiver tells its own commands by their length, too.

        Returns
        -------
        to_board, reply : bytes
            What is passed on, and what the receiver answers itself.
        """
        if len(data) in (2, 3) and data[0] == _PRIVATE:
            return b"", self._obey(data[1], data[2:]) + _END
        if self.board_is_up or not data:
            return data, b""
        return b"", _NO_BOARD + _END

    def _obey(self, code: int, argument: bytes) -> bytes:
        up = self.board_is_up
        match code:
            case 0x00:
                who = b"Success: Host and Device on " if up else b"Failure: Host on "
                return who + _numbered(b"Channel number", self._channel)
            case 0x01 | 0x02 if argument and argument[0] >= _MAX_CHANNEL:
                return b"Failure: Verify channel number is less than 25"
            case 0x02 if argument:  # the receiver alone changes
                self._channel = argument[0]
                return b"Success: Host override - " + _numbered(b"Channel number", argument[0])
            case 0x07:
                return b"Success: System is Up" if up else b"Failure: System is Down"
            case _ if code in _BAUD_RATES:
                return b"Success: Switch your baud rate to %d" % _BAUD_RATES[code]
            case _ if not up:
                return _NO_BOARD
            case 0x01 if argument:
                self._channel = self._board_channel = argument[0]
                return b"Success: " + _numbered(b"Channel number", argument[0])
            case 0x03:
                return b"Success: " + _numbered(b"Poll time", self._poll_time)
            case 0x04 if argument:
                self._poll_time = argument[0]
                return b"Success: " + _numbered(b"Poll time", self._poll_time)
            case _:
                return _NO_BOARD


def _numbered(what: bytes, number: int) -> bytes:
    return b"%b: %d%c" % (what, number, number)
