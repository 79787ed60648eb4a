"""Time of a decode on one thread, and how many times slower or faster the others are.

    python benchmarks/decoder_speed.py [--json]

A: 8 channels × 2 s at 250 Hz, 5 targets × 5 harmonics, CCA. B: 9 channels × 1 s at 250 Hz, 40
targets × 5 harmonics × 5 sub-bands, filter-bank CCA, filtering included. Beside ours: the matrix
products alone, scikit-learn's CCA in a loop, MetaBCI's `predict` (in an environment of its own).
All figures are the best of several repeats in one run, in µs a window.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import json
import sys
import time
from collections.abc import Callable

import numpy as np
from peer_environment import python_of_peers, run_with_peers
from sklearn.cross_decomposition import CCA

from bci_app.decoders import make_decoder
from bci_app.decoders.references import reference_bases, reference_signals
from bci_app.decoders.streaming import StreamingDecoder

RATE_HZ = 250.0
A_HZ = (9.0, 11.0, 13.0, 15.0, 17.0)
B_HZ = tuple(round(8 + 0.2 * k, 1) for k in range(40))
HOP_S, LENGTHS_S = 0.04, (0.5, 1.0, 1.5, 2.0, 3.0)

METABCI = """
import sys, time, json, numpy as np
from scipy.signal import butter
from metabci.brainda.algorithms.decomposition import SCCA, FBSCCA
from metabci.brainda.algorithms.decomposition.base import generate_cca_references
def best(call, repeats):
    call(); found = []
    for _ in range(repeats):
        begin = time.perf_counter(); call(); found.append(time.perf_counter() - begin)
    return min(found) * 1e6
rng = np.random.default_rng(0)
a_hz = [9., 11., 13., 15., 17.]; b_hz = [round(8 + .2 * k, 1) for k in range(40)]
a = SCCA(n_components=1)
a_sines = generate_cca_references(a_hz, 250, 2, n_harmonics=5)
a.fit(rng.normal(size=(5, 8, 500)), np.arange(5), Yf=a_sines)
window = rng.normal(size=(1, 8, 500))
found = {"a": best(lambda: a.predict(window), 20)}
bank = [butter(4, (8 * m - 2, 90), "bandpass", fs=250, output="sos") for m in range(1, 6)]
b = FBSCCA(filterbank=bank, n_components=1, filterweights=np.arange(1, 6) ** -1.25 + .25)
b_sines = generate_cca_references(b_hz, 250, 1, n_harmonics=5)
b.fit(rng.normal(size=(40, 9, 250)), np.arange(40), Yf=b_sines)
window_b = rng.normal(size=(1, 9, 250))
found["b"] = best(lambda: b.predict(window_b), 3)
print(json.dumps(found))
"""


def best_us(call: Callable[[], object], n_calls: int = 10, repeats: int = 30) -> float:
    """Best mean time of a call, in µs."""
    call()
    found = []
    for _ in range(repeats):
        begin_s = time.perf_counter()
        for _ in range(n_calls):
            call()
        found.append((time.perf_counter() - begin_s) / n_calls)
    return 1e6 * min(found)


def scikit_learn_loop(window: np.ndarray, frequencies_hz: tuple[float, ...]) -> list[float]:
    """Scores by scikit-learn's CCA, one target after the other."""
    scores = []
    for frequency_hz in frequencies_hz:
        signals = reference_signals(frequency_hz, window.shape[-1], RATE_HZ, 5)
        x, y = CCA(n_components=1).fit_transform(window.T, signals)
        scores.append(float(np.corrcoef(x[:, 0], y[:, 0])[0, 1]))
    return scores


def measure() -> dict[str, dict[str, float]]:
    """All figures, in µs a window."""
    rng = np.random.default_rng(0)
    a, b = make_decoder("cca", A_HZ, RATE_HZ), make_decoder("fbcca", B_HZ, RATE_HZ)
    a_window, b_window = rng.normal(size=(1, 8, 500)), rng.normal(size=(1, 9, 250))
    a_many, b_many = rng.normal(size=(2000, 8, 500)), rng.normal(size=(100, 9, 250))
    b_bands, b_many_bands = rng.normal(size=(5, 9, 250)), rng.normal(size=(500, 9, 250))

    def products(windows: np.ndarray, bases: np.ndarray) -> Callable[[], object]:
        flat = bases.transpose(1, 0, 2).reshape(windows.shape[-1], -1)
        return lambda: (windows @ flat, windows @ windows.swapaxes(-1, -2))

    a_bases, b_bases = (
        reference_bases(A_HZ, 500, RATE_HZ, 5),
        reference_bases(B_HZ, 250, RATE_HZ, 5),
    )
    found = {
        "A": {
            "ours": best_us(lambda: a.score_windows(a_window)),
            "products": best_us(products(a_window, a_bases)),
            "ours, batch": best_us(lambda: a.score_windows(a_many), 1, 5) / 2000,
            "products, batch": best_us(products(a_many, a_bases), 1, 5) / 2000,
            "scikit-learn loop": best_us(lambda: scikit_learn_loop(a_window[0], A_HZ), 1, 10),
        },
        "B": {
            "ours": best_us(lambda: b.score_windows(b_window), 3),
            "products": best_us(products(b_bands, b_bases), 3),
            "ours, batch": best_us(lambda: b.score_windows(b_many), 1, 5) / 100,
            "products, batch": best_us(products(b_many_bands, b_bases), 1, 5) / 100,
            "scikit-learn loop": 5 * best_us(lambda: scikit_learn_loop(b_window[0], B_HZ), 1, 3),
        },
    }
    python = python_of_peers()
    if python is not None:
        peer = json.loads(run_with_peers(python, METABCI))
        found["A"]["MetaBCI predict"], found["B"]["MetaBCI predict"] = peer["a"], peer["b"]
    for name in ("cca", "wilks", "fbcca", "fbwilks"):
        decoder = make_decoder(name, A_HZ, RATE_HZ)
        streaming = StreamingDecoder(decoder, 8, LENGTHS_S, HOP_S)
        list(streaming.push(rng.normal(size=(1000, 8))))
        hop, longest = rng.normal(size=(10, 8)), rng.normal(size=(1, 8, 750))
        found[f"stream {name}"] = {
            "hop of 40 ms, five lengths": best_us(lambda s=streaming, h=hop: list(s.push(h))),
            "one longest window": best_us(lambda d=decoder, w=longest: d.score_windows(w)),
        }
    return found


def main() -> None:
    """Print figures and ratios to ours."""
    found = measure()
    if "--json" in sys.argv:
        print(json.dumps(found, indent=2))
        return
    for case, figures in found.items():
        print(case)
        reference = next(iter(figures.values()))
        for name, time_us in figures.items():
            ours = figures["ours, batch"] if "batch" in name else reference
            print(f"  {name:28s} {time_us:12.1f} µs  {time_us / ours:9.2f} × ours")


if __name__ == "__main__":
    main()
