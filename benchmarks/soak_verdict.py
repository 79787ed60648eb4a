"""From the log of a soak to its figures, and whether they are as they should be."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from soak_log import WARM_UP_S, Log, clock_error_ms, growth_per_hour, read_log
from soak_periods import rows_by_period

from bci_app.evaluation.rate_test import poisson_interval

CAPACITIES = {
    "headset": 4096,
    "recorder": 50_000,
    "operator window": 8192,
    "exoskeleton": 8192,
    "stimulus": 4096,
}
"""What each queue of a session holds."""

_STARTED_S = 10.0  # what waits while windows open says nothing about the hours after
_GROWTH_MB_PER_HOUR = 10.0
_QUEUE_SHARE = 0.1
_CLOCK_MS = 4.0  # a sample


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure, and whether it is as it should be; None where nothing was promised."""

    name: str
    figure: str
    wanted: str
    good: bool | None

    def row(self) -> str:
        """Format a row of a table."""
        said = {True: "yes", False: "**no**", None: ""}[self.good]
        return f"| {self.name} | {self.figure} | {self.wanted} | {said} |"


def _below(growth: float, limit: float) -> bool | None:
    """Judge a growth; a log that is too short to know says nothing."""
    return None if np.isnan(growth) else bool(growth < limit)


def of_answers(log: Log) -> Iterator[Verdict]:
    """Judge what was decided."""
    answers = log.answers()
    low, high = poisson_interval(answers.n_false, answers.idle_min)
    withheld = {index for stretch in log.stretches for index, _ in stretch["withheld"]}
    yield Verdict(
        "false decisions",
        f"{answers.n_false} in {answers.idle_min / 60:.2f} h of looking at no target: "
        f"{60 * answers.n_false / answers.idle_min:.1f} an hour "
        f"(95 %: {60 * low:.1f} to {60 * high:.1f}); of {len(withheld & set(log.false_indices()))} "
        "no command came, for the gate withheld it",
        "",
        None,
    )
    yield Verdict(
        "looks",
        f"{answers.n_trials}: {answers.n_right} right, {answers.n_wrong} wrong, "
        f"{answers.n_missed} without an answer; a right one takes "
        f"{answers.response_time_s or 0:.2f} s",
        "",
        None,
    )


def of_a_run(log: Log, heard: Sequence[dict]) -> list[Verdict]:
    """Judge a session of hours in real time."""
    at_s = log.at_s
    verdicts = [
        Verdict("time", f"{at_s[-1] / 3600:.2f} h, {len(at_s)} lines", "", None),
        *_of_samples(log),
        *_of_frames(log),
        *_of_latency(log),
        *_of_queues(log),
        *_of_processes(log),
        *_of_clock(log),
        *of_answers(log),
        *_of_the_end(log, heard),
    ]
    busy = log.column("busy_percent")
    load = log.column("load_1_min")
    return [
        *verdicts,
        Verdict(
            "the machine",
            f"processors {np.mean(busy):.0f} % busy, load {np.median(load):.1f} "
            f"({load.min():.1f} to {load.max():.1f}) on {log.first['begin']['processors']}",
            "",
            None,
        ),
    ]


def _of_samples(log: Log) -> Iterator[Verdict]:
    n_lost = int(log.column("lost_samples").sum())
    n_samples = int(log.column("n_samples").sum())
    yield Verdict("samples lost", f"{n_lost} of {n_samples}", "0", n_lost == 0)
    events: Counter[str] = Counter()
    for stretch in log.stretches:
        events.update(stretch["events"])
    for name, kind in (
        ("headset silent for 0.4 s", "StreamSilent"),
        ("exoskeleton silent for 0.5 s", "LinkDown"),
        ("requests unanswered", "Unanswered"),
    ):
        yield Verdict(name, str(events[kind]), "0", events[kind] == 0)


def _of_frames(log: Log) -> Iterator[Verdict]:
    missed, frames = log.column("frames", "n_missed"), log.column("frames", "n_frames")
    each = np.diff(missed, prepend=0.0)
    share = missed[-1] / (missed[-1] + frames[-1])
    yield Verdict(
        "refreshes missed",
        f"{missed[-1]:.0f} of {missed[-1] + frames[-1]:.0f} ({share:.2%}); "
        f"{np.nanmax(each):.0f} in the worst five seconds, none in {np.mean(each == 0):.0%} of all",
        "below 0.1 % on a quiet machine",
        bool(share < 1e-3),
    )

    waited_s = np.diff(log.column("processes", "subject window", "waited_s"), prepend=np.nan)
    calm = waited_s <= np.nanquantile(waited_s, 0.25)
    busy = waited_s >= np.nanquantile(waited_s, 0.75)
    yield Verdict(
        "… by how long its process waited for a processor",
        f"{np.nanmean(each[calm]):.2f} in five seconds of the calmest quarter (waited "
        f"{np.mean(waited_s[calm]) * 1e3:.0f} ms), {np.nanmean(each[busy]):.2f} of the busiest "
        f"({np.mean(waited_s[busy]) * 1e3:.0f} ms)",
        "",
        None,
    )


def _of_latency(log: Log) -> Iterator[Verdict]:
    for name, key in (
        ("last sample to scores", "path_ms"),
        ("last sample to frame written", "frame_ms"),
    ):
        all_ms = np.concatenate([np.array(s[key], float) for s in log.stretches])
        p50, p99, most = np.percentile(all_ms, [50, 99, 100])
        medians = np.array([np.median(s[key]) if s[key] else np.nan for s in log.stretches])
        slope, low, high = growth_per_hour(log.at_s, medians)
        yield Verdict(
            name,
            f"p50 {p50:.1f}, p99 {p99:.1f}, max {most:.0f} ms ({len(all_ms)} times); median grows "
            f"by {slope:+.2f} ms an hour (95 %: {low:+.2f} to {high:+.2f})",
            "no growth",
            _below(low, 0.5),
        )


def _of_queues(log: Log) -> Iterator[Verdict]:
    for queue, capacity in CAPACITIES.items():
        waiting = log.column("waiting", queue)
        later = waiting[log.at_s > _STARTED_S]
        yield Verdict(
            f"most waiting: {queue}",
            f"{later.max():.0f} of {capacity} ({waiting.max():.0f} while it starts)",
            f"below {_QUEUE_SHARE:.0%}",
            bool(waiting.max() < _QUEUE_SHARE * capacity),
        )
    dropped = log.column("window_dropped")[-1]
    yield Verdict("events the operator window dropped", f"{dropped:.0f}", "0", dropped == 0)


def _of_processes(log: Log) -> Iterator[Verdict]:
    at_s = log.at_s
    names = sorted({name for s in log.stretches for name in s["processes"]})
    for name in names:
        memory_mb = log.column("processes", name, "resident_mb")
        slope, low, high = growth_per_hour(at_s, memory_mb)
        warm = int(np.argmax(at_s >= min(WARM_UP_S, at_s[-1])))
        cpu_s = log.column("processes", name, "cpu_s")
        share = (cpu_s[-1] - cpu_s[0]) / (at_s[-1] - at_s[0])
        yield Verdict(
            f"memory: {name}",
            f"{memory_mb[warm]:.1f} to {memory_mb[-1]:.1f} MB, {slope:+.2f} MB an hour "
            f"(95 %: {low:+.2f} to {high:+.2f}); {share:.1%} of a processor",
            f"below +{_GROWTH_MB_PER_HOUR:g} MB an hour",
            _below(slope, _GROWTH_MB_PER_HOUR),
        )
        counts = []
        for what in ("handles", "threads"):
            number = log.column("processes", name, what)
            counts.append((what, number[warm], number[-1]))
        grown = any(last > then for _, then, last in counts)
        said = ", ".join(f"{what} {then:.0f} to {last:.0f}" for what, then, last in counts)
        yield Verdict(f"handles: {name}", said, "no growth", not grown)


def _of_clock(log: Log) -> Iterator[Verdict]:
    later = log.at_s >= min(WARM_UP_S, log.at_s[-1] / 2)
    error_ms = clock_error_ms(log)
    residual_ms = log.column("residual_ms")[later]
    drift_ppm = log.column("drift_ppm")[later]
    yield Verdict(
        "clock of the samples",
        f"wanders over {np.ptp(error_ms[later]):.2f} ms; drift {np.median(drift_ppm):+.2f} ppm, "
        f"residual p50 {np.median(residual_ms):.2f}, max {residual_ms.max():.2f} ms",
        f"within a sample ({_CLOCK_MS:g} ms)",
        bool(np.ptp(error_ms[later]) < _CLOCK_MS),
    )


def _of_the_end(log: Log, heard: Sequence[dict]) -> Iterator[Verdict]:
    size_mb = log.column("recording_bytes")[-1] / 2**20
    per_hour = size_mb / (log.at_s[-1] / 3600)
    yield Verdict("recording", f"{size_mb:.0f} MB, {per_hour:.0f} MB an hour", "", None)
    if heard:
        n_heard, n_sent = heard[-1]["heard"]["EEG"], int(log.column("n_samples").sum())
        worst_ms = max(line["late_ms"] for line in heard[2:] or heard)
        yield Verdict(
            "LSL, in another program",
            f"{n_heard} samples heard of {n_sent} and the last seconds'; up to {worst_ms:.0f} ms "
            "late (asked every 50 ms)",
            "all",
            bool(n_heard >= n_sent),
        )
    end = log.first.get("end")
    if end is None:
        yield Verdict("end", "the log was cut off", "exit code 0, nothing left", False)
        return
    left = end["left_running"]
    yield Verdict(
        "end",
        f"exit code {end['exit_code']}, {len(left)} processes left",
        "exit code 0, none left",
        end["exit_code"] == 0 and not left,
    )
    replay = log.first.get("replay")
    if replay is not None:
        same = replay["exit_code"] == 0 and replay.get("difference") is None
        yield Verdict(
            "replayed",
            f"{replay.get('n_events', 0)} events, {replay.get('n_decisions', 0)} decisions: "
            f"{'0 differences' if same else 'different'}, in {replay['took_s']:.0f} s",
            "0 differences",
            same,
        )


def _longest_process(log: Log) -> np.ndarray:
    """Say which lines are of the process that went on longest, where a day was cut off."""
    pids = log.column("pid")
    known, counts = np.unique(pids, return_counts=True)
    return pids == known[np.argmax(counts)]


def _spent_s(log: Log) -> float:
    """Processor time of all the processes of a day."""
    pids, cpu_s = log.column("pid"), log.column("cpu_s")
    return float(sum(cpu_s[pids == pid].max() for pid in np.unique(pids)))


def of_a_day(log: Log) -> list[Verdict]:
    """Judge a day in virtual time."""
    at_s, last = log.at_s, log.stretches[-1]
    events: Counter[str] = Counter()
    for stretch in log.stretches:
        events.update(stretch["events"])
    whole = _longest_process(log)
    memory_mb = log.column("resident_mb")[whole]
    slope, low, high = growth_per_hour(at_s[whole], memory_mb)
    gaps = [lost for s in log.stretches for first, lost in s["gaps"] if first]
    error_ms = log.column("clock_error_ms")
    medians_us = np.array([s["feed_us"][0] for s in log.stretches])
    cost, cost_low, cost_high = growth_per_hour(at_s, medians_us)
    handles = log.column("handles")[whole]
    telemetry = log.column("telemetry_ms")
    wrapped = int((np.diff(telemetry) < 0).sum())
    requests = log.column("sequence")
    return [
        Verdict(
            "time",
            f"{at_s[-1] / 3600:.1f} simulated hours in {_spent_s(log) / 60:.0f} min of processor",
            "",
            None,
        ),
        Verdict(
            "packets dropped on the way",
            f"{last['n_dropped']}; told as lost: {sum(gaps)}, in {len(gaps)} gaps",
            "all told",
            None,
        ),
        Verdict(
            "samples given a false index",
            f"off by {last['worst_index_error']} at most, by {last['worst_restart_error']} over a "
            "restart of the board",
            "0, 2 over a restart",
            last["worst_index_error"] == 0 and last["worst_restart_error"] <= 2,
        ),
        Verdict(
            "silences, restarts of the board",
            f"{events['StreamSilent']} told, {events['StreamResumed']} over",
            "all over",
            events["StreamSilent"] - events["StreamResumed"] in (0, 1),
        ),
        Verdict("the link", f"{events['LinkDown']} times down", "0", events["LinkDown"] == 0),
        Verdict(
            "counters that wrapped",
            f"milliseconds of the exoskeleton {wrapped}, numbers of requests "
            f"{int(requests[-1] // 65536)}, sample index beyond 2³¹: "
            f"{'yes' if last['end_index'] > 2**31 else 'not yet'}, packet number "
            f"{(last['end_index'] - log.stretches[0]['end_index']) // 256}",
            "nothing else happens",
            None,
        ),
        Verdict(
            "clock of the samples",
            f"error p50 {np.median(np.abs(error_ms)):.3f}, max {np.abs(error_ms).max():.3f} ms",
            f"within a sample ({_CLOCK_MS:g} ms)",
            bool(np.abs(error_ms).max() < _CLOCK_MS),
        ),
        Verdict(
            "memory",
            f"{memory_mb[0]:.1f} to {memory_mb[-1]:.1f} MB, {slope:+.3f} MB an hour "
            f"(95 %: {low:+.3f} to {high:+.3f})",
            "below +1 MB an hour",
            _below(slope, 1.0),
        ),
        Verdict(
            "handles",
            f"{handles[0]:.0f} to {handles[-1]:.0f}",
            "no growth",
            bool(handles[-1] <= handles[0]),
        ),
        Verdict(
            "processor time of 0.2 s of samples",
            f"p50 {np.median(medians_us) / 1e3:.1f} ms; median grows by {cost / 1e3:+.3f} ms an "
            f"hour (95 %: {cost_low / 1e3:+.3f} to {cost_high / 1e3:+.3f})",
            "no growth",
            _below(cost_low, 100.0),
        ),
        Verdict(
            "most events of the link at once",
            f"{log.column('most_link_events').max():.0f}",
            "",
            None,
        ),
        *of_answers(log),
    ]


def print_verdicts(folder: Path) -> bool:
    """Print what became of the soaks in a folder; return whether all is as it should be."""
    verdicts: list[Verdict] = []
    for name, title in (("soak", "Real time"), ("simulated", "Virtual time")):
        file = folder / f"{name}.jsonl"
        if not file.exists():
            continue
        log = read_log(file)
        heard_file = folder / "heard.jsonl"
        if name == "soak":
            heard = [json.loads(line) for line in heard_file.read_text().splitlines()]
            judged = of_a_run(log, heard)
        else:
            judged = of_a_day(log)
        print(f"\n{title}\n\n| | figure | wanted | so |\n|---|---|---|---|")
        for verdict in judged:
            print(verdict.row())
        if name == "soak":
            print("", *rows_by_period(log), sep="\n")
        verdicts += judged
    return all(verdict.good is not False for verdict in verdicts)
