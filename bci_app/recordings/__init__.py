"""Recordings: what was recorded, read into one form."""
