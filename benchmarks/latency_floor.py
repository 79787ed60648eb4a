"""The floor of a latency budget: what no program gets below, here and now."""

import time
from collections.abc import Iterator

import numpy as np
from exoskeleton_link import child, echo_round_trip_s
from latency_devices import RATE_HZ

from bci_app.online.growing import GrowingModel
from bci_app.runtime.path_cost import time_pipe
from devices.exoskeleton.command import Command
from devices.exoskeleton.encoding import encode
from devices.exoskeleton.framing import encode_frame
from devices.exoskeleton.messages import CommandRequest
from devices.serial_port import SerialPort
from devices.virtual_brain import OCCIPITAL_CHANNELS

N_ECHOES = 1000
HOP_S = 0.125


def floor_s(model: GrowingModel) -> dict[str, list[float]]:
    """Measure each part of it many times, in seconds."""
    return {
        "interval of packets": [1 / RATE_HZ],
        "pipe to another process and back": time_pipe(),
        "pseudo-terminal to another process and back": list(echoes_s()),
        "matrix products of a hop": list(products_s(model)),
    }


def echoes_s() -> Iterator[float]:
    """Send the bytes of a command through a bare pseudo-terminal and back."""
    frame = encode_frame(encode(CommandRequest(0x12345678, 1, 100_000, Command.STOP)))
    with child("echo") as echo, SerialPort(echo.stdout.readline().strip()) as port:
        for _ in range(N_ECHOES):
            yield echo_round_trip_s(port, frame)
            time.sleep(0.002)  # caches cool down, as between two commands


def products_s(model: GrowingModel) -> Iterator[float]:
    """Multiply what a hop multiplies: a block's sums, the windows' sums, their whitening."""
    decoder, rng = model.decoder, np.random.default_rng(0)
    n_bands, n_channels = len(decoder.filter_bank()), len(OCCIPITAL_CHANNELS)
    n_frequencies, n_block = 1 + len(decoder.sum_frequencies_hz()), round(HOP_S * RATE_HZ)
    lengths = [round(s * RATE_HZ / n_block) for s in decoder.lengths_s if s >= 1.0]
    nested = {max(1, round(share * length)) for share in decoder.shares for length in lengths}
    block = rng.normal(size=(n_bands, n_channels, n_block))
    waves = rng.normal(size=(n_block, 2 * n_frequencies))
    inside = rng.normal(size=(len(nested), max(lengths)))
    held = rng.normal(size=(max(lengths), n_bands * n_channels * (n_channels + 2 * n_frequencies)))
    whitening = rng.normal(size=(len(nested), n_bands, n_channels, n_channels))
    sums = rng.normal(size=(len(nested), n_bands, n_channels, 2 * n_frequencies))
    for _ in range(N_ECHOES):
        began_s = time.perf_counter()
        _ = block @ block.swapaxes(-1, -2), block @ waves, inside @ held, whitening @ sums
        yield time.perf_counter() - began_s
