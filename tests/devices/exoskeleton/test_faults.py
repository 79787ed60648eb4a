"""The table of faults holds, and would show it if it did not."""

import importlib.util
import math
import sys
from pathlib import Path

import pytest

from devices.exoskeleton import controller as controller_module
from devices.exoskeleton.controller import Controller
from devices.exoskeleton.motion import Motion
from devices.exoskeleton.postures import Happening

PATH = Path(__file__).parents[3] / "benchmarks" / "exoskeleton_faults.py"
SPEC = importlib.util.spec_from_file_location("exoskeleton_faults", PATH)
faults = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = faults  # dataclasses look their module up
sys.path.insert(0, str(PATH.parent))  # as Python has it for a program
SPEC.loader.exec_module(faults)
sys.path.remove(str(PATH.parent))

ROWS = {row.name: row for row in faults.FAULTS}
LONGEST_S = 3.5
"""Deaf both ways, noise, a movement begun at the last moment: no fault takes longer."""


def row_of(name: str, runs: int = 2) -> dict:
    (row,) = faults.table([ROWS[name]], range(runs))
    return row


def test_there_are_twenty_faults_and_more():
    assert len(ROWS) == len(faults.FAULTS) >= 20


@pytest.mark.parametrize("name", ROWS)
def test_the_legs_come_to_rest_and_nothing_is_done_twice_or_unasked(name):
    row = row_of(name)
    assert row["until_safe_max_s"] < LONGEST_S
    assert (row["executed_twice"], row["not_asked"], row["after_giving_up"]) == (0, 0, 0)
    assert row["executed"] > 0


def test_a_run_is_the_same_again_from_its_name_and_seed():
    assert row_of("all at once") == row_of("all at once")


def test_commands_executed_twice_would_be_seen(monkeypatch):
    class Forgetful(controller_module._Session):
        last_sequence = property(lambda _: None, lambda *_: None)

    monkeypatch.setattr(controller_module, "_Session", Forgetful)
    assert row_of("duplicated")["executed_twice"] > 0


def test_commands_executed_late_would_be_seen(monkeypatch):
    def on_request(self, request, now_s):
        self._write(self._execute(request, now_s))

    monkeypatch.setattr(Controller, "_on_request", on_request)
    monkeypatch.setattr(Controller, "_is_fresh", lambda *_: True)
    assert row_of("an old recording")["not_asked"] > 0


def test_legs_that_go_on_walking_would_be_seen(monkeypatch):
    def happen(self, happening, now_s, original=Motion.happen):
        if happening is not Happening.REST:
            original(self, happening, now_s)

    monkeypatch.setattr(Motion, "happen", happen)
    assert row_of("kill -9", runs=5)["until_safe_max_s"] == math.inf


def test_a_stop_that_does_not_last_would_be_seen(monkeypatch):
    def release(self, stop_count, now_s, original=Controller._release):
        return original(self, self._stop_count, now_s)

    monkeypatch.setattr(Controller, "_release", release)
    assert row_of("stop after release", runs=40)["not_asked"] > 0
