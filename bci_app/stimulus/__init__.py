"""What the subject sees: flickering targets, their timing, and the process that shows them.

Only :mod:`bci_app.stimulus.window`, :mod:`~bci_app.stimulus.artwork` and
:mod:`~bci_app.stimulus.child` know Qt; the rest is plain Python that a session may import.
"""
