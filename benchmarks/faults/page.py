"""The tables of the fault campaign in the documentation."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from faults.catalogue import FAULTS
from faults.fault import Fault, Outcome
from faults.trial import Row

_BEGIN, _END = "<!-- tables: begin -->", "<!-- tables: end -->"
_WHAT = {
    "goes_on": "goes on",
    "recovers": "rests, then obeys again",
    "stays": "stays at rest",
    "refused": "is refused",
}
_FAULTS = {fault.name: fault for fault in FAULTS}


def write_tables(rows: Sequence[Row], page: Path) -> None:
    """Put the tables between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    lines = "\n".join(_lines(rows))
    page.write_text(f"{before}{_BEGIN}\n\n{lines}\n\n{_END}{after}", encoding="utf-8")


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    alone = [row for row in rows if "+" not in row.name]
    pairs = [row for row in rows if "+" in row.name]
    n_faults = len({row.name for row in alone})
    n_pairs = len({row.name for row in pairs})
    yield (
        f"{n_faults} faults alone in {len(alone)} trials, {n_pairs} pairs in {len(pairs)} trials: "
        f"{sum(len(row.unasked) for row in rows)} commands not asked for, "
        f"{sum(row.left for row in rows)} processes left over, "
        f"{sum(not row.problems for row in rows)} trials as they have to be, "
        f"{sum(bool(row.problems) for row in rows)} not."
    )
    order = [fault.name for fault in FAULTS]
    alone.sort(key=lambda row: (order.index(row.name), row.seed))
    strikes = [row for row in alone if _FAULTS[row.name].outcome is not Outcome.REFUSED]
    for layer, trials in groupby(strikes, key=lambda row: _FAULTS[row.name].layer):
        yield f"\n### {_TITLES[layer]}\n"
        yield from _table("fault", list(trials))
    refusals = [row for row in alone if _FAULTS[row.name].outcome is Outcome.REFUSED]
    if refusals:
        yield f"\n### {_TITLES['files']}\n"
        yield "| fault | what | said after s | exit | not asked | left over |"
        yield "|---|---|---|---|---|---|"
        for row in refusals:
            cells = _figures(row.detected_s), str(row.exit_code), len(row.unasked), row.left
            name = f"{row.name}{_flag(row)}"
            yield f"| {name} | {_FAULTS[row.name].what} | {' | '.join(map(str, cells))} |"
    if pairs:
        yield "\n### Two at once\n"
        yield from _table("faults", pairs)
    failed = [row for row in rows if row.problems]
    if failed:
        yield "\n### Not as it has to be\n"
        for row in failed:
            problems = "; ".join(p for p in row.problems if not p.startswith("said: "))
            words = " ".join(problems.partition("; said: ")[0].replace("|", "/").split())
            yield f"- {row.name}, seed {row.seed}: {words}"


_TITLES = {
    "none": "Nothing",
    "threads": "Threads",
    "process": "Process, processor, suspension",
    "clock": "Clock",
    "headset": "Headset, radio, driver",
    "line": "Serial line",
    "controller": "Controller and exoskeleton",
    "windows": "Windows and display",
    "disk": "Disk",
    "files": "Refused at the start",
}


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    yield (
        f"| {title} | has to | noticed after s (limit), by | legs at rest after s (limit) "
        "| obeys again after s | lost s | not asked | left over | exit |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        faults = [_FAULTS[name] for name in row.name.split("+")]
        cells = (
            f"{row.name.replace('+', ' + ')}{_seed(row)}{_flag(row)}",
            _WHAT[row.outcome],
            _noticed(row, faults),
            _rested(row, faults),
            _figures(row.obeyed_s),
            _figures(row.lost_s),
            str(len(row.unasked)),
            str(row.left),
            "killed" if row.exit_code is None else str(row.exit_code),
        )
        yield f"| {' | '.join(cells)} |"


def _seed(row: Row) -> str:
    return f", seed {row.seed}" if row.seed else ""


def _flag(row: Row) -> str:
    return " **(!)**" if row.problems else ""


def _noticed(row: Row, faults: Sequence[Fault]) -> str:
    if row.detected_s is None:
        return "–"
    limit_s = max(fault.detected_within_s for fault in faults)
    by = row.detected_by
    if by == "end":
        by = "the end of the program"
    elif by.startswith("WindowSays"):
        by = "an error in the operator window"
    return f"{row.detected_s:.2f} ({limit_s:g}), {by}"


def _rested(row: Row, faults: Sequence[Fault]) -> str:
    if row.safe_s is None:
        return "they go on"
    if row.outcome == "goes_on":
        return _figures(row.safe_s)
    return f"{row.safe_s:.2f} ({max(fault.safe_within_s for fault in faults):g})"


def _figures(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
