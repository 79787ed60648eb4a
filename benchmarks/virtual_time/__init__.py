"""Faults between a program and an exoskeleton, in virtual time."""
