from dataclasses import replace

import pytest

from bci_app.evaluation.answers import Asked, Prompt
from bci_app.ui.session_values import CommandMark, Fate
from bci_app.ui.theme import LIGHT
from bci_app.ui.timeline_panel import TimelinePanel
from devices.exoskeleton.command import Command


@pytest.fixture
def panel(view, qt_app):
    shown = TimelinePanel(view.info)
    shown.restyle(LIGHT, 1.0)
    shown.resize(900, 200)
    shown.refresh(view)
    return shown


def test_what_has_left_the_span_is_not_drawn(view, panel, monkeypatch):
    before = panel.grab().toImage()
    written = []
    paint_words = type(panel._lanes)._paint_words
    monkeypatch.setattr(
        type(panel._lanes),
        "_paint_words",
        lambda *given: (written.append(given), paint_words(*given)),
    )
    indices = [view.prompts[0].index - 250 * 10 * (k + 10) for k in reversed(range(100))]
    view.prompts.extendleft(Prompt(i, Asked.TARGET, 0) for i in reversed(indices))
    view.decisions.extendleft(replace(view.decisions[0], end_index=i) for i in reversed(indices))
    view.commands.extendleft(
        CommandMark(i, Command.WALK, Fate.ACKNOWLEDGED) for i in reversed(indices)
    )
    assert panel.grab().toImage() == before
    assert len(written) < 10
