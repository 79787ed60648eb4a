"""The virtual brain against real ones: spectrum, response, decodability, phase.

    python benchmarks/virtual_brain.py
    python benchmarks/virtual_brain.py --figure docs/images/virtual-brain.png

Real: the 13 usable sessions of `exoskeleton` (6 people, LEDs at 13, 17, 21 Hz and rest, 8 trials
each, 5 s). Virtual: each of the twelve people through two sessions of the same kind, who are told
where to look and do so in their own way. Both are measured by the same code; the unit of the real
recordings is not known, so spectra are compared in shape.

- aperiodic exponent: minus the slope of log power against log frequency at rest, 2 to 6.5 and 15 to
  45 Hz; alpha: highest point between 7 and 13.5 Hz over that line;
- signal to noise: power at a harmonic over that of its neighbours (1 to 2 Hz away), 4 s from 0.5 s,
  mean over channels and trials;
- accuracy: plain CCA, 5 harmonics, causal band-pass 6 to 80 Hz, windows from 0.5 s.

Each person's mean over two sessions is held against the range of the 13 real sessions, as it is and
widened on both sides by its sampling error: the standard error of a mean over two sessions, as real
people's sessions differ. The benchmark fails when somebody lies outside the latter.

Then phase: eight targets at 8 … 15 Hz on a 60 Hz screen, phases as in Nakanishi's benchmark, six
blocks, a cue of a second before each trial, mains notched, windows from 0.14 s, leave one block
out, ensemble TRCA; once with the flicker locked to the trial, once free. Such a task is done with
people who respond well: with the obliging subject at half a second, and with the three strongest of
the population at a second.

Last the response over frequency: all twelve at lamps of 8 to 17 Hz, six looks of 4 s each, beside
the one person of `jfpm40` (forty targets of a screen at 8 to 15.8 Hz, to the nearest whole Hz, six
looks; the unit is taken for µV). The benchmark fails when the virtual people answer 9 and 11 Hz
with fewer µV than 13 and 15 Hz.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from recordings_folder import data_folder

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import design_bank, filter_windows
from bci_app.online.filters import CausalFilter, design_filter
from bci_app.recordings.reading import find_recordings, read_recording
from calibration.trials import cut_windows
from devices.virtual_brain import Person, VirtualSubject, obliging_person, population
from devices.virtual_brain.flicker import Screen, darkness

TARGETS_HZ = (13.0, 17.0, 21.0)
CODES = {"1": None, "2": 13.0, "3": 21.0, "4": 17.0}
WINDOWS_S = (1, 2, 3, 4)
CURVE_HZ = tuple(float(f) for f in range(8, 18))
SCREEN_HZ = tuple(float(f) for f in range(8, 16))
RATE_HZ = 250.0
CUE, SEEN = 250, 300  # samples
Curve = dict[int, tuple[float, float]]
Looks = tuple[float, np.ndarray]  # Hz; windows of four seconds, shape (n_looks, n_channels, 1000)


@dataclass
class Session:
    """Trials of five seconds each: onset and the target looked at, None for rest."""

    person: str
    samples: np.ndarray
    rate_hz: float
    trials: list[tuple[int, float | None]]


def real_sessions() -> list[Session]:
    """All but the one that its authors exclude."""
    sessions = []
    for path in find_recordings((data_folder() / "exoskeleton",)):
        if path.suffix != ".gdf" and "2013.04.06-16.22.32" not in path.name:
            recording = read_recording(path)
            trials = [(m.index, CODES[m.code]) for m in recording.markers if m.code in CODES]
            samples, rate_hz = recording.samples_uv, recording.sampling_rate_hz
            sessions.append(Session(path.parent.name, samples, rate_hz, trials))
    return sessions


def virtual_session(person: Person, seed: int) -> Session:
    """Eight times rest, then each target eight times; the cue comes half a second before."""
    subject = VirtualSubject(seed, person=person)
    order = np.random.default_rng(seed).permutation(np.repeat(TARGETS_HZ, 8)).tolist()
    parts, trials, index = [subject.draw(2500)], [], 2500
    for target in [*[None] * 8, *order]:
        subject.cue(target)
        trials.append((index + 125, target))
        parts.append(subject.draw(125 + 1250))
        subject.cue(None)
        parts.append(subject.draw(500))
        index += 125 + 1250 + 500
    return Session(person.name, np.concatenate(parts), RATE_HZ, trials)


def rest_spectrum(session: Session) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in steps of 0.5 Hz, and mean power at rest relative to all from 5 to 45 Hz."""
    n = round(2 * session.rate_hz)
    onsets = [onset + k * n // 2 for onset, target in session.trials if target is None
              for k in range(4)]  # fmt: skip
    windows = cut_windows(session.samples, onsets, 0, n)
    windows = (windows - windows.mean(axis=2, keepdims=True)) * np.hanning(n)
    power = (np.abs(np.fft.rfft(windows, axis=2)) ** 2).mean(axis=(0, 1))
    frequencies_hz = np.fft.rfftfreq(n, 1 / session.rate_hz)
    return frequencies_hz, power / power[(frequencies_hz >= 5) & (frequencies_hz <= 45)].sum()


def line_and_beside(window: np.ndarray, rate_hz: float, line_hz: float) -> np.ndarray:
    """Mean power at a frequency and 1 to 2 Hz away, shape (2, n_channels), of four seconds."""
    tapered = (window - window.mean(axis=1, keepdims=True)) * np.hanning(window.shape[1])
    at_hz = line_hz + 0.25 * np.r_[-1:2, -8:-3, 4:9]
    waves = np.exp(-2j * np.pi / rate_hz * np.outer(np.arange(window.shape[1]), at_hz))
    power = np.abs(tapered @ waves) ** 2
    return np.array((power[:, :3].mean(axis=1), power[:, 3:].mean(axis=1)))


def in_db(line_and_beside: np.ndarray) -> float:
    """Signal to noise of one window, mean over channels."""
    return float(10 * np.log10((line_and_beside[0] / line_and_beside[1]).mean()))


def signal_to_noise(session: Session, harmonic: int) -> float:
    """Mean over trials with a target, in dB."""
    start, n = round(0.5 * session.rate_hz), round(4 * session.rate_hz)
    return float(np.mean([
        in_db(line_and_beside(cut_windows(session.samples, [onset], start, n)[0],
                              session.rate_hz, harmonic * target))
        for onset, target in session.trials if target is not None
    ]))  # fmt: skip


def response_curve(looks: list[Looks]) -> Curve:
    """Response by frequency to the nearest whole Hz: µV, and dB of signal to noise.

    The amplitude is that of the mean over looks of one person in phase with the flicker, root mean
    square over people and channels, less what noise adds to it: unlike power, it tells the response
    from an alpha rhythm of the same frequency.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    for target_hz, windows in looks:
        n_looks, _, n_times = windows.shape
        wave = np.exp(-2j * np.pi * target_hz * np.arange(n_times) / RATE_HZ)
        amplitude_uv = 4 / n_times * (windows * np.hanning(n_times)) @ wave
        noise = amplitude_uv.var(axis=0, ddof=1) / n_looks
        power = (np.abs(amplitude_uv.mean(axis=0)) ** 2 - noise).mean()
        ratio_db = np.mean([in_db(line_and_beside(w, RATE_HZ, target_hz)) for w in windows])
        found.setdefault(round(target_hz), []).append((float(power), float(ratio_db)))
    return {
        whole_hz: (
            float(np.sqrt(max(np.mean([power for power, _ in both]), 0.0))),
            float(np.mean([ratio_db for _, ratio_db in both])),
        )
        for whole_hz, both in sorted(found.items())
    }


def virtual_responses(person: Person, seed: int) -> list[Looks]:
    """Six looks of four seconds at each lamp of 8 to 17 Hz, in any order."""
    subject, index = VirtualSubject(seed, person=person), 0
    windows: dict[float, list[np.ndarray]] = {target_hz: [] for target_hz in CURVE_HZ}
    for target_hz in np.random.default_rng(seed).permutation(np.repeat(CURVE_HZ, 6)).tolist():
        subject.look_at(target_hz)
        wait = 125 + -(index + 125) % 250  # whole seconds: the lamp is always in the same phase
        subject.draw(wait)
        windows[target_hz].append(subject.draw(1000).T)
        subject.look_at(None)
        subject.draw(250)
        index += wait + 1000 + 250
    return [(target_hz, np.array(seen)) for target_hz, seen in windows.items()]


def real_responses() -> list[Looks]:
    """Return the looks of `jfpm40`: forty targets of a screen, six blocks, one person."""
    from scipy.io import loadmat

    eeg = loadmat(data_folder() / "jfpm40" / "jfpm40_subject1.mat")["eeg"]
    targets_hz = [8 + whole + 0.2 * k for k in range(5) for whole in range(8)]
    return [
        (target_hz, np.moveaxis(eeg[k, :, 35 : 35 + 1000], 2, 0))
        for k, target_hz in enumerate(targets_hz)
    ]


def accuracy(session: Session, window_s: int) -> float:
    """Of plain CCA on three classes."""
    sections = design_filter(session.rate_hz, (6.0, 80.0), 50.0)
    filtered = CausalFilter(sections).process(session.samples)
    looking = [(onset, target) for onset, target in session.trials if target is not None]
    start, n_times = round(0.5 * session.rate_hz), round(window_s * session.rate_hz)
    windows = cut_windows(filtered, [onset for onset, _ in looking], start, n_times)
    decoder = make_decoder("cca", TARGETS_HZ, session.rate_hz, n_harmonics=5)
    truth = [TARGETS_HZ.index(target) for _, target in looking]
    return float((decoder.predict(windows) == truth).mean())


def measure(session: Session) -> dict[str, float]:
    """All figures of one session."""
    frequencies_hz, power = rest_spectrum(session)
    fitted = ((frequencies_hz >= 2) & (frequencies_hz <= 6.5)) | (
        (frequencies_hz >= 15) & (frequencies_hz <= 45)
    )
    slope, offset = np.polyfit(np.log10(frequencies_hz[fitted]), np.log10(power[fitted]), 1)
    alpha = (frequencies_hz >= 7) & (frequencies_hz <= 13.5)
    above = np.log10(power[alpha]) - offset - slope * np.log10(frequencies_hz[alpha])
    figures = {
        "aperiodic exponent": -slope,
        "alpha peak, Hz": frequencies_hz[alpha][above.argmax()],
        "alpha over line, dB": 10 * above.max(),
    }
    for harmonic in (1, 2, 3):
        figures[f"signal to noise at {harmonic}f, dB"] = signal_to_noise(session, harmonic)
    for window_s in WINDOWS_S:
        figures[f"CCA accuracy, {window_s} s"] = accuracy(session, window_s)
    return figures


def by_person(sessions: list[Session]) -> dict[str, dict[str, float]]:
    """Mean figures of each person over their sessions."""
    measured: dict[str, list[dict[str, float]]] = {}
    for session in sessions:
        measured.setdefault(session.person, []).append(measure(session))
    return {
        person: {key: float(np.mean([f[key] for f in figures])) for key in figures[0]}
        for person, figures in measured.items()
    }


def sampling_error(people: list[str], figures: list[float]) -> float:
    """Return the standard error of a mean over two sessions, from sessions of the same people."""
    groups = [[f for who, f in zip(people, figures, strict=True) if who == name]
              for name in sorted(set(people))]  # fmt: skip
    within = sum(len(group) * np.var(group) for group in groups) / (len(figures) - len(groups))
    return float(np.sqrt(within / 2))


def phase_locked(person: Person, window_s: float, *, locked: bool) -> float:
    """Accuracy of ensemble TRCA, one block of six held out in turn."""
    subject, rng = VirtualSubject(5, person=person), np.random.default_rng(5)
    parts, index, onsets = [subject.draw(500)], 500, []
    for _ in range(6):
        for k, target_hz in enumerate(SCREEN_HZ):
            subject.light(target_hz, darkness)  # a cue first: the eyes move before the flicker
            subject.look_at(target_hz)
            parts.append(subject.draw(CUE))
            onset = index + CUE
            onsets.append(onset)
            phase = 0.35 * np.pi * k if locked else rng.uniform(0, 2 * np.pi)
            turned = phase - 2 * np.pi * target_hz * onset / RATE_HZ  # this phase at the onset
            subject.light(target_hz, Screen(target_hz, turned % (2 * np.pi)))
            subject.look_at(target_hz)
            parts.append(subject.draw(SEEN))
            subject.look_at(None)
            parts.append(subject.draw(rng.integers(180, 220)))  # the mains are locked to no trial
            index = onset + SEEN + len(parts[-1])
    notched = CausalFilter(design_filter(RATE_HZ, (6.0, 80.0), 50.0)).process(np.concatenate(parts))
    windows = cut_windows(notched, onsets, 0, SEEN)
    bands = filter_windows(windows, design_bank(SCREEN_HZ, RATE_HZ, 5))
    bands = bands.reshape(6, len(SCREEN_HZ), *bands.shape[1:])[
        ..., 35 : 35 + round(window_s * RATE_HZ)
    ]
    targets, shares = np.arange(len(SCREEN_HZ)), []
    for held in range(6):
        learned = np.delete(bands, held, axis=0)
        decoder = make_decoder("etrca", SCREEN_HZ, RATE_HZ, n_bands=5)
        decoder.fit(learned.reshape(-1, *learned.shape[2:]), np.tile(targets, 5))
        shares.append((decoder.predict(bands[held]) == targets).mean())
    return float(np.mean(shares))


def draw(
    path: Path,
    real: list[Session],
    virtual: list[Session],
    tables: list[dict],
    curves: tuple[Curve, Curve],
) -> None:
    """Draw spectra, responses and accuracy of both, person by person; response by frequency."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, ((left, middle), (right, last)) = plt.subplots(
        2, 2, figsize=(10, 7.5), layout="constrained"
    )
    for sessions, table, curve, colour, label in (
        (virtual, tables[1], curves[1], "tab:orange", "virtual"),
        (real, tables[0], curves[0], "tab:blue", "real"),
    ):
        spectra = [rest_spectrum(session) for session in sessions]
        grid_hz = np.arange(2.0, 45.5, 0.5)
        levels = [10 * np.log10(np.interp(grid_hz, *spectrum)) for spectrum in spectra]
        left.fill_between(grid_hz, np.min(levels, axis=0), np.max(levels, axis=0),
                          color=colour, alpha=0.25)  # fmt: skip
        left.plot(grid_hz, np.median(levels, axis=0), color=colour, label=label)
        strength = np.array([amplitude_uv for amplitude_uv, _ in curve.values()])
        last.plot(list(curve), strength / strength.max(), "o-", color=colour)
        for person in table.values():
            snr = [person[f"signal to noise at {h}f, dB"] for h in (1, 2, 3)]
            middle.plot((1, 2, 3), snr, "o-", color=colour, alpha=0.5)
            shares = [person[f"CCA accuracy, {w} s"] for w in WINDOWS_S]
            right.plot(WINDOWS_S, shares, "o-", color=colour, alpha=0.5)
    left.set(
        xscale="log", xlabel="frequency, Hz", ylabel="power at rest, dB", xticks=[2, 5, 10, 20, 40]
    )
    left.xaxis.set_major_formatter("{x:g}")
    left.minorticks_off()
    left.legend()
    middle.set(xlabel="harmonic", ylabel="signal to noise, dB", xticks=[1, 2, 3])
    right.set(
        xlabel="window, s",
        ylabel="accuracy of plain CCA, 3 classes",
        xticks=WINDOWS_S,
        ylim=(0.2, 1.02),
    )
    last.set(
        xlabel="flicker, Hz",
        ylabel="µV at f, as a share of the best",
        xticks=CURVE_HZ[::2],
        ylim=(0.0, 1.05),
        title="twelve virtual people together, one real (jfpm40)",
    )
    right.axhline(1 / 3, color="grey", linestyle=":")
    figure.suptitle(
        "Real (6 people) and virtual (12 people); a line is a person, a band all sessions"
    )
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the comparison as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    real = real_sessions()
    people = population()
    virtual = [virtual_session(person, seed) for person in people for seed in (1, 2)]
    tables = [by_person(real), by_person(virtual)]
    sessions = [measure(session) for session in real]
    print(f"{'':28s}{'real mean':>10s}{'lowest':>8s}{'highest':>8s}{'error':>8s}{'virtual':>10s}"
          f"{'lowest':>8s}{'highest':>8s}{'inside':>8s}{'or by the error':>17s}")  # fmt: skip
    outside = []
    for key in sessions[0]:
        of_real = [figures[key] for figures in sessions]
        low, high = min(of_real), max(of_real)
        error = sampling_error([session.person for session in real], of_real)
        of_virtual = np.array([figures[key] for figures in tables[1].values()])
        means = np.mean([f[key] for f in tables[0].values()]), of_virtual.mean()
        inside, nearly = (
            ((low - wider <= of_virtual) & (of_virtual <= high + wider)).mean()
            for wider in (0.0, error)
        )
        if nearly < 1.0 or not low <= means[1] <= high:
            outside.append(key)
        print(f"{key:28s}{means[0]:10.2f}{low:8.2f}{high:8.2f}{error:8.2f}{means[1]:10.2f}"
              f"{of_virtual.min():8.2f}{of_virtual.max():8.2f}{inside:8.0%}{nearly:17.0%}",
              flush=True)  # fmt: skip
    strongest = sorted(people, key=lambda person: person.vision.drive_per_s)[-3:]
    phase = {
        f"{who}, {'locked' if locked else 'free'}": round(
            float(np.mean([phase_locked(p, window_s, locked=locked) for p in group])), 3
        )
        for who, group, window_s in (
            ("obliging, 0.5 s", [obliging_person()], 0.5),
            ("three strongest, 1 s", strongest, 1.0),
        )
        for locked in (True, False)
    }
    responses = [looks for person in people for looks in virtual_responses(person, 3)]
    curves = response_curve(real_responses()), response_curve(responses)
    for who, curve in zip(("jfpm40", "virtual"), curves, strict=True):
        by_frequency = "".join(
            f"{hz:4d} Hz {uv:.1f} µV {db:.1f} dB" for hz, (uv, db) in curve.items()
        )
        print(f"response of {who:8s}{by_frequency}", flush=True)
    low, middle = (np.mean([curves[1][hz][0] for hz in pair]) for pair in ((9, 11), (13, 15)))
    found = {"outside_of_real": outside, "etrca_of_8": phase}
    print(json.dumps(found, indent=2))
    if options.figure:
        draw(options.figure, real, virtual, tables, curves)
    if outside or phase["obliging, 0.5 s, locked"] < 0.8 or low < middle:
        raise SystemExit("the virtual brain is not like real ones")


if __name__ == "__main__":
    main()
