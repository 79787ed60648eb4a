"""The report of a calibration: one HTML file that needs nothing else, and prints well."""

import base64
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.advice import give_advice
from calibration.errors import CalibrationError
from calibration.findings import Findings
from calibration.profile_fields import ProfileText
from calibration.report_figures import (
    draw_accuracy,
    draw_confusion,
    draw_curve,
    draw_learning,
    draw_reliability,
    draw_spectra,
    draw_topographies,
    png_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #18202a; max-width: 58rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
.faint, figcaption, caption { color: #5a6675; }
.short { border-left: .3rem solid #0069a6; padding: .2rem 1rem; background: #eef1f5; }
figure { margin: 1rem 0; break-inside: avoid; } img { max-width: 100%; height: auto; }
figcaption { font-size: .92rem; }
table { border-collapse: collapse; margin: .8rem 0; } caption { text-align: left; }
th, td { text-align: left; padding: .2rem 1.4rem .2rem 0; border-bottom: 1px solid #d3dae3;
         vertical-align: top; }
td { font-variant-numeric: tabular-nums; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-end; }
.pair figure { flex: 1 1 20rem; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } h2 { break-after: avoid; } }
"""

_DECODERS = {
    "cca": "standard canonical correlation, training-free",
    "fbcca": "the same in several sub-bands, training-free",
    "fbwilks": "all canonical correlations together, in sub-bands, training-free",
    "cca-knn": "canonical correlations and nearest neighbours: the reference system's",
    "evidence": "the subject's own responses, learned; windows grow until it is sure",
}


def write_report(text: ProfileText, findings: Findings, path: Path) -> None:
    """Write the report.

    Parameters
    ----------
    text : ProfileText
    findings : Findings
    path : Path

    Raises
    ------
    CalibrationError
        When it cannot be written.
    """
    page = render_report(text, findings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CalibrationError(
            f"{path} cannot be written ({error.strerror}): expected a folder that you may write "
            "to, with room."
        ) from error


def render_report(text: ProfileText, findings: Findings) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    text : ProfileText
    findings : Findings
    """
    title = f"Calibration of subject {text.subject}, session {text.session}"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="faint">{escape(_origin(text))}</p>',
            *_in_short(text, findings),
            *_next_steps(text, findings),
            *_set_up(text),
            *_responses(text, findings),
            *_answers(text, findings),
            *_trust(text, findings),
            *_electrodes(text),
            *_provenance(text, findings),
            '<p class="faint">Research software, not a medical device: nothing here is a '
            "diagnosis.</p></body></html>",
        ]
    )


def _origin(text: ProfileText) -> str:
    montage = text.montage
    headset = montage.headset or "headset not named in the recordings"
    return (
        f"Made {text.provenance.made_at.replace('T', ' ')}. {headset}, "
        f"{len(montage.channels)} electrodes, {montage.sampling_rate_hz:g} samples a second."
    )


def _in_short(text: ProfileText, findings: Findings) -> Iterable[str]:
    point = text.operating_point
    right, false = point.expected_right, point.expected_false_per_min
    response = (
        "no look was answered rightly"
        if point.expected_response_s is None
        else f"on average {point.expected_response_s:.1f} seconds after the eyes were asked to move"
    )
    sessions = "one session" if findings.n_sessions == 1 else f"{findings.n_sessions} sessions"
    yield '<h2>In short</h2><div class="short">'
    yield (
        f"<p>In the next session <b>{right.value:.0%}</b> of the looks at a target are expected to "
        f"be answered rightly (between {right.low:.0%} and {right.high:.0%}), {response}.</p>"
    )
    yield (
        f"<p>While the subject looks at no target, <b>{_rate(false.value)}</b> false commands a "
        f"minute are expected (between {_rate(false.low)} and {_rate(false.high)}); "
        f"{point.max_false_per_min:g} were accepted.</p>"
    )
    yield (
        f"<p>This rests on {findings.n_trials} trials of {sessions}, {findings.idle_min:.1f} "
        "minutes of them idle. Intervals hold with a probability of 90 %. No figure on this page "
        "comes from trials that were learned from.</p></div>"
    )


def _next_steps(text: ProfileText, findings: Findings) -> Iterable[str]:
    yield "<h2>What to try next</h2><ul>"
    advice = give_advice(text, findings) or ["Nothing: use the profile."]
    yield from (f"<li>{escape(each)}</li>" for each in advice)
    yield "</ul>"


def _set_up(text: ProfileText) -> Iterable[str]:
    filters, policy = text.filters, text.operating_point.policy
    low, high = filters.band_hz
    mains = f", without mains hum at {filters.mains_hz:g} Hz" if filters.mains_hz else ""
    yield "<h2>The chosen set-up</h2>"
    rows = [
        ("decoder", f"{text.decoder}: {_DECODERS.get(text.decoder, '')}"),
        ("pass band", f"{low:g} to {high:g} Hz{mains}"),
        ("targets", ", ".join(f"{t.frequency_hz:g} Hz: {t.command}" for t in text.targets)),
        ("policy", _settings(policy)),
        ("electrodes", ", ".join(text.montage.channels)),
    ]
    yield _table((), rows)
    yield _table(
        ("decoder", "accuracy", "± standard error", "runs online"),
        [
            (
                each.decoder,
                f"{each.accuracy:.3f}",
                f"{each.standard_error:.3f}",
                "yes" if each.runs_online else "to compare with",
            )
            for each in text.compared
        ],
        "Decoders on trials that they had not seen, idle being one of the classes. Chosen was the "
        "simplest that runs online and keeps up with the best but for one standard error, in these "
        "answers and in the looks it answers at the accepted rate.",
    )


def _responses(text: ProfileText, findings: Findings) -> Iterable[str]:
    yield "<h2>The brain's responses</h2>"
    yield _figure(
        draw_spectra(text, findings),
        "Spectrum while the subject looked at each target. Dotted lines mark the target's "
        "frequency and its multiples: a peak there is the response that is used.",
    )
    yield _figure(
        draw_topographies(text, findings),
        "How far the response stands out at each electrode, seen from above, nose up. 10 dB is ten "
        "times the power beside it; below 3 dB there may be no response.",
    )


def _answers(text: ProfileText, findings: Findings) -> Iterable[str]:
    yield "<h2>Answers</h2>"
    yield _figure(
        draw_accuracy(findings),
        "How many answers are right when the decoder has seen so many seconds, and the information "
        "that gives, half a second for the eyes to move included. Shaded: 95 % interval of the "
        "chosen decoder.",
    )
    yield _figure(
        draw_curve(findings, text),
        "What accepting more false commands buys. The dotted line is the rate that was accepted; "
        "on the right, beside it, how many were seen. Trials in random order, one after the other; "
        "shaded: 95 % interval. Short recordings hold too little idle time to see rare ones.",
    )


def _trust(text: ProfileText, findings: Findings) -> Iterable[str]:
    yield '<h2>How far to trust it</h2><div class="pair">'
    yield _figure(
        draw_confusion(text, findings),
        f"What was looked at, and what was answered after {findings.window_s:g} s. Right answers "
        "are on the diagonal.",
    )
    reliability = draw_reliability(findings)
    if reliability is not None:
        yield _figure(
            reliability,
            "Whether a probability means what it says: on the dashed line 80 % comes true in 80 of "
            "100 cases; below it the decoder boasts.",
        )
    yield _figure(
        draw_learning(findings.learning, findings.prospect),
        "Right answers of the learned decoder against the trials that it learned from. "
        f"{findings.prospect.reason}",
    )
    yield "</div>"


def _electrodes(text: ProfileText) -> Iterable[str]:
    yield "<h2>Electrodes</h2>"
    yield _table(
        ("electrode", "grade", "in words"),
        [(each.electrode, each.grade, each.advice) for each in text.quality],
    )


def _provenance(text: ProfileText, findings: Findings) -> Iterable[str]:
    provenance = text.provenance
    yield "<h2>Where this comes from</h2>"
    yield _table(
        ("recording", "whose", "trials", "left out", "begun"),
        [
            (each.file, whose, str(each.n_trials), str(each.n_left_out), each.began_at or "–")
            for whose, sources in (("subject", provenance.own), ("others", provenance.others))
            for each in sources
        ],
    )
    if findings.remarks:
        yield "<ul>"
        yield from (f"<li>{escape(remark)}</li>" for remark in findings.remarks)
        yield "</ul>"
    versions = ", ".join(f"{name} {number}" for name, number in provenance.versions.items())
    yield f'<p class="faint">{escape(versions)}; seed {provenance.seed}.</p>'


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], caption: str = "") -> str:
    parts = ["<table>"]
    if caption:
        parts.append(f"<caption>{escape(caption)}</caption>")
    if head:
        parts.append("<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>")
    parts += [
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    ]
    return "".join([*parts, "</table>"])


def _figure(figure: "Figure", caption: str) -> str:
    packed = base64.b64encode(png_of(figure)).decode()
    return (
        f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{packed}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _rate(per_min: float) -> str:
    return f"{per_min:.1f}" if per_min >= 0.05 else "0.0"


def _settings(policy: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name} {_short(value)}" for name, value in policy.items() if value is not None
    )


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
