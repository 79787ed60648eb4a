import re
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest

from calibration import report
from calibration.advice import give_advice
from calibration.errors import CalibrationError
from calibration.expectation import expect_share
from calibration.findings import CurvePoint, Findings
from calibration.fitting import HeldOut, confusion
from calibration.learning_curve import LearningPoint, fit_learning_curve, look_ahead
from calibration.profile_fields import ElectrodeQuality, Expected
from calibration.report import write_report
from calibration.report_figures import draw_reliability, draw_topographies
from calibration.spectra import measure_spectra

from .test_profile import make_text

RATE_HZ = 250.0


def make_findings(weak=None):
    """Two targets and idle, eight trials each; `weak` is answered with idle."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], 8)
    answers = np.where(labels == weak, 2, labels)
    time_s = np.arange(500) / RATE_HZ
    windows_uv = rng.normal(scale=0.3, size=(24, 2, 500))
    for k, target_hz in enumerate((13.0, 17.0)):
        if k != weak:
            windows_uv[labels == k] += np.sin(2 * np.pi * target_hz * time_s)
    results = (
        HeldOut("cca", labels, rng.permutation(labels), True),
        HeldOut("evidence", labels, answers, True),
    )
    curve = fit_learning_curve([LearningPoint(2, 16, 24), LearningPoint(4, 20, 24)])
    point = CurvePoint(0.5, 2.0, 0, 0.0, (0.0, 6.1), 0.9, (0.7, 0.98), 0.05, 1.9)
    return Findings(
        compared={1.0: results, 2.0: results},
        window_s=2.0,
        chosen=results[1],
        confusion=confusion(results[1], 3),
        curve=(replace(point, accepted_per_min=2.0), point),
        n_sessions=1,
        n_trials=24,
        idle_min=0.6,
        within_session=True,
        expected_right=expect_share(20, 24, 1),
        probabilities=rng.uniform(0.4, 1, 40),
        was_right=rng.uniform(size=40) < 0.8,
        spectra=measure_spectra(windows_uv, labels, (13.0, 17.0), RATE_HZ),
        learning=curve,
        prospect=look_ahead(curve, 4, 2),
        remarks=("a <b> was left out",),
    )


class Outline(HTMLParser):
    """Headings, links to other files, and tags that are open."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.headings = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def test_the_report_is_whole_and_needs_nothing_else(tmp_path):
    path = tmp_path / "new" / "report.html"
    write_report(make_text(), make_findings(), path)
    page = path.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert len(outline.sources) == 7
    assert all(source.startswith("data:image/png;base64,") for source in outline.sources)
    assert outline.headings[:3] == ["In short", "What to try next", "The chosen set-up"]
    text = re.sub("<[^>]+>", "", page)
    assert "90% of the looks at a target are expected" in text
    assert "between 0.1 and 1.2" in text
    assert "a &lt;b&gt; was left out" in page
    assert "not a medical device" in text


def test_unknown_electrodes_and_no_probabilities_are_drawn_otherwise():
    text, findings = make_text(), make_findings()
    montage = msgspec.structs.replace(text.montage, channels=("left", "right"))
    unknown = msgspec.structs.replace(text, montage=montage)
    assert draw_topographies(unknown, findings).axes[0].get_xticklabels()[1].get_text() == "right"
    silent = replace(findings, probabilities=np.empty(0), was_right=np.empty(0, bool))
    assert draw_reliability(silent) is None


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "render_report", lambda _text, _findings: "")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CalibrationError, match="cannot be written"):
        write_report(make_text(), make_findings(), tmp_path / "file" / "report.html")


def advice_of(findings=None, **changes):
    text = msgspec.structs.replace(make_text(), **changes)
    return " ".join(give_advice(text, findings or make_findings()))


def test_a_weak_target_is_named_with_a_remedy():
    advice = advice_of(make_findings(weak=1))
    assert "17 Hz is weak: 0 of 8 looks" in advice
    assert "not noticed; the response itself is faint" in advice
    assert "is weak" not in advice_of()


def test_false_commands_that_may_be_too_many_ask_for_more_idle():
    assert "6 minutes without one would" in advice_of()
    point = make_text().operating_point
    sure = msgspec.structs.replace(
        point, expected_false_per_min=Expected(value=0.1, low=0.0, high=0.4)
    )
    assert "Record more idle" not in advice_of(operating_point=sure)


def test_bad_electrodes_come_first():
    bad = ElectrodeQuality(electrode="O2", grade="bad", advice="O2: flat: plug it in")
    good = ElectrodeQuality(electrode="O1", grade="good", advice="O1: good")
    assert advice_of(quality=(bad, good)).startswith("O2: flat: plug it in.")
    doubtful = msgspec.structs.replace(bad, grade="doubtful")
    assert advice_of(quality=(doubtful, good)).endswith("the table of electrodes says how.")
    assert "Mend the electrodes" in advice_of(quality=(bad,) * 4)
