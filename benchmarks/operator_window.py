"""The operator window: what a refresh costs, and whether cost or memory grows in a long session.

    python benchmarks/operator_window.py --minutes 30

A session is rehearsed in virtual time, as fast as it goes, with a refresh every half second of it.
Costs are processor time; those of the first and the last tenth of the session show growth.
Without a display the window is drawn into memory.
"""

import argparse
import json
import os
import time

import numpy as np
from process_memory import growth_mb_per_min, resident_mb

from bci_app.ui.rehearsal import Rehearsal
from bci_app.ui.session_view import SessionView

REFRESH_EVERY_S = 0.5


def main() -> None:
    """Rehearse, refresh, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    minutes = parser.parse_args().minutes
    if "DISPLAY" not in os.environ:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"

    from PySide6.QtCore import Qt

    from bci_app.ui.app import application
    from bci_app.ui.operator_window import OperatorWindow

    app = application()
    rehearsal = Rehearsal(0)
    view = SessionView(rehearsal.info)
    window = OperatorWindow(view, None, clock=lambda: view.latest_s)
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.show()
    costs_ms: list[float] = []
    memory_mb: list[tuple[float, float]] = []
    due_s = 0.0
    for event, at_s in rehearsal.run(60 * minutes):
        view.take(event, at_s)
        if at_s >= due_s:
            due_s = at_s + REFRESH_EVERY_S
            begun_s = time.thread_time()
            window.refresh_all()
            app.processEvents()
            costs_ms.append((time.thread_time() - begun_s) * 1e3)
            memory_mb.append((at_s / 60, resident_mb()))
    window.close()
    n_part = max(1, len(costs_ms) // 10)
    middle = next(mb for minute, mb in memory_mb if minute >= minutes / 2)
    print(
        json.dumps(
            {
                "minutes": minutes,
                "refresh_all_p50_ms": round(float(np.percentile(costs_ms, 50)), 2),
                "refresh_all_p99_ms": round(float(np.percentile(costs_ms, 99)), 2),
                "refresh_all_p50_first_tenth_ms": round(float(np.median(costs_ms[:n_part])), 2),
                "refresh_all_p50_last_tenth_ms": round(float(np.median(costs_ms[-n_part:])), 2),
                "memory_after_a_minute_mb": round(
                    next(mb for minute, mb in memory_mb if minute >= min(1, minutes / 2)), 1
                ),
                "memory_half_way_mb": round(middle, 1),
                "memory_at_the_end_mb": round(memory_mb[-1][1], 1),
                "memory_growth_mb_per_min": growth_mb_per_min(memory_mb),
            }
        )
    )


if __name__ == "__main__":
    main()
