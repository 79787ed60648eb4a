"""A session with its operator window, where there is a display for one."""

from collections.abc import Callable
from typing import TypeVar

from bci_app.online.settings import PathSettings
from bci_app.runtime.run import Attach

Result = TypeVar("Result")


def run_with_window(
    work: Callable[[Attach], Result], *, title: str, settings: PathSettings, windows: bool
) -> Result:
    """Run `work` with the operator window open beside it, or without any.

    Parameters
    ----------
    work : callable
        The session; is given what to call, once its headset streams, to be watched.
    title : str
        What is being done, and with whom.
    settings : PathSettings
    windows : bool
        False to do without Qt altogether.
    """
    if not windows:
        return work(lambda _info, _controls: ())
    from bci_app.ui import app

    return app.run_with_window(
        work, title=title, settings=settings, flicker=True, layout=app.remembered()
    )
