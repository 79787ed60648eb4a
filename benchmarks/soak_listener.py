"""A program elsewhere that hears a session's LSL streams, as LabRecorder would."""

import json
import time

import pylsl

_EVERY_S = 5.0
_PULL_EVERY_S = 0.05
_FIND_WITHIN_S = 120.0


def listen(name: str) -> None:
    """Count what the streams of a session bring, until they end; lines of JSON on standard output.

    Parameters
    ----------
    name : str
        What the names of its streams begin with.
    """
    inlets = {}
    for what in ("EEG", "markers", "decisions", "commands"):
        found = pylsl.resolve_byprop("name", f"{name} {what}", 1, _FIND_WITHIN_S)
        inlets[what] = pylsl.StreamInlet(found[0], recover=False)
        inlets[what].open_stream()
    heard = dict.fromkeys(inlets, 0)
    late_s = 0.0
    told_s = time.monotonic()

    def tell(kind: str) -> None:
        line = {"kind": kind, "monotonic_s": told_s, "heard": heard, "late_ms": late_s * 1e3}
        print(json.dumps(line), flush=True)

    try:
        while True:
            for what, inlet in inlets.items():
                _, times_s = inlet.pull_chunk(max_samples=1024)
                heard[what] += len(times_s)
                if times_s:
                    late_s = max(late_s, pylsl.local_clock() - times_s[-1])
            if time.monotonic() - told_s >= _EVERY_S:
                told_s = time.monotonic()
                tell("heard")
                late_s = 0.0
            time.sleep(_PULL_EVERY_S)
    except pylsl.util.LostError:
        tell("ended")
