"""A recorded session in Python: its decisions as a table, other settings, and MNE-Python.

    python docs/examples/session_in_python.py session.xdf

Record a session first, such as with `bci-app demo --out DIR`.
"""

# ruff: noqa: E402, T201

import sys
from pathlib import Path

file = Path(sys.argv[1])

# --- From a session to what was decided live, and what came of it --------------------------------

from bci_app.recordings.session_file import read_session
from bci_app.runtime.decisions import live_decisions

session = read_session(file)
table = live_decisions(session)

print(f"{session.duration_s:.1f} s from {session.headset.name}, {session.n_lost} samples lost")
for row in table:
    asked = "nothing" if row.asked_hz is None else f"{row.asked_hz:g} Hz"
    print(
        f"{row.time_s:7.2f} s  asked {asked:>8}, decided {row.target_hz:g} Hz "
        f"({row.score:.2f}): {row.command}, {row.outcome}"
    )
# With pandas: pandas.DataFrame(table)

# --- From any recording to what would be decided -------------------------------------------------

from bci_app.recordings.reading import read_recording
from bci_app.runtime.decisions import decide
from bci_app.runtime.parity import settings_of
from bci_app.runtime.what_if import change_settings

settings = change_settings(settings_of(session), {"policy.n_agreeing": 3})
recording = read_recording(file)  # or FIF, EDF, GDF, BrainVision, XDF, OpenBCI, CSV, …
stricter = decide(recording, settings)

print(f"{len(table)} decisions live, {len(stricter)} with three windows that agree")

# --- The same decisions again, bit for bit --------------------------------------------------------

from bci_app.runtime.parity import check_parity

parity = check_parity(session)

print(f"{parity.n_events} events derived again; first difference: {parity.difference}")

# --- To MNE-Python, with annotations --------------------------------------------------------------

from bci_app.recordings.to_mne import to_raw

raw = to_raw(recording)
raw.filter(6.0, 40.0, verbose="ERROR")

print(raw)
print(raw.annotations.count())
