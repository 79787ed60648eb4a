"""How decoders are scored beside the peers': NumPy alone, for both interpreters."""

import time
from collections.abc import Callable

import numpy as np

AT_LEAST_S = 0.3

Row = dict[str, float]


def cpu_s(call: Callable[[], object]) -> float:
    """Least processor time of a call, over as many as take `AT_LEAST_S`, but three."""
    found: list[float] = []
    while len(found) < 3 or sum(found) < AT_LEAST_S:
        began_s = time.process_time()
        call()
        found.append(time.process_time() - began_s)
    return min(found)


def leave_one_out(
    make: Callable[[], object],
    fit: Callable[[object, np.ndarray], object],
    predict: Callable[[object, np.ndarray], np.ndarray],
    blocks: np.ndarray,
    truth: np.ndarray,
    one: np.ndarray | None = None,
) -> Row:
    """Decode each block by what the others taught.

    Parameters
    ----------
    make : callable
        Returns a new decoder.
    fit, predict : callable
        Called with a decoder and windows, block after block, in the order of `truth`.
    blocks : ndarray, shape (n_blocks, n_trials, ...)
    truth : ndarray, shape (n_trials,)
    one : ndarray, optional
        The window whose decoding is timed, by default one of the blocks'.

    Returns
    -------
    dict
        `accuracy`, and processor times `fit_s` and `window_s`.
    """
    shares, fit_s, decoder = [], [], None
    for block in range(len(blocks)):
        learned = np.delete(blocks, block, axis=0)
        learned = learned.reshape(-1, *learned.shape[2:])
        decoder = make()
        began_s = time.process_time()
        fit(decoder, learned)
        fit_s.append(time.process_time() - began_s)
        # Some peers change what they are given.
        shares.append(float(np.mean(predict(decoder, blocks[block].copy()) == truth)))
    one = blocks[-1][:1] if one is None else one
    window_s = cpu_s(lambda: predict(decoder, one.copy()))
    return {"accuracy": float(np.mean(shares)), "fit_s": min(fit_s), "window_s": window_s}
