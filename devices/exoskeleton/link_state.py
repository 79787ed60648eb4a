"""The states of the host's end of the link: one table."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class LinkState(Enum):
    """Where the host is with its controller."""

    CLOSED = "no port"
    GREETING = "the port is open, a session is asked for"
    UP = "a session is open"
    INCOMPATIBLE = "no common version: silent until the port is opened anew"


class LinkInput(Enum):
    """What changes the state of the link."""

    OPENED = "the port was opened"
    WELCOMED = "the controller opened the session"
    VERSION_REFUSED = "the controller speaks no version of ours"
    SILENT = "nothing was heard for the heartbeat timeout"
    SESSION_LOST = "the controller says that the session is over"
    LOST = "the port failed, or was closed"


LINK_STATES: Mapping[LinkState, Mapping[LinkInput, LinkState]] = MappingProxyType(
    {
        LinkState.CLOSED: {LinkInput.OPENED: LinkState.GREETING},
        LinkState.GREETING: {
            LinkInput.WELCOMED: LinkState.UP,
            LinkInput.VERSION_REFUSED: LinkState.INCOMPATIBLE,
            LinkInput.LOST: LinkState.CLOSED,
        },
        LinkState.UP: {
            LinkInput.SILENT: LinkState.GREETING,
            LinkInput.SESSION_LOST: LinkState.GREETING,
            LinkInput.LOST: LinkState.CLOSED,
        },
        LinkState.INCOMPATIBLE: {LinkInput.LOST: LinkState.CLOSED},
    }
)
"""State and input -> next state; what is not in the table is a mistake of this program."""


def next_link_state(state: LinkState, happened: LinkInput) -> LinkState:
    """Return the state after something happened.

    Raises
    ------
    RuntimeError
        When it cannot happen in this state: this program, not the peer, is wrong.
    """
    try:
        return LINK_STATES[state][happened]
    except KeyError:
        raise RuntimeError(f"'{happened.value}' cannot happen while '{state.value}'") from None
