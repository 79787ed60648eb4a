"""Go or no-go for a whole montage, with the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.quality.grading import ElectrodeQuality, Grade, Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a montage will do.

    Parameters
    ----------
    go : bool
    reasons : tuple of str
        Why not, or what had better be mended before; empty when all is good.
    """

    go: bool
    reasons: tuple[str, ...]


def decide(electrodes: Sequence[ElectrodeQuality], needed: Sequence[str] | None = None) -> Verdict:
    """Say go or no-go for a montage.

    It is no-go while an electrode that the decoder needs is bad. Doubtful ones, and bad ones that
    nobody needs, are told and stand in nobody's way.

    Parameters
    ----------
    electrodes : sequence of ElectrodeQuality
    needed : sequence of str, optional
        Those that the decoder uses; by default all.
    """
    in_the_way = [
        e for e in electrodes if e.grade is Grade.BAD and (needed is None or e.name in needed)
    ]
    others = [e for e in electrodes if e.grade is not Grade.GOOD and e not in in_the_way]
    reasons = (*_explain(in_the_way, len(electrodes)), *_explain(others, len(electrodes)))
    return Verdict(not in_the_way, reasons)


def _explain(electrodes: Sequence[ElectrodeQuality], n_all: int) -> tuple[str, ...]:
    """Say what is wrong; what is wrong with all of them is not theirs but the reference's."""
    problems = {e.problem for e in electrodes}
    if n_all > 2 and len(electrodes) == n_all and len(problems) == 1:
        common, first = _COMMON_CAUSE.get(problems.pop()), electrodes[0]
        if common is not None:
            return (f"all electrodes, such as {first.name}: {first.finding}: {common}",)
    return tuple(e.sentence for e in electrodes)


_REFERENCE = "check the reference and the ground electrode first, they touch every channel"
_COMMON_CAUSE = {
    Problem.FLAT: "the headset sends no EEG; see that the reference is not joined to all of them",
    Problem.RAILED: _REFERENCE,
    Problem.DETACHED: _REFERENCE,
    Problem.DRY: _REFERENCE,
    Problem.LOOSE: _REFERENCE,
    Problem.MUSCLE: "have jaw, neck and shoulders relaxed",
}
