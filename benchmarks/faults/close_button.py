"""The close button of a window manager, where there is none: xdotool of Debian cannot press it."""

import ctypes

_CLIENT_MESSAGE = 33


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest_of_the_union", ctypes.c_long * 12),
    )


def press_close(display: str, window: int) -> None:
    """Ask a window to close, as its manager does (ICCCM 4.2.8.1)."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    if not connection:
        raise OSError(f"there is no display {display}")
    delete, protocols = (
        x11.XInternAtom(connection, name, False) for name in (b"WM_DELETE_WINDOW", b"WM_PROTOCOLS")
    )
    message = _ClientMessage(
        type=_CLIENT_MESSAGE,
        send_event=1,
        display=connection,
        window=window,
        message_type=protocols,
        format=32,
        data=(delete, 0, 0, 0, 0),
    )
    x11.XSendEvent(connection, ctypes.c_ulong(window), False, 0, ctypes.byref(message))
    x11.XCloseDisplay(connection)
