"""Real-time SSVEP brain-computer interface for a lower-limb exoskeleton."""
