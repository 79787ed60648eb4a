"""Importing MOABB in a test: it warns on the way, and may not be installed."""

import warnings

import pytest


def moabb_or_skip() -> None:
    """Import MOABB, or skip the test and say why."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("moabb.evaluations", reason="the extra moabb is not installed")
