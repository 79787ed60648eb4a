"""A guided calibration of one subject, step by step: sweep, trials, fit.

Each step is a call that takes as long as the step does, for the command line and for the wizard's
worker thread alike. All that is recorded lies in the folder of the visit; a later calibration of
the same visit goes on where this one was left.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from bci_app.errors import BciAppError, RecordingError
from bci_app.online.settings import PathSettings
from bci_app.recordings.session_file import SessionFile
from bci_app.runtime.bench import Bench
from bci_app.runtime.calibrating import (
    Calibration,
    FitRequest,
    Progress,
    fit_subject,
)
from bci_app.runtime.controls import Controls
from bci_app.runtime.guided_plan import Expectation, GuidedPlan, expected_of
from bci_app.runtime.guided_run import Led, Run, lead
from bci_app.runtime.guided_sweep import evaluate_sweep, round_settings, showable, sweep_protocol
from bci_app.runtime.subjects import SubjectSession
from bci_app.runtime.visit_recordings import (
    PROTOCOL,
    SWEEP_TASK,
    TASK,
    labelled_visit,
    outcomes_of,
    protocol_of,
    read_runs,
    settings_of,
    visits_beside,
)
from bci_app.stimulus.flicker import Waveform
from calibration.errors import CalibrationError
from calibration.fitting import LEAST_TRIALS
from calibration.protocol import Asked, Phase, Protocol
from calibration.sweep import CANDIDATES_HZ, Proposal, into_rounds
from devices.headset.source import HeadsetInfo


class GuidedCalibration:
    """The steps of one visit.

    Parameters
    ----------
    bench : Bench
    settings : PathSettings
        Of the session to be prepared; its targets unless a sweep proposes others.
    visit : SubjectSession
        What was recorded in it before is gone on with.
    plan : GuidedPlan
    facts : mapping
        What else belongs into the recordings.

    Attributes
    ----------
    bench : Bench
    visit : SubjectSession
    settings : PathSettings
        With the targets that are used.
    protocol : Protocol
        As far as it is done.

    Raises
    ------
    RecordingError
        When what was recorded in the visit cannot be gone on with.
    """

    def __init__(
        self,
        bench: Bench,
        settings: PathSettings,
        visit: SubjectSession,
        plan: GuidedPlan,
        facts: dict[str, object] | None = None,
    ) -> None:
        self.bench = bench
        self._plan = plan
        self._facts = facts or {}
        self.visit = visit
        runs = read_runs(visit.recordings(TASK))
        self.settings = settings
        self._is_saved = False
        self._fitted: tuple[tuple[int, int], Calibration] | None = None
        self._worn = runs[0].headset if runs else None
        protocol = plan.protocol(len(settings.targets))
        if runs:
            self.settings = replace(settings, targets=settings_of(runs[0]).targets)
            protocol = replace(protocol_of(runs[0]), n_blocks=plan.n_blocks)
        self._configured = settings
        outcomes = [outcome for run in runs for outcome in outcomes_of(run)]
        self.protocol = Protocol(protocol, outcomes)

    @property
    def has_trials(self) -> bool:
        """Whether trials of this visit were recorded: they fix the targets."""
        return bool(self.protocol.outcomes)

    def words_for(self, trial: Asked) -> str:
        """Say what the subject is to look at in a trial."""
        if trial.target is None:
            return "away from all targets"
        target = self.settings.targets[trial.target]
        return f"{target.command.words}, {target.frequency_hz:g} Hz"

    # --- sweep ------------------------------------------------------------------------------------

    def sweep(
        self,
        controls: Controls,
        tell: Callable[[int, int, Led], None] = lambda *_: None,
        *,
        candidates_hz: Sequence[float] = CANDIDATES_HZ,
    ) -> Proposal | None:
        """Look at each candidate for a moment and propose the set that suits the subject.

        Parameters
        ----------
        controls : Controls
        tell : callable
            Told the round, the number of rounds, and how far the round is.
        candidates_hz : sequence of float

        Returns
        -------
        Proposal or None
            None when it was ended before its end; called again, it goes on with the next round.

        Raises
        ------
        DeviceError
            When a device does not come up or gives up.
        CalibrationError
            When the trials do not suffice.
        """
        rounds = into_rounds(self._suitable(candidates_hz, controls), len(self.settings.targets))
        done = {
            run.frequencies_hz: run
            for run in read_runs(self.visit.recordings(SWEEP_TASK))
            if _is_whole(run)
        }
        for k, frequencies_hz in enumerate(rounds):
            if frequencies_hz in done:
                continue
            protocol = Protocol(sweep_protocol(len(frequencies_hz), self._plan.seed + k))
            run = self._lead(
                SWEEP_TASK,
                protocol,
                round_settings(self._configured, frequencies_hz),
                controls,
                partial(tell, k, len(rounds)),
            )
            if not run.completed:
                return None
            (done[frequencies_hz],) = read_runs([run.recording])
        return evaluate_sweep([done[each] for each in rounds], self._configured)

    def _suitable(self, candidates_hz: Sequence[float], controls: Controls) -> list[float]:
        """Candidates that the targets can show well: the screen's refresh rate is measured."""
        with self.bench.stimulus(self._configured, controls) as stimulus:
            refresh_hz = 0.0 if stimulus is None else stimulus.ready.refresh_hz
        reasons = showable(candidates_hz, refresh_hz, Waveform.SINUSOIDAL)
        suitable = [f for f, reason in reasons.items() if not reason]
        if len(suitable) < len(self._configured.targets):
            raise CalibrationError(
                f"the screen can show {len(suitable)} of the candidates: expected at least "
                f"{len(self._configured.targets)}. Use a screen with a higher refresh rate."
            )
        return suitable

    def use_frequencies(self, frequencies_hz: Sequence[float]) -> None:
        """Put these frequencies on the targets, in their order.

        Raises
        ------
        CalibrationError
            When trials were recorded with others.
        """
        if self.has_trials:
            raise CalibrationError(
                "trials of this session were recorded with other targets: expected the same until "
                "it is fitted. Begin a new session."
            )
        if len(frequencies_hz) != len(self.settings.targets):
            raise CalibrationError(
                f"{len(frequencies_hz)} frequencies: expected {len(self.settings.targets)}, one "
                "for each target."
            )
        self.settings = round_settings(self.settings, frequencies_hz)

    # --- trials -----------------------------------------------------------------------------------

    def add_block(self) -> None:
        """Have one block more than were done."""
        settings = self.protocol.settings
        n_kept = sum(outcome.kept for outcome in self.protocol.outcomes)
        n_blocks = n_kept // settings.n_in_block + 1
        self.protocol = Protocol(replace(settings, n_blocks=n_blocks), list(self.protocol.outcomes))

    def record_trials(
        self,
        controls: Controls,
        tell: Callable[[Led], None] = lambda _: None,
        *,
        on_block: Callable[[int], None] = lambda _: None,
    ) -> Run:
        """Lead the subject through what is left of the protocol.

        Parameters
        ----------
        controls : Controls
        tell : callable
        on_block : callable
            Told each block that has ended, while the subject rests.

        Raises
        ------
        DeviceError
            When a device does not come up or gives up; what was recorded is safe.
        RecordingError
            When the disk takes no more, likewise; when another headset is worn than before.
        """
        return self._lead(
            TASK,
            self.protocol,
            self.settings,
            controls,
            tell,
            admit=self._check_headset,
            on_block=on_block,
        )

    def _check_headset(self, worn: HeadsetInfo) -> None:
        """Refuse trials that could not be fitted together with those recorded before."""
        before = self._worn or worn
        if (worn.channel_names, worn.sampling_rate_hz) != (
            before.channel_names,
            before.sampling_rate_hz,
        ):
            raise RecordingError(
                f"{worn.name} has {', '.join(worn.channel_names)} at {worn.sampling_rate_hz:g} Hz, "
                f"but this session was begun with {', '.join(before.channel_names)} at "
                f"{before.sampling_rate_hz:g} Hz: expected the same headset in all of a session. "
                "Correct [headset] channels, or begin a new session."
            )
        self._worn = worn

    def _lead(
        self,
        task: str,
        protocol: Protocol,
        settings: PathSettings,
        controls: Controls,
        tell: Callable[[Led], None],
        *,
        admit: Callable[[HeadsetInfo], None] = lambda _: None,
        on_block: Callable[[int], None] = lambda _: None,
    ) -> Run:
        return lead(
            self.bench,
            protocol,
            settings,
            recording=self.visit.next_recording(task),
            facts={**self._facts, PROTOCOL: asdict(protocol.settings)},
            controls=controls,
            tell=tell,
            admit=admit,
            on_block=on_block,
        )

    # --- fit --------------------------------------------------------------------------------------

    def fit(self, progress: Progress | None = None) -> Calibration:
        """Fit the subject to all that was recorded: this visit, earlier ones, and other people.

        Raises
        ------
        CalibrationError
            When there is too little, or an electrode is dead: it says what is missing.
        """
        own = labelled_visit(self.visit)
        if own is None:
            raise CalibrationError(
                "no trial was recorded in this session: expected some of each class. Record first."
            )
        recorded = (len(own.recording.samples_uv), len(own.recording.markers))
        if self._fitted is not None and self._fitted[0] == recorded:
            return self._fitted[1]  # while the subject rested after the last block
        earlier, others = visits_beside(self.visit, own)
        request = FitRequest(
            subject=self.visit.subject,
            targets=self.settings.targets,
            max_false_per_min=self._plan.max_false_per_min,
            session=self.visit.session,
            trial_s=self.protocol.settings.look_s,
            band_hz=self.settings.band_hz,
            mains_hz=self.settings.mains_hz,
            seed=self._plan.seed,
        )
        fitted = fit_subject([own, *earlier], others, request, progress)
        self._fitted = (recorded, fitted)
        return fitted

    def expect(self, n_blocks: int, progress: Progress | None = None) -> Expectation:
        """Say what to expect after the blocks done so far, and whether another would help."""
        nothing = (None, None, None, None)
        n_each = min(self.protocol.settings.n_repeats, self.protocol.settings.n_idle) * n_blocks
        if n_each < LEAST_TRIALS:
            reason = f"{n_each} trials of each class are too few to say: {LEAST_TRIALS} are needed."
            return Expectation(n_blocks, *nothing, enough=False, reason=reason)
        try:
            calibration = self.fit(progress)
        except (CalibrationError, BciAppError) as error:
            return Expectation(n_blocks, *nothing, enough=False, reason=str(error))
        return expected_of(calibration, n_blocks)

    def save(self, calibration: Calibration) -> Path:
        """Write profile and report into the folder of the visit; return the profile's path.

        After another block it may be saved again.

        Raises
        ------
        CalibrationError
            When they cannot be written, or an earlier calibration has left a profile there.
        """
        path = calibration.save(self.visit.root, again=self._is_saved)
        self._is_saved = True
        return path


def _is_whole(run: SessionFile) -> bool:
    """Whether a round of the sweep was led to its end."""
    return Protocol(protocol_of(run), outcomes_of(run)).phase is Phase.DONE
