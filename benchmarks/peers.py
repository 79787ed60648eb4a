"""Our decoders beside those of MetaBCI, MOABB and meegkit: accuracy and speed on the same windows.

    python benchmarks/peers.py [--json | --markdown] [--lengths 0.5,1]

The peers are installed into an environment of their own at the first run (peer_environment.py).

Phase-locked flicker: `jfpm40`, 40 targets, six blocks, each decoded by what the other five taught,
windows from 0.14 s. Methods of one band get the same band-passed windows from everybody. Methods of
five bands get the same raw windows; MetaBCI filters them with the sub-bands that we give it, MOABB
and meegkit with their own, all three forwards and backwards; ours come out of a causal filter that
began with the flicker, as in a stream. MetaBCI gets exact sinusoids in place of its own, whose last
sample is one too far.

LEDs whose phase is unknown: the 13 exoskeleton sessions, three targets, no calibration, windows
from 0.5 s after a causal filter (6 to 80 Hz, mains notch), the same for everybody; in FBCCA each
toolbox filters these windows again.

Speed: processor time on one thread, the least of several; `fit` on 200 windows, `predict` on one
window from raw samples where there are five bands. MOABB's takes an `Epochs` object, whose making
is part of the call.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.io
from peer_environment import python_of_peers, run_file_with_peers
from peer_scoring import Row, leave_one_out
from phase_locked_decoders import FREQUENCIES_HZ, RATE_HZ, START
from recordings_folder import data_folder

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import band_weights, design_bank, filter_windows
from bci_app.decoders.references import reference_signals
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.recordings.reading import find_recordings, read_recording
from calibration.trials import cut_windows

N_HARMONICS, PADDING = 5, 5
LED_HZ, LED_CODES, LED_LENGTHS_S = (13.0, 17.0, 21.0), ("2", "4", "3"), (1.0, 2.0)
EXCLUDED = "2013.04.06-16.22.32"  # by its authors, for protocol trouble

ONE_BAND = ("cca", "itcca", "ecca", "trca")
FIVE_BANDS = ("fbcca", "trca", "etrca", "tdca")
ON_LEDS = ("cca", "fbcca", "fbwilks")
OURS = "bci-app"
WHOSE = (OURS, "MetaBCI", "MOABB", "meegkit")

Table = dict[str, dict[str, Row]]


def sines(frequencies_hz: tuple[float, ...], n_times: int, rate_hz: float) -> np.ndarray:
    """Sine and cosine of each harmonic of each target, (n_targets, 2 n_harmonics, n_times)."""
    return np.stack([reference_signals(f, n_times, rate_hz, N_HARMONICS).T for f in frequencies_hz])


def locked(lengths_s: list[float]) -> tuple[dict[str, np.ndarray], dict[str, Table]]:
    """Cut the 40-target recording for the peers, and score our decoders on it."""
    eeg = scipy.io.loadmat(data_folder() / "jfpm40" / "jfpm40_subject1.mat")["eeg"]
    blocks = eeg.transpose(3, 0, 1, 2)  # (n_blocks, n_targets, n_channels, n_times)
    bank, targets = design_bank(FREQUENCIES_HZ, RATE_HZ, 5), np.arange(len(FREQUENCIES_HZ))
    bands = filter_windows(blocks.reshape(-1, *blocks.shape[2:]), bank)
    bands = bands.reshape(*blocks.shape[:2], *bands.shape[1:])
    given = {
        "frequencies_hz": np.array(FREQUENCIES_HZ),
        "rate_hz": np.array(RATE_HZ),
        "bank": np.stack(bank),
        "weights": band_weights(len(bank)),
        "lengths": np.array([f"{length_s:g}" for length_s in lengths_s]),
    }
    ours: dict[str, Table] = {}
    for length_s in lengths_s:
        name, n_times = f"{length_s:g}", round(length_s * RATE_HZ)
        window = slice(START, START + n_times)
        one_band = bands[:, :, 0, :, window]
        one_band = one_band - one_band.mean(axis=-1, keepdims=True)
        given |= {
            f"{name} one band": one_band,
            f"{name} raw": blocks[..., window],
            f"{name} longer": blocks[..., START : START + n_times + PADDING],
            f"{name} sines": sines(FREQUENCIES_HZ, n_times, RATE_HZ),
        }
        ours[name] = {}
        for n_bands, decoders in ((1, ONE_BAND), (5, FIVE_BANDS)):
            for decoder in decoders:
                # A decoder without a bank takes windows without an axis of bands.
                windows = one_band if decoder == "cca" else bands[:, :, :n_bands, :, window]
                timed = blocks[..., window] if n_bands > 1 else windows
                ours[name][f"{decoder} {n_bands}"] = leave_one_out(
                    lambda d=decoder, n=n_bands: make_decoder(
                        d, FREQUENCIES_HZ, RATE_HZ, n_bands=n
                    ),
                    lambda made, x: made.fit(x, np.tile(targets, len(blocks) - 1)),
                    lambda made, x: made.predict(x),
                    windows,
                    targets,
                    one=timed[-1][:1],
                )
    return given, ours


def leds() -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    """Cut the exoskeleton recordings for the peers, and score our decoders on them."""
    given: dict[str, np.ndarray] = {}
    shares: dict[str, dict[str, list[float]]] = {}
    for k, path in enumerate(find_recordings((data_folder() / "exoskeleton",))):
        if path.suffix == ".gdf" or EXCLUDED in path.name:
            continue
        recording = read_recording(path)
        rate_hz = recording.sampling_rate_hz
        causal = CausalFilter(design_filter(rate_hz, (6.0, 80.0), 50.0))
        filtered = causal.process(recording.samples_uv)
        bank = design_bank(LED_HZ, rate_hz, 5)
        trials = [
            (m.index, LED_CODES.index(m.code)) for m in recording.markers if m.code in LED_CODES
        ]
        onsets, labels = [index for index, _ in trials], np.array([label for _, label in trials])
        for length_s in LED_LENGTHS_S:
            name, n_times = f"{length_s:g}", round(length_s * rate_hz)
            windows = cut_windows(filtered, onsets, round(0.5 * rate_hz), n_times)
            given |= {
                f"leds {name} session{k}": windows,
                f"leds {name} labels{k}": labels,
                f"leds {name} sines": sines(LED_HZ, n_times, rate_hz),
            }
            for decoder in ON_LEDS:
                found = make_decoder(decoder, LED_HZ, rate_hz).predict(windows)
                shares.setdefault(name, {}).setdefault(decoder, []).append(
                    float(np.mean(found == labels))
                )
    given |= {
        "leds rate_hz": np.array(rate_hz),
        "leds frequencies_hz": np.array(LED_HZ),
        "leds bank": np.stack(bank),
        "leds weights": band_weights(len(bank)),
        "leds lengths": np.array(list(shares)),
    }
    return given, {n: {d: float(np.mean(s)) for d, s in by.items()} for n, by in shares.items()}


def measure(lengths_s: list[float]) -> dict[str, object]:
    """Score everybody's decoders: by recording, length of the window, method and toolbox."""
    python = python_of_peers()
    if python is None:
        raise SystemExit("the peers are not there: see above; a network to install them is needed")
    print("ours", file=sys.stderr)
    windows, by_length = locked(lengths_s)
    led_windows, led_shares = leds()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "windows.npz"
        np.savez(file, **windows, **led_windows)
        theirs = Path(__file__).with_name("peer_decoders.py")
        answer = json.loads(run_file_with_peers(python, theirs, str(file)))
    for length, methods in by_length.items():
        for method, ours in methods.items():
            answer["locked"][length][method] = {
                OURS: ours,
                **answer["locked"][length].get(method, {}),
            }
    for length, shares in led_shares.items():
        for method, share in shares.items():
            answer["leds"][length][method] = {
                OURS: share,
                **answer["leds"][length].get(method, {}),
            }
    return answer


def table(found: dict[str, object]) -> str:
    """Lay out all of it, as Markdown."""
    lengths = list(found["locked"])
    whose = [f"{name} {found['versions'][name.lower()]}" for name in WHOSE[1:]]
    lines = [f"Versions: {', '.join(whose)}.", "", *heading("method, bands", lengths)]
    for method in found["locked"][lengths[0]]:
        for name in WHOSE:
            rows = [found["locked"][length][method].get(name) for length in lengths]
            if None in rows:
                continue
            ours = [found["locked"][length][method][OURS] for length in lengths]
            accuracy = [f"{row['accuracy']:.3f}" for row in rows]
            times = [
                cell
                for kind in ("window_s", "fit_s")
                for row, own in zip(rows, ours, strict=True)
                for cell in [time_or_ratio(row[kind], own[kind], name, method)]
            ]
            title = method.replace(" ", ", ") if name == OURS else ""
            lines.append(f"| {title} | {name} | " + " | ".join([*accuracy, *times]) + " |")
    led_lengths = list(found["leds"])
    lines += [
        "",
        "| three LEDs, no calibration | | " + " | ".join(f"{n} s" for n in led_lengths) + " |",
        "|---" * (2 + len(led_lengths)) + "|",
    ]
    for method in ON_LEDS:
        for name in WHOSE:
            shares = [found["leds"][length][method].get(name) for length in led_lengths]
            if None not in shares:
                title = method if name == OURS else ""
                cells = " | ".join(f"{share:.3f}" for share in shares)
                lines.append(f"| {title} | {name} | {cells} |")
    return "\n".join(lines)


def heading(first: str, lengths: list[str]) -> list[str]:
    """Name the columns: accuracy, a window's time and the fit's for each length."""
    columns = [f"{what} {n} s" for what in ("accuracy", "a window,", "fit,") for n in lengths]
    return [f"| {first} | | " + " | ".join(columns) + " |", "|---" * (2 + len(columns)) + "|"]


def time_or_ratio(time_s: float, ours_s: float, name: str, method: str) -> str:
    """Our time in ms, the others' as multiples of it."""
    if name == OURS:
        return f"{1e3 * time_s:.2f} ms"
    # What learns nothing has no fit to be compared.
    if method in ("cca 1", "fbcca 5") and ours_s < 1e-4:
        return "–"
    return f"× {time_s / ours_s:.1f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", default="0.5,1", help="of the window, in s")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--markdown", action="store_true", help="the tables (the default)")
    options = parser.parse_args()
    found = measure([float(length) for length in options.lengths.split(",")])
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
