"""When a foot is set down, from telemetry."""

from devices.exoskeleton.messages import Telemetry
from devices.exoskeleton.postures import Posture

_IN_GAIT = frozenset({Posture.WALKING, Posture.TURNING, Posture.STEPPING})
_HALF_STRIDE = 0.5  # the left heel strikes at phase 0, the right one half a stride later


class Footfalls:
    """Notices the heel strikes of a gait that is reported now and then."""

    def __init__(self) -> None:
        self._before: Telemetry | None = None

    def observe(self, telemetry: Telemetry) -> bool:
        """Take the next telemetry; return whether a heel struck since the last."""
        before, self._before = self._before, telemetry
        if before is None or not {before.posture, telemetry.posture} <= _IN_GAIT:
            return False
        return before.gait_phase // _HALF_STRIDE != telemetry.gait_phase // _HALF_STRIDE
