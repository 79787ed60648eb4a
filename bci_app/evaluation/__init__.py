"""Offline evaluation: how good a decoder is on recordings."""
