"""The command gate between a decision and the exoskeleton: its default is to do nothing."""

from dataclasses import dataclass

from bci_app.errors import ConfigurationError
from bci_app.online.events import Commanded, Decided, Withheld
from devices.exoskeleton.command import Command
from devices.exoskeleton.postures import Fault, Posture, Reason, answer

_NO_TELEMETRY = "exoskeleton"


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What the gate asks for beyond a decision.

    Parameters
    ----------
    min_interval_s : float
        Least time between two commands.
    confirmed : frozenset of Command
        Commands that need a second, equal decision.
    confirmation_s : float
        Time within which that second decision must come.
    """

    min_interval_s: float = 1.0
    confirmed: frozenset[Command] = frozenset()
    confirmation_s: float = 6.0

    def __post_init__(self) -> None:
        if self.min_interval_s < 0 or self.confirmation_s <= 0:
            raise ConfigurationError(
                f"{self.min_interval_s:g} s between commands, {self.confirmation_s:g} s to "
                "confirm: expected no negative interval and a positive time to confirm."
            )


class CommandGate:
    """Turns a decision into a command when nothing at all speaks against it.

    In the way may stand: a latched stop; a hindrance that is present (link down, signal bad,
    stream late, …); a posture, as telemetry last reported it, that does not allow the command; a
    command too soon after another; a confirmation that is still owed. Until telemetry has been
    seen, nothing passes.

    Parameters
    ----------
    commands : tuple of Command
        The command of each target.
    settings : GateSettings
    sampling_rate_hz : float
        Turns times into samples; the gate knows no other time.
    """

    def __init__(
        self, commands: tuple[Command, ...], settings: GateSettings, sampling_rate_hz: float
    ) -> None:
        self._commands = commands
        self._confirmed = settings.confirmed
        self._n_min_interval = round(settings.min_interval_s * sampling_rate_hz)
        self._n_confirmation = round(settings.confirmation_s * sampling_rate_hz)
        self._stopped_because: str | None = None
        self._hindrances: dict[str, str] = {}
        self._posture = Posture.SITTING
        self._faults = Fault.NONE
        self._last_command_index: int | None = None
        self._unconfirmed: Decided | None = None
        self.forget_posture()

    def stop(self, reason: str) -> None:
        """Let nothing through until :meth:`release`."""
        self._stopped_because = reason
        self._unconfirmed = None

    def release(self) -> None:
        """Leave the stop: a deliberate act."""
        self._stopped_because = None

    @property
    def stopped_because(self) -> str | None:
        """Why a stop is latched, None when there is none."""
        return self._stopped_because

    def hinder(self, cause: str, reason: str) -> None:
        """Let nothing through while `cause` is present; `reason` says it in words."""
        self._hindrances[cause] = reason
        self._unconfirmed = None

    def unhinder(self, cause: str) -> None:
        """Say that `cause` is gone."""
        self._hindrances.pop(cause, None)

    def observe_posture(self, posture: Posture, faults: Fault) -> None:
        """Take in what telemetry reported."""
        self._posture, self._faults = posture, faults
        self.unhinder(_NO_TELEMETRY)

    def forget_posture(self) -> None:
        """Let nothing through until telemetry is seen again: the link is down."""
        self.hinder(_NO_TELEMETRY, "no exoskeleton has reported a posture")

    def admit(self, decision: Decided) -> Commanded | Withheld:
        """Let the decision's command through, or say why not."""
        command = self._commands[decision.target]
        reason = self._objection(decision, command)
        if reason is not None:
            return Withheld(decision.end_index, command, reason)
        self._last_command_index = decision.end_index
        self._unconfirmed = None
        return Commanded(decision.end_index, command)

    def _objection(self, decision: Decided, command: Command) -> str | None:
        if self._stopped_because is not None:
            return f"stopped: {self._stopped_because}"
        if self._hindrances:
            return "; ".join(self._hindrances.values())
        outcome = answer(self._posture, command, self._faults)
        if outcome is Reason.LOW_BATTERY:
            return "the exoskeleton's battery is low"
        if isinstance(outcome, Reason):
            return f"not while {self._posture.words}"
        if (
            self._last_command_index is not None
            and decision.end_index - self._last_command_index < self._n_min_interval
        ):
            return "too soon after the last command"
        if command in self._confirmed and not self._confirms(decision):
            self._unconfirmed = decision
            return "waits to be confirmed by a second look"
        return None

    def _confirms(self, decision: Decided) -> bool:
        first = self._unconfirmed
        return (
            first is not None
            and first.target == decision.target
            and decision.end_index - first.end_index <= self._n_confirmation
        )
