"""What keeps a session from going on, and what to do about it."""

from bci_app.evaluation.rate_test import rate_in_words
from bci_app.ui.session_values import Alarm
from bci_app.ui.session_view import SessionView
from devices.exoskeleton.postures import Fault


def alarms_of(view: SessionView) -> list[Alarm]:
    """Say what is wrong now, the gravest first."""
    alarms = []
    if view.ended is not None:
        alarms.append(Alarm("The session has ended", view.ended))
        if view.failure is not None:
            return alarms  # which was its reason
    if view.failure is not None:
        alarms.append(Alarm("The headset gave up", view.failure))
    elif view.silent_since_s is not None:
        alarms.append(
            Alarm(
                "The headset is silent",
                "Commands are stopped. Check its battery, and that its receiver is plugged in; "
                "the session goes on by itself.",
            )
        )
    if view.link_up is False:
        alarms.append(
            Alarm(
                "No link to the exoskeleton",
                f"{view.link_message}. It comes to rest by itself. Check its cable and power.",
            )
        )
    alarms += [
        Alarm("No command passes", f"{reason[:1].upper()}{reason[1:]}.")
        for cause, reason in view.hindrances.items()
        if cause != "start" and not (cause in ("stream", "link") and alarms)
    ]
    if view.telemetry is not None and view.telemetry.faults & ~Fault.HEARTBEAT_LOST:
        names = ", ".join(
            fault.name.replace("_", " ").lower()
            for fault in Fault
            if fault in view.telemetry.faults and fault.name
        )
        alarms.append(Alarm(f"The exoskeleton reports: {names}", "Help the subject to sit."))
    if view.rate is not None and view.rate.contradicted:
        alarms.append(
            Alarm(
                "More false commands than accepted",
                f"{rate_in_words(view.rate)}. Pause and look at the signal; then calibrate "
                "anew, or go on with fewer accepted.",
            )
        )
    if view.stop_reason is not None:
        alarms.append(
            Alarm("Stopped", f"{view.stop_reason}. Nothing moves until the stop is released.")
        )
    return alarms
