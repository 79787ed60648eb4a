"""What a guided calibration plans, and what it may expect on its way."""

from dataclasses import dataclass

from bci_app.errors import ConfigurationError
from bci_app.runtime.calibrating import Calibration
from calibration.protocol import ProtocolSettings

_SHORTEST_S = 2.0  # leaves windows of 1 to 1.5 s, after which the policy may decide
_LEAST_BLOCKS = 3  # a learning curve of two blocks has hardly two points
_MOST_FALSE = 60.0  # a minute: an interval that reaches beyond says nothing


@dataclass(frozen=True, slots=True)
class GuidedPlan:
    """What is to be done.

    Parameters
    ----------
    n_blocks : int
        At most; fewer when another one would not help.
    n_repeats, n_idle : int
        Trials of each target, and of idle, in a block.
    look_s : float
        Length of the flicker in a trial.
    max_false_per_min : float
        False commands a minute that the researcher accepts.
    seed : int
        Of the order of the trials.

    Raises
    ------
    ConfigurationError
        When the flicker is too short to learn from.
    """

    n_blocks: int = 6
    n_repeats: int = 2
    n_idle: int = 3
    look_s: float = 5.0
    max_false_per_min: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.look_s < _SHORTEST_S:
            raise ConfigurationError(
                f"a flicker of {self.look_s:g} s: expected at least {_SHORTEST_S:g} s, for what "
                "is learned are windows that grow. Make the trials longer."
            )

    def protocol(self, n_targets: int) -> ProtocolSettings:
        """Return the protocol's settings for so many targets."""
        return ProtocolSettings(
            n_targets=n_targets,
            n_blocks=self.n_blocks,
            n_repeats=self.n_repeats,
            n_idle=self.n_idle,
            look_s=self.look_s,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect of a session after the blocks done so far.

    Parameters
    ----------
    n_blocks : int
        Blocks done.
    right, right_interval
        Share of looks at a target that will be answered rightly, and its 90 % interval; None while
        there is too little to say.
    false_per_min, false_interval
        False commands a minute, likewise.
    enough : bool
        Whether to stop: another block would not help.
    reason : str
        Why, in a sentence.
    """

    n_blocks: int
    right: float | None
    right_interval: tuple[float, float] | None
    false_per_min: float | None
    false_interval: tuple[float, float] | None
    enough: bool
    reason: str

    @property
    def sentence(self) -> str:
        """What to expect, in a line."""
        done = f"After block {self.n_blocks}: "
        if self.right is None or self.right_interval is None:
            return done + self.reason
        low, high = self.right_interval
        text = f"{done}{self.right:.0%} of looks answered rightly ({low:.0%} to {high:.0%})"
        if self.false_per_min is not None and self.false_interval is not None:
            low, high = self.false_interval
            most = f"to {high:.2f}" if high < _MOST_FALSE else "or any number: too little idle yet"
            text += f", {self.false_per_min:.2f} false commands a minute ({low:.2f} {most})"
        return f"{text}. {self.reason}"


def expected_of(calibration: Calibration, n_blocks: int) -> Expectation:
    """Say what a fit to so many blocks promises."""
    point = calibration.profile.text.operating_point
    right, wrong = point.expected_right, point.expected_false_per_min
    prospect = calibration.figures.prospect
    return Expectation(
        n_blocks,
        right.value,
        (right.low, right.high),
        wrong.value,
        (wrong.low, wrong.high),
        enough=not prospect.worth_it and n_blocks >= _LEAST_BLOCKS,
        reason=prospect.reason,
    )
