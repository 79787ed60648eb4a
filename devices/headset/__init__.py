"""Headsets: where samples come from."""
