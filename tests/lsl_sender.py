"""Somebody who offers an EEG stream on the network."""

import contextlib
import threading
import time

import numpy as np

from devices.headset.lsl_library import load_lsl


@contextlib.contextmanager
def sending(
    name,
    labels=("Oz", "O1", "TRG"),
    units=("microvolts", "volts", ""),
    rate=250.0,
    *,
    source_id="",
    reference="",
    ahead_s=0.0,
    draw=None,
):
    """Send 1, 2, 3, … on every channel, or what `draw(n_times)` gives, as fast as the rate says.

    Yields the outlet in a list; who empties it ends the stream.
    """
    lsl = load_lsl()
    info = lsl.StreamInfo(
        name, "EEG", len(labels), rate, lsl.cf_float32, source_id or f"id of {name}"
    )
    channels = info.desc().append_child("channels")
    for label, unit in zip(labels, units, strict=True):
        channel = channels.append_child("channel")
        channel.append_child_value("label", label)
        channel.append_child_value("unit", unit)
        channel.append_child_value("type", "Trigger" if label == "TRG" else "EEG")
    if reference:
        info.desc().append_child("reference").append_child_value("label", reference)
    outlets, stop = [lsl.StreamOutlet(info)], threading.Event()

    def send():
        begun_s, n_sent = time.monotonic(), 0
        while not stop.wait(0.004):
            if not outlets:
                continue
            n_due = int((time.monotonic() - begun_s) * (rate or 250.0)) - n_sent
            if n_due > 0:
                numbers = np.arange(n_sent + 1.0, n_sent + n_due + 1.0)
                samples = np.tile(numbers[:, None], len(labels)) if draw is None else draw(n_due)
                outlets[0].push_chunk(samples, lsl.local_clock() + ahead_s)
                n_sent += n_due

    thread = threading.Thread(target=send, name="lsl sender")
    thread.start()
    try:
        yield outlets
    finally:
        stop.set()
        thread.join()
        outlets.clear()
