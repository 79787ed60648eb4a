"""The way of packets from the board to the computer, and what can happen to them on it."""

import numpy as np

from devices.headset.cyton.packet import PACKET_BYTES


class Wire:
    """Radio and serial line: packets in, bytes out, with the faults that were asked for.

    Parameters
    ----------
    seed : int
        Of what is damaged where.
    """

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._to_lose = 0
        self._to_corrupt = 0
        self._to_truncate = 0
        self._to_repeat = 0
        self._batch = 1
        self._stall_s = 0.0
        self._free_s = 0.0
        self._waiting: list[bytes] = []

    def lose(self, n_packets: int) -> None:
        """Let the next packets never arrive."""
        self._to_lose += n_packets

    def corrupt(self, n_packets: int) -> None:
        """Change one byte in each of the next packets."""
        self._to_corrupt += n_packets

    def truncate(self, n_packets: int) -> None:
        """Cut the end off each of the next packets."""
        self._to_truncate += n_packets

    def repeat(self, n_packets: int) -> None:
        """Send each of the next packets twice."""
        self._to_repeat += n_packets

    def batch(self, n_packets: int) -> None:
        """From now on let packets arrive so many at a time, as some drivers' buffers do."""
        self._batch = n_packets

    def stall(self, seconds: float) -> None:
        """Hold everything up for a while; then it arrives all at once."""
        self._stall_s = seconds

    def send(self, packets: list[bytes], now_s: float) -> bytes:
        """Take the packets sent by `now_s`; return what arrives by then."""
        if self._stall_s:
            self._free_s, self._stall_s = now_s + self._stall_s, 0.0
        for packet in packets:
            self._waiting += self._pass(packet)
        n_ready = len(self._waiting) // self._batch * self._batch
        if now_s < self._free_s or not n_ready:
            return b""
        ready, self._waiting = self._waiting[:n_ready], self._waiting[n_ready:]
        return b"".join(ready)

    def _pass(self, packet: bytes) -> list[bytes]:
        """Return what becomes of one packet."""
        if self._to_lose:
            self._to_lose -= 1
            return []
        if self._to_corrupt:
            self._to_corrupt -= 1
            damaged = bytearray(packet)
            damaged[self._rng.integers(PACKET_BYTES)] ^= self._rng.integers(1, 256)
            packet = bytes(damaged)
        if self._to_truncate:
            self._to_truncate -= 1
            packet = packet[: self._rng.integers(1, PACKET_BYTES)]
        if self._to_repeat:
            self._to_repeat -= 1
            return [packet, packet]
        return [packet]
