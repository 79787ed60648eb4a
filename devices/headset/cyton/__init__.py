"""A virtual OpenBCI Cyton: its firmware, its packets, and a port on which it answers."""

from devices.headset.cyton.board import VirtualCyton
from devices.headset.cyton.simulator import serve

__all__ = ["VirtualCyton", "serve"]
