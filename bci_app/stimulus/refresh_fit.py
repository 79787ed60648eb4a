"""Whether targets can be shown at a refresh rate, said before the first flicker."""

from dataclasses import dataclass

from bci_app.stimulus.flicker import Flicker, Waveform
from bci_app.stimulus.geometry import SAFE_SHARE_OF_FIELD, FlashingArea

_NEAR_LIMIT = 0.8
_REFRESH_TOLERANCE = 0.01
_WHOLE_FRAMES_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something about the targets that this screen cannot do, or not well.

    Parameters
    ----------
    text : str
        What, and what to do.
    forbids_start : bool
        Whether the flicker must not begin.
    """

    text: str
    forbids_start: bool = False


def find_misfits(
    flickers: tuple[Flicker, ...],
    refresh_hz: float,
    nominal_hz: float,
    synchronised: bool,
    area: FlashingArea,
) -> tuple[Misfit, ...]:
    """Compare targets with the refresh rate as measured, and with what is known to be safe.

    Parameters
    ----------
    flickers : tuple of Flicker
    refresh_hz : float
        Measured refresh rate.
    nominal_hz : float
        What the screen claims.
    synchronised : bool
        Whether frames wait for the screen.
    area : FlashingArea

    Returns
    -------
    tuple of Misfit
        The forbidding ones first.
    """
    forbidding, notes = [], []
    limit_hz = refresh_hz / 2
    for flicker in flickers:
        frequency_hz = flicker.frequency_hz
        frames = refresh_hz / frequency_hz
        if frequency_hz >= limit_hz:
            forbidding.append(
                f"{frequency_hz:g} Hz cannot be shown: this screen refreshes at {refresh_hz:.2f} "
                f"Hz and shows frequencies below {limit_hz:.2f} Hz. Use lower targets or a faster "
                "screen."
            )
        elif (
            flicker.waveform is Waveform.SQUARE
            and _whole_frames_error(frames) > _WHOLE_FRAMES_TOLERANCE
        ):
            notes.append(
                f"a square {frequency_hz:g} Hz takes {frames:.2f} frames a period: its halves vary "
                "by a frame and its spectrum has side lines. Use sinusoidal flicker, or "
                f"{refresh_hz / (2 * max(1, round(frames / 2))):.4g} Hz."
            )
        elif frequency_hz > _NEAR_LIMIT * limit_hz:
            notes.append(
                f"{frequency_hz:g} Hz is close to half the refresh rate ({limit_hz:.2f} Hz): it "
                f"beats visibly at {2 * (limit_hz - frequency_hz):.2f} Hz."
            )
    if abs(refresh_hz / nominal_hz - 1) > _REFRESH_TOLERANCE:
        notes.append(
            f"the screen claims {nominal_hz:.2f} Hz but was measured at {refresh_hz:.2f} Hz; the "
            "measured rate is used."
        )
    if not synchronised:
        notes.append(
            "frames do not wait for the screen (no vertical synchronisation): they are paced by a "
            "timer, and the light may tear or lag by a frame. Turn vertical synchronisation on in "
            "the display settings."
        )
    if area.share_of_field > SAFE_SHARE_OF_FIELD:
        notes.append(
            f"the targets fill {area.share_of_field:.0%} of a 10° field of view; guidelines "
            f"(WCAG 2.3.1, ITU-R BT.1702) call up to {SAFE_SHARE_OF_FIELD:.0%} safe. Make them "
            "smaller where you can."
        )
    return (*(Misfit(text, forbids_start=True) for text in forbidding), *map(Misfit, notes))


def _whole_frames_error(frames: float) -> float:
    pairs = frames / 2
    return abs(pairs - round(pairs)) / pairs
