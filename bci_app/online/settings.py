"""What the online path is built from."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bci_app.errors import ConfigurationError
from bci_app.online.gate import GateSettings
from bci_app.online.policy import PolicySettings
from bci_app.online.sequential import SequentialSettings
from devices.exoskeleton.command import Command

_MOST_TARGETS = 256
_LONGEST_WINDOW_S = 60.0
_MOST_HARMONICS = 20
_LOWEST_MAINS_HZ = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """A flickering target and what looking at it asks for."""

    frequency_hz: float
    command: Command


# The reference system's five LEDs (Kwak, Müller & Lee 2015, J. Neural Eng. 12:056009).
REFERENCE_TARGETS = (
    Target(9.0, Command.WALK),
    Target(11.0, Command.TURN_LEFT),
    Target(13.0, Command.TURN_RIGHT),
    Target(15.0, Command.STAND),
    Target(17.0, Command.SIT),
)


def list_hz(frequencies_hz: Iterable[float]) -> str:
    """Frequencies as messages name them: 9, 11, 13 Hz."""
    return ", ".join(f"{frequency_hz:g}" for frequency_hz in frequencies_hz) + " Hz"


@dataclass(frozen=True, slots=True)
class PathSettings:
    """Settings of the online path.

    Parameters
    ----------
    targets : tuple of Target
    max_false_per_min : float
        Accepted rate of false commands, against which a session's own is held. The threshold that
        keeps it comes with a fitted model.
    adapts : bool
        Whether a fitted model's threshold follows how high idle goes during the session.
    band_hz : tuple of float
        Pass band of the causal filter.
    mains_hz : float or None
        Mains frequency to notch; None or 0 for none.
    window_s : float
        Length of the window that is scored.
    hop_s : float
        Time between windows, rounded to whole samples.
    n_harmonics : int
        Harmonics in the CCA references.
    policy : PolicySettings
        Of windows of a fixed length, without a fitted model.
    sequential : SequentialSettings
        Of growing windows, with one.
    gate : GateSettings
    """

    targets: tuple[Target, ...] = REFERENCE_TARGETS
    max_false_per_min: float = 0.5
    adapts: bool = False
    band_hz: tuple[float, float] = (6.0, 80.0)
    mains_hz: float | None = 50.0
    window_s: float = 2.5
    hop_s: float = 0.1
    n_harmonics: int = 5
    policy: PolicySettings = field(default_factory=PolicySettings)
    sequential: SequentialSettings = field(default_factory=SequentialSettings)
    gate: GateSettings = field(default_factory=GateSettings)

    def __post_init__(self) -> None:
        if not 2 <= len(self.targets) <= _MOST_TARGETS:
            raise ConfigurationError(
                f"{len(self.targets)} target(s) given: expected at least 2 to choose between, and "
                f"at most {_MOST_TARGETS}."
            )
        if not self.max_false_per_min > 0:
            raise ConfigurationError(
                f"max_false_per_min is {self.max_false_per_min:g}: expected a positive rate."
            )
        if self.mains_hz and not self.mains_hz >= _LOWEST_MAINS_HZ:
            raise ConfigurationError(
                f"mains_hz is {self.mains_hz:g}: expected 50 or 60, at least {_LOWEST_MAINS_HZ:g}, "
                "or 0 for no notch."
            )
        if not (
            0 < self.hop_s <= self.window_s <= _LONGEST_WINDOW_S
            and 1 <= self.n_harmonics <= _MOST_HARMONICS
        ):
            raise ConfigurationError(
                f"window {self.window_s:g} s, hop {self.hop_s:g} s, {self.n_harmonics} harmonics: "
                "expected a positive hop, a window at least as long and up to "
                f"{_LONGEST_WINDOW_S:g} s, and 1 to {_MOST_HARMONICS} harmonics."
            )

    @property
    def frequencies_hz(self) -> tuple[float, ...]:
        """Frequency of each target."""
        return tuple(target.frequency_hz for target in self.targets)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Command of each target."""
        return tuple(target.command for target in self.targets)
