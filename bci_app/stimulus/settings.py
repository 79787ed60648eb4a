"""What the subject's screen shows and how it is seen."""

from dataclasses import dataclass

from bci_app.stimulus.flicker import Flicker
from devices.exoskeleton.command import Command


@dataclass(frozen=True, slots=True)
class Patch:
    """One target as the subject sees it.

    Parameters
    ----------
    label : str
        A word or a character.
    flicker : Flicker
    command : Command or None
        What looking at it asks for; gives the patch its picture and its place.
    """

    label: str
    flicker: Flicker
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class StimulusSettings:
    """The subject window.

    Parameters
    ----------
    patches : tuple of Patch
    size_deg : float
        Side of a patch in degrees of visual angle.
    distance_mm : float
        From the eyes to the screen.
    screen_width_mm : float or None
        Width of the picture; None for what the screen says of itself, which projectors do not know.
    gamma : float
        The screen's exponent from drive to luminance.
    display : int
        Which screen, 0 for the first.
    window_px : tuple of int or None
        Size of a window; None for the full screen.
    photodiode : bool
        Whether a patch in the lower right corner inverts with each onset, for a photodiode.
    gaze_by_pointer : bool
        Whether the pointer stands for a virtual subject's gaze: it is shown, and reported when it
        enters or leaves a target. Targets too large for the window are then made smaller.
    """

    patches: tuple[Patch, ...]
    size_deg: float = 4.0
    distance_mm: float = 600.0
    screen_width_mm: float | None = None
    gamma: float = 2.2
    display: int = 0
    window_px: tuple[int, int] | None = None
    photodiode: bool = False
    gaze_by_pointer: bool = False

    @property
    def flickers(self) -> tuple[Flicker, ...]:
        """Flicker of each patch."""
        return tuple(patch.flicker for patch in self.patches)

    @property
    def commands(self) -> tuple[Command | None, ...]:
        """Command of each patch."""
        return tuple(patch.command for patch in self.patches)
