"""The wizard of the guided calibration."""
