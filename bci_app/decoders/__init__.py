"""Decoders: from a window of EEG to a score for each target."""

from bci_app.decoders.cca import StandardCCA

DECODERS = {"cca": StandardCCA}
"""Each decoder under its name on the command line."""
