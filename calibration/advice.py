"""What to try next after a calibration, in plain words."""

from calibration.findings import Findings
from calibration.profile_fields import ProfileText

_WEAK = 0.75
_FAINT_DB = 3.0
_SLOW_S = 3.0
_LEAST_RIGHT = 0.8
# Without one false command in so many minutes times the rate, the rate is that or less with 95 %.
_RULE_OF_THREE = 3.0


def give_advice(text: ProfileText, findings: Findings) -> list[str]:
    """Say what would make the next calibration better, the most pressing first.

    Parameters
    ----------
    text : ProfileText
    findings : Findings
    """
    return [
        *_on_bad_electrodes(text),
        *_on_false_commands(text, findings),
        *_on_targets(text, findings),
        *_on_answers(text, findings),
        *_on_amount(text, findings),
        *_on_doubtful_electrodes(text),
    ]


def _on_bad_electrodes(text: ProfileText) -> list[str]:
    bad = [each for each in text.quality if each.grade == "bad"]
    if not bad:
        return []
    if len(bad) > 3:
        names = ", ".join(each.electrode for each in bad)
        return [f"Mend the electrodes {names} first: the table of electrodes says how."]
    return [f"{each.advice[0].upper()}{each.advice[1:]}." for each in bad]


def _on_doubtful_electrodes(text: ProfileText) -> list[str]:
    doubtful = [each.electrode for each in text.quality if each.grade == "doubtful"]
    if not doubtful:
        return []
    return [f"{', '.join(doubtful)} could be better: the table of electrodes says how."]


def _on_false_commands(text: ProfileText, findings: Findings) -> list[str]:
    point = text.operating_point
    if point.expected_false_per_min.high <= point.max_false_per_min:
        return []
    needed_min = _RULE_OF_THREE / point.max_false_per_min
    return [
        f"Record more idle. {findings.idle_min:.1f} minutes of it do not prove that false commands "
        f"are as rare as was asked for ({point.max_false_per_min:g} a minute); "
        f"{needed_min:.0f} minutes without one would. Until then keep a hand on the stop."
    ]


def _on_targets(text: ProfileText, findings: Findings) -> list[str]:
    advice = []
    n_targets = len(text.frequencies_hz)
    for k, frequency_hz in enumerate(text.frequencies_hz):
        counts = findings.confusion[k]
        n_right, n_all = int(counts[k]), int(counts.sum())
        if n_right >= _WEAK * n_all:
            continue
        taken = int(counts[:n_targets].sum()) - n_right
        instead = "taken for another target" if taken > counts[n_targets] else "not noticed"
        faint = findings.spectra.snr_db[k].max() < _FAINT_DB
        remedy = (
            "the response itself is faint: try another frequency, or a larger and brighter target"
            if faint
            else "the response is there: look whether it lies near another target's frequency, or "
            "near this subject's alpha rhythm"
        )
        advice.append(
            f"The target at {frequency_hz:g} Hz is weak: {n_right} of {n_all} looks were answered "
            f"rightly, most others were {instead}; {remedy}."
        )
    return advice


def _on_answers(text: ProfileText, findings: Findings) -> list[str]:
    point = text.operating_point
    advice = []
    if point.expected_right.value < _LEAST_RIGHT:
        advice.append(
            f"Fewer than {_LEAST_RIGHT:.0%} of the looks are expected to be answered rightly. "
            "Sit nearer, dim the room, and let the subject rest; then try other frequencies."
        )
    if point.expected_response_s is not None and point.expected_response_s > _SLOW_S:
        advice.append(
            f"Answers take {point.expected_response_s:.1f} s. If more false commands can be "
            "accepted, they come sooner: the operating curve shows by how much."
        )
    if findings.chosen.decoder != "evidence":
        advice.append(
            f"The simple decoder {findings.chosen.decoder} was as good as any here, so it was "
            "chosen. With more trials the learned one may pass it, and answers sooner."
        )
    return advice


def _on_amount(text: ProfileText, findings: Findings) -> list[str]:
    advice = []
    if findings.prospect.worth_it:
        advice.append(f"Record another block: {_lower(findings.prospect.reason)}")
    if findings.within_session:
        advice.append(
            "Calibrate again on another day and use both sessions: a brain and its electrodes are "
            "not the same from day to day, and one session cannot show by how much."
        )
    if not text.provenance.others:
        advice.append(
            "Use other people's recordings, too, where there are some with the same electrodes and "
            "targets: with few trials they help most."
        )
    return advice


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
