"""What a profile says of a calibration."""

import platform
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version

from bci_app.evaluation.operation import Operation
from bci_app.runtime.gathering import Gathered
from bci_app.runtime.labelled import FitRequest, LabelledRecording
from bci_app.runtime.profile_files import OPEN_SESSION
from calibration.findings import Findings
from calibration.profile_fields import (
    CandidateResult,
    Expected,
    Filters,
    Montage,
    OperatingPoint,
    ProfileTarget,
    ProfileText,
    Provenance,
)


def describe(
    own: Sequence[LabelledRecording],
    gathered: Gathered,
    request: FitRequest,
    findings: Findings,
    operation: Operation,
) -> ProfileText:
    """Put a calibration into words and numbers.

    Parameters
    ----------
    own : sequence of LabelledRecording
    gathered : Gathered
    request : FitRequest
    findings : Findings
    operation : Operation
    """
    first = own[0].recording
    headset = own[0].headset
    plan = gathered.plan
    return ProfileText(
        subject=request.subject,
        session=request.session or OPEN_SESSION,
        montage=Montage(
            headset=headset.name if headset else "",
            reference=headset.reference if headset else "",
            channels=first.channel_names,
            sampling_rate_hz=first.sampling_rate_hz,
        ),
        filters=Filters(band_hz=plan.band_hz, mains_hz=plan.mains_hz or None),
        targets=tuple(
            ProfileTarget(frequency_hz=target.frequency_hz, command=target.command.words)
            for target in request.targets
        ),
        decoder=findings.chosen.decoder,
        decoder_settings=dict(operation.decoder_settings),
        operating_point=_operating_point(findings, operation, request),
        compared=tuple(
            CandidateResult(
                decoder=result.decoder,
                accuracy=result.accuracy,
                standard_error=result.standard_error,
                runs_online=result.runs_online,
            )
            for result in findings.compared[findings.window_s]
        ),
        quality=gathered.quality,
        provenance=Provenance(
            made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
            own=gathered.own_sources,
            others=gathered.others_sources,
            versions={
                "python": platform.python_version(),
                **{name: version(name) for name in ("bci-app", "numpy", "scipy")},
            },
            seed=request.seed,
        ),
    )


def _operating_point(
    findings: Findings, operation: Operation, request: FitRequest
) -> OperatingPoint:
    low, high = findings.expected_right.interval()
    least, most = operation.false_interval
    return OperatingPoint(
        max_false_per_min=request.max_false_per_min,
        policy=dict(operation.policy),
        expected_false_per_min=Expected(value=operation.false_per_min, low=least, high=most),
        expected_right=Expected(value=findings.expected_right.mean, low=low, high=high),
        expected_response_s=operation.point.response_s,
    )
