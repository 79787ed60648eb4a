"""The exoskeleton: its commands, the protocol on the line, both ends of it."""
