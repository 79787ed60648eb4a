"""A soak in real time, half an hour by half an hour: totals hide what the machine was busy with."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from soak_log import Log

_PERIOD_S = 1800.0


def rows_by_period(log: Log) -> Iterator[str]:
    """Format a table: what each half hour lost, missed and took."""
    names = ("minutes", "load", "samples lost", "silences, links lost", "refreshes missed")
    yield f"| {' | '.join(names)} | last sample to scores, ms |"
    yield "|---|---|---|---|---|---|"
    missed, frames = log.column("frames", "n_missed"), log.column("frames", "n_frames")
    period = (log.at_s // _PERIOD_S).astype(int)
    # A last line that is a few seconds over is no period of its own.
    period = np.minimum(period, max(0, round(log.at_s[-1] / _PERIOD_S) - 1))
    before_missed = before_frames = 0.0
    for number in np.unique(period):
        inside = np.flatnonzero(period == number)
        stretches = [log.stretches[k] for k in inside]
        events: Counter[str] = Counter()
        for stretch in stretches:
            events.update(stretch["events"])
        n_missed = missed[inside[-1]] - before_missed
        n_due = n_missed + frames[inside[-1]] - before_frames
        before_missed, before_frames = missed[inside[-1]], frames[inside[-1]]
        path_ms = np.concatenate([np.array(s["path_ms"], float) for s in stretches])
        p50, p99, most = np.percentile(path_ms, [50, 99, 100])
        end_min = round(log.at_s[inside[-1]] / 60)
        yield (
            f"| {number * _PERIOD_S / 60:.0f} to {end_min} "
            f"| {np.mean(log.column('load_1_min')[inside]):.1f} "
            f"| {log.column('lost_samples')[inside].sum():.0f} "
            f"| {events['StreamSilent'] + events['LinkDown']} "
            f"| {n_missed / n_due:.2%} "
            f"| p50 {p50:.1f}, p99 {p99:.1f}, max {most:.0f} |"
        )
