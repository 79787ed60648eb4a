"""Electrodes in trouble: found, missed, falsely accused; and good recordings left in peace.

    python benchmarks/signal_quality.py                  the table, from the signal alone
    python benchmarks/signal_quality.py --through-driver  impedances too, in real time

Each of the twelve virtual people wears eight electrodes over visual cortex. They are told to look
at targets and away, and do so in their own way; they blink, clench, and feel the exoskeleton's
steps. After ten seconds one trouble befalls one electrode (a bridge: two), another for each person,
and is watched for thirty. Samples are what a Cyton makes of them: noise, counts, limits.

- found: within ten seconds the electrode is doubtful or bad, and called by a name that fits; after
  how long; in how many of them commands were stopped;
- falsely accused: other electrodes on which anything was found in the thirty seconds;
- nothing wrong: the same people for two minutes each, and the recordings of real people: the share
  of electrode judgements that are doubtful or bad, and for how long commands would be stopped.

The recordings of `exoskeleton` hold millivolts where they say volts; they are judged as the app
does (`likely_uv_per_unit`). Cost: processor time of a judgement, which falls due each half second.

`--through-driver`: electrodes of 2 to 300 kΩ measured through BrainFlow and a virtual Cyton.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from recordings_folder import data_folder

from bci_app.recordings.reading import find_recordings, read_recording
from bci_app.runtime.quality import SignalWatch, likely_uv_per_unit
from calibration.quality import BLOCK_S, ElectrodeQuality, Grade, Problem, QualityMonitor
from devices.chunk import Chunk
from devices.headset.brainflow_source import BrainFlowHeadset
from devices.headset.cyton import serve
from devices.headset.impedance import measure_impedances
from devices.virtual_brain import OCCIPITAL_CHANNELS, VirtualSubject, population
from devices.virtual_brain.electrodes import Electrodes

FloatArray = npt.NDArray[np.float64]

RATE_HZ = 250.0
RANGE_UV = 187_500.0
LSB_UV, NOISE_UV = RANGE_UV / 2**23, 0.14
TARGETS_HZ = (9.0, 11.0, 13.0, 15.0, 17.0)
BEFORE_S, AFTER_S, FOUND_WITHIN_S, PEACE_S = 10, 30, 10, 120

Strike = Callable[[Electrodes, str, str, int], None]
Alter = Callable[[FloatArray, int], FloatArray]


@dataclass(frozen=True)
class Trouble:
    """Something that befalls an electrode.

    Parameters
    ----------
    problems : set of Problem
        What it may rightly be called.
    strike : callable or None
        Called each half second with the electrodes, the one's name, its neighbour's and the number
        of the half second since the trouble began.
    alter : callable or None
        What becomes of the electrode's samples, given the index of the first.
    """

    problems: set[Problem]
    strike: Strike | None = None
    alter: Alter | None = None


def once(deed: Callable[[Electrodes, str, str], None]) -> Strike:
    """Let a deed happen at the beginning only."""
    return lambda cap, name, other, k: deed(cap, name, other) if k == 0 else None


def pop_often(cap: Electrodes, name: str, _: str, k: int) -> None:
    """Let a contact pop each four seconds, up and down."""
    if k % 8 == 0:
        cap.pop(name, 250.0 if k % 16 else -250.0)


def hum(samples_uv: FloatArray, first: int) -> FloatArray:
    """Let a cable lie beside a mains lead."""
    angle = 2 * np.pi * 50.0 * (first + np.arange(len(samples_uv))) / RATE_HZ
    return samples_uv + 40.0 * np.sin(angle)


TROUBLES = {
    "flat": Trouble({Problem.FLAT}, alter=lambda samples_uv, _: np.zeros(len(samples_uv))),
    "railed": Trouble({Problem.RAILED}, once(lambda cap, name, _: cap.saturate(name))),
    "detached": Trouble({Problem.DETACHED}, once(lambda cap, name, _: cap.take_off(name))),
    "bridged": Trouble({Problem.BRIDGED}, once(lambda cap, name, other: cap.bridge(name, other))),
    "hum of 40 µV": Trouble({Problem.DRY}, alter=hum),
    "dry, 40 kΩ": Trouble({Problem.DRY}, once(lambda cap, name, _: cap.dry(name, 40.0, 0.1))),
    "dry, 80 kΩ": Trouble({Problem.DRY}, once(lambda cap, name, _: cap.dry(name, 80.0, 0.1))),
    "dry, 300 kΩ": Trouble(
        {Problem.DRY, Problem.DETACHED}, once(lambda cap, name, _: cap.dry(name, 300.0, 0.1))
    ),
    "popping": Trouble({Problem.POPS}, pop_often),
}


class Session:
    """A virtual person at work, half a second at a time, as a Cyton would deliver it."""

    def __init__(self, number: int, seed: int) -> None:
        self.subject = VirtualSubject(seed, person=population()[number])
        self._rng = np.random.default_rng((seed, number))
        self._n_drawn = 0

    def draw(self, alter: Alter | None = None, channel: int = 0) -> FloatArray:
        """Return the next half second, shape (n_times, n_channels)."""
        k = self._n_drawn
        if k % 12 == 0:
            self.subject.cue(None if k % 36 == 0 else float(self._rng.choice(TARGETS_HZ)))
        if k % 40 >= 20 and k % 3 == 0:
            self.subject.step()
        n_times = round(BLOCK_S * RATE_HZ)
        samples_uv = self.subject.draw(n_times)
        if alter is not None:
            samples_uv[:, channel] = alter(samples_uv[:, channel], k * n_times)
        self._n_drawn += 1
        noisy = samples_uv + self._rng.normal(0.0, NOISE_UV, samples_uv.shape)
        clipped: FloatArray = np.clip(LSB_UV * np.round(noisy / LSB_UV), -RANGE_UV, RANGE_UV)
        return clipped


@dataclass(frozen=True)
class Case:
    """One trouble on one person: what was seen of it."""

    found_s: float | None
    called: tuple[str, ...]
    gated: bool
    accused: int
    others: int


def strike_person(number: int, trouble: Trouble, bridged: bool) -> Case:
    """Let a trouble befall an electrode of a person, and watch."""
    session, watch = Session(number, seed=7), _watch(OCCIPITAL_CHANNELS)
    channel = number % len(OCCIPITAL_CHANNELS)
    partner = (channel + 1) % len(OCCIPITAL_CHANNELS)
    struck = {channel, partner} if bridged else {channel}
    # Half seconds of trouble and of judgement do not begin together.
    early_uv = session.subject.draw(10 * number)
    watch.push(early_uv, 0)
    index, found_s, gated = len(early_uv), None, False
    called: set[str] = set()
    accused: set[int] = set()
    for k in range(round((BEFORE_S + AFTER_S) / BLOCK_S)):
        k_struck = k - round(BEFORE_S / BLOCK_S)
        if k_struck >= 0 and trouble.strike is not None:
            names = OCCIPITAL_CHANNELS
            trouble.strike(session.subject.electrodes, names[channel], names[partner], k_struck)
        samples_uv = session.draw(trouble.alter if k_struck >= 0 else None, channel)
        electrodes = watch.push(samples_uv, index)
        index += len(samples_uv)
        if k_struck < 0:
            continue
        after_s = (k_struck + 1) * BLOCK_S
        problem = electrodes[channel].problem
        if problem is not Problem.NONE:
            called.add(problem.value)
        if found_s is None and problem in trouble.problems and after_s <= FOUND_WITHIN_S:
            found_s = after_s
        gated = gated or watch.gates
        accused |= {
            k
            for k, electrode in enumerate(electrodes)
            if electrode.problem is not Problem.NONE and k not in struck
        }
    n_others = len(OCCIPITAL_CHANNELS) - len(struck)
    return Case(found_s, tuple(sorted(called)), gated, len(accused), n_others)


class _Watch:
    """A watch that tells every judgement."""

    def __init__(self, names: tuple[str, ...], rate_hz: float, unit: float) -> None:
        self._watch = SignalWatch(names, rate_hz, range_uv=RANGE_UV, uv_per_unit=unit)
        self._electrodes: tuple[ElectrodeQuality, ...] = ()

    @property
    def gates(self) -> bool:
        return self._watch.obstacle is not None

    def push(self, samples: FloatArray, index: int) -> tuple[ElectrodeQuality, ...]:
        rest = Chunk(samples, index)
        while len(rest):
            part, rest = self._watch.cut(rest)
            judged = self._watch.push(part)
            if judged is not None:
                self._electrodes = judged.electrodes
        return self._electrodes


def _watch(names: tuple[str, ...], rate_hz: float = RATE_HZ, unit: float = 1.0) -> _Watch:
    return _Watch(names, rate_hz, unit)


@dataclass
class Peace:
    """Judgements of electrodes that nothing is known to be wrong with."""

    judged: int = 0
    doubtful: int = 0
    bad: int = 0
    watched_s: float = 0.0
    stopped_s: float = 0.0

    def take(self, electrodes: tuple[ElectrodeQuality, ...], stopped: bool) -> None:
        """Count one judgement."""
        self.judged += len(electrodes)
        self.doubtful += sum(e.grade is Grade.DOUBTFUL for e in electrodes)
        self.bad += sum(e.grade is Grade.BAD for e in electrodes)
        self.watched_s += BLOCK_S
        self.stopped_s += BLOCK_S * stopped

    def row(self) -> dict[str, float]:
        """Return figures: shares in percent, times in seconds."""
        return {
            "judged": self.judged,
            "doubtful_percent": round(100.0 * self.doubtful / max(self.judged, 1), 2),
            "bad_percent": round(100.0 * self.bad / max(self.judged, 1), 2),
            "watched_s": round(self.watched_s),
            "stopped_s": round(self.stopped_s, 1),
        }


def peace_of_virtual_people() -> Peace:
    """Watch the people with nothing wrong."""
    peace = Peace()
    for number in range(len(population())):
        session, watch, index = Session(number, seed=3), _watch(OCCIPITAL_CHANNELS), 0
        for _ in range(round(PEACE_S / BLOCK_S)):
            samples_uv = session.draw()
            peace.take(watch.push(samples_uv, index), watch.gates)
            index += len(samples_uv)
    return peace


def peace_of(paths: Iterator[Path]) -> Peace:
    """Watch recordings."""
    peace = Peace()
    for path in paths:
        recording = read_recording(path)
        rate_hz, samples = recording.sampling_rate_hz, recording.samples_uv
        watch = _watch(recording.channel_names, rate_hz, likely_uv_per_unit(samples))
        n_times = round(BLOCK_S * rate_hz)
        for start in range(0, len(samples) - n_times, n_times):
            electrodes = watch.push(samples[start : start + n_times].copy(), start)
            peace.take(electrodes, watch.gates)
    return peace


def cost_ms(n_channels: int) -> float:
    """Return the processor time of one judgement."""
    names = [f"{row}{column}" for row in ("O", "PO", "P", "CP") for column in ("z", *"1234567")]
    rng = np.random.default_rng(0)
    samples_uv = rng.normal(0, 8, (75_000, n_channels)) + rng.normal(0, 6, (75_000, 1))
    monitor = QualityMonitor(names[:n_channels], RATE_HZ)
    began_s = time.process_time()
    n_judged = len(monitor.push(samples_uv))
    return 1e3 * (time.process_time() - began_s) / n_judged


def table() -> dict[str, object]:
    """Strike everybody with everything."""
    rows: dict[str, object] = {}
    for name, trouble in TROUBLES.items():
        cases = [
            strike_person(number, trouble, name == "bridged") for number in range(len(population()))
        ]
        delays_s = [case.found_s for case in cases if case.found_s is not None]
        rows[name] = {
            "found": len(delays_s),
            "missed": len(cases) - len(delays_s),
            "median_s": float(np.median(delays_s)) if delays_s else None,
            "gated": sum(case.gated for case in cases),
            "accused": sum(case.accused for case in cases),
            "others": sum(case.others for case in cases),
            "called": sorted({word for case in cases for word in case.called}),
        }
    return rows


def impedances() -> list[dict[str, float | str | None]]:
    """Measure known impedances through the real driver."""
    set_kohm = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 150.0, 300.0)
    subject = VirtualSubject(0)
    for name, kohm in zip(OCCIPITAL_CHANNELS, set_kohm, strict=True):
        subject.electrodes.dry(name, kohm, 0.01)
    stop, ready, ports = threading.Event(), threading.Event(), list[str]()

    def on_ready(port: str) -> None:
        ports.append(port)
        ready.set()

    board = threading.Thread(target=serve, args=(subject, on_ready), kwargs={"stop": stop})
    board.start()
    try:
        ready.wait(10.0)
        began_s = time.monotonic()
        with BrainFlowHeadset("cyton", ports[0], OCCIPITAL_CHANNELS) as headset:
            measured = measure_impedances(headset)
        lasted_s = time.monotonic() - began_s
    finally:
        stop.set()
        board.join()
    rows: list[dict[str, float | str | None]] = [
        {"electrode": name, "set_kohm": kohm, "measured_kohm": found and round(found, 2)}
        for name, kohm, found in zip(OCCIPITAL_CHANNELS, set_kohm, measured, strict=True)
    ]
    return [*rows, {"electrode": "all, seconds", "set_kohm": None, "measured_kohm": lasted_s}]


def main() -> None:
    """Print what was asked for, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--through-driver", action="store_true", help="measure impedances")
    if parser.parse_args().through_driver:
        print(json.dumps(impedances(), indent=1, ensure_ascii=False))
        return
    folder = data_folder()
    exoskeleton = (
        path
        for path in find_recordings((folder / "exoskeleton",))
        if path.suffix != ".gdf" and "2013.04.06-16.22.32" not in path.name
    )
    result = {
        "troubles": table(),
        "nothing wrong": {
            "virtual people": peace_of_virtual_people().row(),
            "exoskeleton recordings": peace_of(exoskeleton).row(),
            "muse recordings": peace_of(find_recordings((folder / "muse",))).row(),
        },
        "cost_ms": {n_channels: round(cost_ms(n_channels), 3) for n_channels in (8, 16, 32)},
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
