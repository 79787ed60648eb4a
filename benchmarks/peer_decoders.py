"""What MetaBCI, MOABB and meegkit answer: run by peers.py with the peers' own interpreter.

Usage: python peer_decoders.py WINDOWS.npz; prints JSON. Knows nothing of bci-app.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version

import meegkit.trca
import metabci.brainda.algorithms.decomposition as metabci
import mne
import numpy as np
from moabb.pipelines import classification as moabb
from peer_scoring import Row, leave_one_out

warnings.simplefilter("ignore")
mne.set_log_level("ERROR")

PADDING = 5

Estimator = Callable[[], object]


def of_metabci(data: dict[str, np.ndarray], length: str) -> Iterator[tuple[str, Row]]:
    """Score its classes: for one band as given, for five with the bank given."""
    sines, n_targets = data[f"{length} sines"], len(data["frequencies_hz"])
    targets = np.arange(n_targets)
    bank, weights = list(data["bank"]), data["weights"]
    one, raw, longer = (data[f"{length} {kind}"] for kind in ("one band", "raw", "longer"))
    classes: dict[str, tuple[Estimator, np.ndarray]] = {
        "cca 1": (lambda: metabci.SCCA(n_components=1), one),
        "itcca 1": (lambda: metabci.ItCCA(n_components=1, method="itcca1"), one),
        "ecca 1": (lambda: metabci.ECCA(n_components=1), one),
        "trca 1": (lambda: metabci.TRCA(n_components=1, ensemble=False), one),
        "fbcca 5": (lambda: metabci.FBSCCA(bank, n_components=1, filterweights=weights), raw),
        "trca 5": (
            lambda: metabci.FBTRCA(bank, n_components=1, ensemble=False, filterweights=weights),
            raw,
        ),
        "etrca 5": (
            lambda: metabci.FBTRCA(bank, n_components=1, ensemble=True, filterweights=weights),
            raw,
        ),
        "tdca 5": (
            lambda: metabci.FBTDCA(bank, PADDING, n_components=8, filterweights=weights),
            longer,
        ),
    }
    for name, (make, blocks) in classes.items():
        labels = np.tile(targets, len(blocks) - 1)
        yield (
            name,
            leave_one_out(
                make,
                lambda decoder, x, y=labels: decoder.fit(x, y, Yf=sines.copy()),
                lambda decoder, x: decoder.predict(x),
                blocks,
                targets,
            ),
        )


def of_moabb(data: dict[str, np.ndarray], length: str) -> Iterator[tuple[str, Row]]:
    """Score its classifiers, which filter by themselves where they have five bands."""
    names = [f"{f:g}" for f in data["frequencies_hz"]]
    rate_hz = float(data["rate_hz"])
    one, raw = (data[f"{length} {kind}"] for kind in ("one band", "raw"))
    codes = {name: k + 1 for k, name in enumerate(names)}

    def epochs(x: np.ndarray) -> mne.EpochsArray:
        n = len(x)
        info = mne.create_info(x.shape[1], rate_hz, "eeg")
        events = np.column_stack([np.arange(n), np.zeros(n), np.resize(list(codes.values()), n)])
        known = {name: code for name, code in codes.items() if code in events[:, 2]}
        return mne.EpochsArray(x, info, events.astype(int), event_id=known)

    classes: dict[str, tuple[Estimator, np.ndarray]] = {
        "cca 1": (lambda: moabb.SSVEP_CCA(n_harmonics=5), one),
        "itcca 1": (lambda: moabb.SSVEP_itCCA(), one),
        "ecca 1": (lambda: moabb.SSVEP_eCCA(n_harmonics=5), one),
        "trca 5": (lambda: moabb.SSVEP_TRCA(is_ensemble=False), raw),
        "etrca 5": (lambda: moabb.SSVEP_TRCA(is_ensemble=True), raw),
        "tdca 5": (lambda: moabb.SSVEP_TDCA(n_delay=PADDING + 1, n_components=8), raw),
    }
    for name, (make, blocks) in classes.items():
        yield (
            name,
            leave_one_out(
                make,
                lambda decoder, x: decoder.fit(epochs(x), np.resize(names, len(x))),
                lambda decoder, x: np.array(decoder.predict(epochs(x))),
                blocks,
                np.array(names),
            ),
        )


def of_meegkit(data: dict[str, np.ndarray], length: str) -> Iterator[tuple[str, Row]]:
    """Score its TRCA, with the five bands of its own example."""
    bands = [
        [(6, 90), (4, 100)], [(14, 90), (10, 100)], [(22, 90), (16, 100)],
        [(30, 90), (24, 100)], [(38, 90), (32, 100)],
    ]  # fmt: skip
    rate_hz = float(data["rate_hz"])
    raw = data[f"{length} raw"]
    targets = np.arange(raw.shape[1])
    labels = np.tile(targets, len(raw) - 1)
    for name, ensemble in (("trca 5", False), ("etrca 5", True)):
        yield (
            name,
            leave_one_out(
                lambda e=ensemble: meegkit.trca.TRCA(rate_hz, bands, ensemble=e),
                lambda decoder, x: decoder.fit(x.transpose(2, 1, 0), labels),
                lambda decoder, x: decoder.predict(x.transpose(2, 1, 0)),
                raw,
                targets,
            ),
        )


def on_leds(data: dict[str, np.ndarray], length: str) -> Iterator[tuple[str, str, float]]:
    """Accuracy without calibration in each session of the exoskeleton recordings."""
    sines, rate_hz = data[f"leds {length} sines"], float(data["leds rate_hz"])
    names = [f"{f:g}" for f in data["leds frequencies_hz"]]
    bank, weights = list(data["leds bank"]), data["leds weights"]
    sessions = [key for key in data if key.startswith(f"leds {length} session")]
    found: dict[tuple[str, str], list[float]] = {}
    for key in sessions:
        windows, labels = data[key], data[key.replace("session", "labels")]
        for name, make in (
            ("cca", lambda: metabci.SCCA(n_components=1)),
            ("fbcca", lambda: metabci.FBSCCA(bank, n_components=1, filterweights=weights)),
        ):
            decoder = make()
            decoder.fit(windows.copy(), labels, Yf=sines.copy())
            share = float(np.mean(decoder.predict(windows.copy()) == labels))
            found.setdefault(("MetaBCI", name), []).append(share)
        info = mne.create_info(windows.shape[1], rate_hz, "eeg")
        events = np.column_stack([np.arange(len(labels)), np.zeros(len(labels)), labels + 1])
        codes = {name: k + 1 for k, name in enumerate(names)}
        epochs = mne.EpochsArray(windows, info, events.astype(int), event_id=codes)
        truth = np.array(names)[labels]
        decoder = moabb.SSVEP_CCA(n_harmonics=5).fit(epochs, truth)
        share = float(np.mean(np.array(decoder.predict(epochs)) == truth))
        found.setdefault(("MOABB", "cca"), []).append(share)
    for (peer, name), shares in found.items():
        yield peer, name, float(np.mean(shares))


def main() -> None:
    """Answer for all that is in the file."""
    with np.load(sys.argv[1]) as file:
        data = dict(file)
    answer: dict[str, object] = {
        "versions": {name: version(name) for name in ("metabci", "moabb", "meegkit")}
    }
    rows: dict[str, dict[str, dict[str, Row]]] = {}
    for length in data["lengths"].tolist():
        for peer, score in (("MetaBCI", of_metabci), ("MOABB", of_moabb), ("meegkit", of_meegkit)):
            for name, row in score(data, length):
                rows.setdefault(length, {}).setdefault(name, {})[peer] = row
                print(f"{length} s, {peer}, {name}: {row['accuracy']:.3f}", file=sys.stderr)
    answer["locked"] = rows
    leds: dict[str, dict[str, dict[str, float]]] = {}
    for length in data["leds lengths"].tolist():
        for peer, name, accuracy in on_leds(data, length):
            leds.setdefault(length, {}).setdefault(name, {})[peer] = accuracy
    answer["leds"] = leds
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
