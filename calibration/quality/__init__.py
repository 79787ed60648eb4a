"""How good the signal of each electrode is, in words, from the signal alone."""

from calibration.quality.features import BLOCK_S
from calibration.quality.grading import ElectrodeQuality, Grade, Problem
from calibration.quality.monitor import QualityMonitor, judge
from calibration.quality.verdict import Verdict, decide

__all__ = [
    "BLOCK_S",
    "ElectrodeQuality",
    "Grade",
    "Problem",
    "QualityMonitor",
    "Verdict",
    "decide",
    "judge",
]
