"""A short run of the long fuzz in ``benchmarks/parser_fuzz.py``."""

import importlib.util
import random
from pathlib import Path

import pytest

PATH = Path(__file__).parents[3] / "benchmarks" / "parser_fuzz.py"
SPEC = importlib.util.spec_from_file_location("parser_fuzz", PATH)
parser_fuzz = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(parser_fuzz)


@pytest.mark.parametrize("seed", [1, 2])
def test_junk_moves_nothing(seed):
    figures = parser_fuzz.fuzz_controller(random.Random(seed), 200_000)
    assert not figures["moved"]
    assert figures["executed"] == 0
    assert figures["posture"] == "STANDING"
    assert min(figures["errors"].checksum, figures["errors"].content) > 100


@pytest.mark.parametrize("seed", [1, 2])
def test_junk_makes_the_host_ask_for_nothing(seed):
    figures = parser_fuzz.fuzz_host(random.Random(seed), 200_000)
    assert figures["requests"] == 0
    assert figures["sessions"] > 1
    assert figures["errors"] > 1000
