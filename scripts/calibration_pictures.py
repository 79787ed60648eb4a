"""Draw the calibration wizard, page by page, with a virtual subject led through it.

    python scripts/calibration_pictures.py [--out docs/images] [--every-theme]

Needs no display.
"""

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from bci_app.online.settings import PathSettings
from bci_app.runtime.bench import VirtualBench
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_calibration import GuidedCalibration
from bci_app.runtime.guided_plan import Expectation, GuidedPlan, expected_of
from bci_app.runtime.guided_quality import check_quality
from bci_app.runtime.subjects import SubjectSession
from bci_app.ui.calibration.wizard import CalibrationWizard
from bci_app.ui.theme import THEMES
from devices.virtual_brain import VirtualSubject, person_named

_PATIENCE_S = 60.0
_THEMES = {
    "headset": "dark",
    "quality": "light",
    "frequencies": "dark",
    "trials": "dark",
    "result": "light",
    "profile": "dark",
}


def draw_calibration(out: Path, *, every_theme: bool = False) -> None:
    """Draw each page in its state when it is of most interest.

    Parameters
    ----------
    out : Path
    every_theme : bool
        Both themes of each page, to look at, instead of one.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _Pictures(out, every_theme).draw()


class _Pictures:
    def __init__(self, out: Path, every_theme: bool) -> None:
        self._out = out
        self._every_theme = every_theme
        self._subject = VirtualSubject(3, person=person_named("Amara"))
        self._bench = VirtualBench(self._subject)
        self._visit = SubjectSession(Path("subjects"), "01", "01")
        self._guided = GuidedCalibration(
            self._bench, PathSettings(), self._visit, GuidedPlan(n_blocks=3)
        )

    def draw(self) -> None:
        guided, controls = self._guided, Controls()
        quality = check_quality(self._bench, Controls())
        loose = VirtualSubject(4)
        loose.electrodes.take_off("O2")
        poor = check_quality(VirtualBench(loose), Controls())
        proposal = guided.sweep(Controls())
        if proposal is None:
            raise RuntimeError("nobody ended the sweep")
        guided.use_frequencies(proposal.frequencies_hz)
        expectations: list[Expectation] = []
        guided.record_trials(
            controls,
            on_block=lambda block: block < 2 and expectations.append(guided.expect(block + 1)),
        )
        calibration = guided.fit()
        expectations.append(expected_of(calibration, 3))
        wizard = CalibrationWizard(guided)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        wizard.show()
        self._front(wizard, 0)
        wizard.headset.finish(quality)
        self._grab(wizard, "headset")
        self._front(wizard, 1)
        wizard.quality.show_quality(poor)
        self._grab(wizard, "quality")
        self._front(wizard, 2)
        wizard.frequencies.show_proposal(proposal)
        self._grab(wizard, "frequencies")
        self._front(wizard, 3)
        for expectation in expectations:
            wizard.trials.show_expectation(expectation)
        guided.bench = VirtualBench(self._subject, speed=5.0)
        wizard.trials.begin()
        self._wait(lambda: "Look: " in wizard.trials.asked.text())
        self._grab(wizard, "trials")
        wizard.runner.stop()
        self._front(wizard, 4)
        wizard.result.finish(calibration)
        self._grab(wizard, "result")
        self._front(wizard, 5)
        wizard.profile.finish(guided.save(calibration))
        self._grab(wizard, "profile")
        wizard.close()

    @staticmethod
    def _front(wizard: CalibrationWizard, index: int) -> None:
        wizard.show_page(index)
        QApplication.processEvents()

    @staticmethod
    def _wait(condition: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + _PATIENCE_S
        while not condition():
            QApplication.processEvents()
            if time.monotonic() > deadline_s:
                raise TimeoutError("the wizard did not come to that")

    def _grab(self, wizard: CalibrationWizard, name: str) -> None:
        for theme in THEMES if self._every_theme else [_THEMES[name]]:
            wizard.restyle(THEMES[theme], 1.0)
            for _ in range(3):
                QApplication.processEvents()
            stem = f"{name}-{theme}" if self._every_theme else name
            wizard.grab().save(str(self._out / f"calibrate-{stem}.png"))


def main() -> None:
    """Draw all pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--every-theme", action="store_true", help="both themes of each page")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication([__file__])
    draw_calibration(given.out.resolve(), every_theme=given.every_theme)
    app.quit()


if __name__ == "__main__":
    main()
