"""How many times faster than real time a virtual subject is: eight channels at 250 Hz.

    python benchmarks/virtual_brain_speed.py

By processor time, the median of five rounds of four seconds; a busy machine shows little.
"""

import time

import numpy as np

from devices.virtual_brain import VirtualSubject

N_TIMES = 1000
N_ROUNDS = 5
PIECES = {
    "a sample at a time, as the virtual headset does": 1,
    "a tenth of a second at a time": 25,
    "a second at a time": 250,
}


def times_real_time(n_times: int) -> float:
    """Draw samples `n_times` at a time; return how much faster than real time that went."""
    subject = VirtualSubject(1)
    subject.draw(1250)
    subject.look_at(13.0)
    rounds = []
    for _ in range(N_ROUNDS):
        began_s = time.process_time()
        for _ in range(N_TIMES // n_times):
            subject.draw(n_times)
        took_s = time.process_time() - began_s
        rounds.append(N_TIMES / subject.sampling_rate_hz / took_s)
    return float(np.median(rounds))


def main() -> None:
    """Measure and print."""
    for piece, n_times in PIECES.items():
        print(f"{piece:48s}{times_real_time(n_times):5.0f} times real time")


if __name__ == "__main__":
    main()
