"""A recording as part of a BIDS data set (EEG-BIDS), by MNE-BIDS, with what it does not know."""

import csv
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings.mne_files import LOST
from bci_app.recordings.recording import Marker, Recording
from bci_app.recordings.session_file import Entry, SessionFile

RESOLUTION = 2.0**-24
"""Relative error of a sample: BrainVision's 32-bit floats."""

_COLUMNS: Mapping[str, Mapping[str, object]] = {
    "onset": {"Description": "Time of the event from the first sample.", "Units": "s"},
    "duration": {"Description": "Its length; 0 for a moment.", "Units": "s"},
    "trial_type": {
        "LongName": "What happened",
        "Description": (
            "A number is the frequency in Hz of the target that the subject was asked to look at, "
            "`idle` the request to look at none; `decided` and a frequency is what the decoder "
            "decided, `commanded` and `withheld` what became of it; BAD_ACQ_SKIP is a stretch of "
            "lost samples, which are 0. In recordings of other origin: their own codes."
        ),
    },
    "sample": {"Description": "Index of the sample, counted from 0."},
    "target_hz": {"Description": "Frequency of the target concerned.", "Units": "Hz"},
    "score": {"Description": "Score of the decision."},
    "reason": {"Description": "Why a command was withheld."},
}


@dataclass(frozen=True, slots=True)
class BidsLabels:
    """Where a recording stands in a data set.

    Parameters
    ----------
    subject : str
        Letters and digits.
    task : str
    session : str or None
        None for the time at which the recording began, where that is known, else for none.
    """

    subject: str
    task: str = "ssvep"
    session: str | None = None

    def __post_init__(self) -> None:
        for name in (self.subject, self.task, self.session):
            if name is not None and not re.fullmatch(r"[0-9A-Za-z]+", name):
                raise RecordingError(
                    f"{name!r} is no label of BIDS: expected letters and digits, such as 01."
                )


def export_bids(
    source: SessionFile | Recording, root: Path, labels: BidsLabels, reference: str | None = None
) -> Path:
    """Add a recording to the BIDS data set at `root`, which is begun when there is none.

    Parameters
    ----------
    source : SessionFile or Recording
    root : Path
    labels : BidsLabels
    reference : str or None
        The reference electrode; None for what the session knows.

    Returns
    -------
    Path
        The BrainVision header file.

    Raises
    ------
    RecordingError
        When the extra `bids` is not installed, or the recording is in the data set already.
    """
    recording = source.recording() if isinstance(source, SessionFile) else source
    facts = source.facts if isinstance(source, SessionFile) else {}
    session = labels.session or (
        None if recording.began_at is None else f"{recording.began_at:%Y%m%dT%H%M%S}"
    )
    path = _write(recording, root, labels, session, facts.get("settings", {}).get("mains_hz"))
    stem = path.name.removesuffix("_eeg.vhdr")
    marked: Sequence[tuple[Marker, Entry | None]] = (
        source.marked()
        if isinstance(source, SessionFile)
        else [(marker, None) for marker in recording.markers]
    )
    _write_events(recording, marked, path.with_name(f"{stem}_events.tsv"))
    sidecar = path.with_name(f"{stem}_eeg.json")
    headset = source.headset if isinstance(source, SessionFile) else None
    known_reference = None if headset is None else headset.reference
    _amend(
        sidecar,
        {
            "EEGReference": reference or known_reference or "n/a",
            "TaskDescription": "Steady-state visual evoked potentials: the subject looks at one of "
            "several flickering targets, or at none.",
            "Manufacturer": "n/a",  # MNE-BIDS names whose file format it is
            "ManufacturersModelName": "n/a" if headset is None else headset.name,
            "SoftwareFilters": "n/a",
            "SoftwareVersions": facts.get("versions", {}).get("bci-app", "n/a"),
        },
    )
    return path


def require_mne_bids() -> None:
    """Refuse at once what would fail after a session.

    Raises
    ------
    RecordingError
        When the extra `bids` is not installed.
    """
    if find_spec("mne_bids") is None or find_spec("pybv") is None:
        raise RecordingError(
            "MNE-BIDS is not installed: expected the extra `bids`. Install it with "
            "`pip install 'bci-app[bids]'`."
        )


def _write(
    recording: Recording,
    root: Path,
    labels: BidsLabels,
    session: str | None,
    mains_hz: float | None,
) -> Path:
    require_mne_bids()
    import mne
    import mne_bids  # type: ignore[import-untyped]

    from bci_app.recordings.to_mne import to_raw

    target = mne_bids.BIDSPath(
        subject=labels.subject, session=session, task=labels.task, datatype="eeg", root=root
    )
    try:
        # MNE-BIDS warns that it converts and that it takes all events to be without length.
        with warnings.catch_warnings(), mne.utils.use_log_level("ERROR"):
            warnings.simplefilter("ignore")
            written = mne_bids.write_raw_bids(
                to_raw(recording, mains_hz or None),
                target,
                allow_preload=True,
                format="BrainVision",
                verbose="ERROR",
            )
    except FileExistsError as error:
        raise RecordingError(
            f"{target.fpath or target} is in the data set already: expected a new recording. Give "
            "it another --subject or --session."
        ) from error
    except OSError as error:
        raise RecordingError(
            f"{root} cannot be written ({error.strerror or error}): expected a folder with room."
        ) from error
    return Path(written.fpath)


def _write_events(
    recording: Recording, marked: Sequence[tuple[Marker, Entry | None]], path: Path
) -> None:
    rate_hz = recording.sampling_rate_hz
    rows = [
        _row(marker, rate_hz, {} if entry is None else _details(marker, entry))
        for marker, entry in marked
    ]
    lost = np.isnan(recording.samples_uv).any(axis=1)
    edges = np.flatnonzero(np.diff(lost, prepend=False, append=False)).tolist()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        rows.append(
            _row(Marker(start, LOST), rate_hz, {"duration": repr((stop - start) / rate_hz)})
        )
    rows.sort(key=lambda row: int(row["sample"]))
    if not rows:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, list(_COLUMNS), delimiter="\t", restval="n/a", lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
    path.with_suffix(".json").write_text(json.dumps(_COLUMNS, indent=2, ensure_ascii=False) + "\n")


def _row(marker: Marker, rate_hz: float, details: Mapping[str, str]) -> dict[str, str]:
    return {
        "onset": repr(marker.index / rate_hz),
        "duration": "0",
        "trial_type": re.sub(r"\s+", " ", marker.code).strip() or "n/a",
        "sample": str(marker.index),
        **details,
    }


def _details(marker: Marker, entry: Entry) -> dict[str, str]:
    match entry.event:
        case "Prompt" if entry.fields["target"] is not None:
            return {"target_hz": marker.code}
        case "Decided":
            return {
                "target_hz": marker.code.removeprefix("decided "),
                "score": repr(entry.fields["score"]),
            }
        case "Withheld":
            return {"reason": entry.fields["reason"]}
        case _:
            return {}


def _amend(sidecar: Path, changes: Mapping[str, object]) -> None:
    fields = json.loads(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(
        json.dumps(fields | changes, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
