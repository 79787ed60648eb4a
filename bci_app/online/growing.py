"""What the online path needs of a fitted subject: a decoder of growing windows, and its idle.

The decoder is the evidence decoder, fitted for every length of a growing window. How high it goes
in idle is learned by leaving out whole sessions, as the one to come is left out: trials held out
within a session look too good, for a brain and its electrodes are not the same from one session to
the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bci_app.decoders.choice_model import ChoiceModel
from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.evidence_learning import LearnedLength
from bci_app.decoders.flicker import measure_flicker
from bci_app.decoders.observations import Observed
from bci_app.decoders.response_model import ResponseModel
from bci_app.errors import ConfigurationError
from bci_app.online.eyes import OpenEyes, learn_open_eyes
from bci_app.online.false_rate import FalseRate, IdleMaxima, fit_false_rate
from bci_app.online.rehearsal import HOP_S, rehearse
from bci_app.online.sequential import SequentialSettings
from bci_app.online.stated import Answers, StatedProbability, fit_stated
from calibration.errors import CalibrationError

__all__ = [
    "DELAY_S",
    "LENGTHS_S",
    "GrowingDecoder",
    "GrowingModel",
    "IdleOfPerson",
    "Observed",
    "fit_growing_model",
    "idle_of_people",
    "idle_of_person",
    "make_growing_decoder",
    "policy_settings",
]

FloatArray = npt.NDArray[np.float64]

LENGTHS_S = (*np.arange(0.5, 2.51, 0.25).tolist(), 3.0, 3.5, 4.0, 4.5)
"""Lengths of the growing window where trials are long enough."""

DELAY_S = 0.5
"""From the onset to the first sample that shows the response: reaction, gaze shift, latency."""


class GrowingDecoder(EvidenceDecoder):
    """An evidence decoder for all lengths of a growing window."""

    def tune(self, sessions: Sequence[Observed]) -> Self:
        """Take the stimuli's true frequencies from trials."""
        flicker_hz = measure_flicker(
            sessions, self.frequencies_hz, self.sampling_rate_hz, self.n_harmonics
        )
        self.set_params(flicker_hz=flicker_hz)
        return self

    def observe_again(self, session: Observed) -> Observed:
        """Return what can be learned from trials at the frequencies that are known now."""
        if session.flicker_hz == (self.flicker_hz or self.frequencies_hz):
            return session
        return self.observe(session.bands_uv.astype(np.float64), session.labels)


@dataclass(frozen=True, slots=True)
class IdleOfPerson:
    """What a person's sessions showed in rehearsal, each decoded by a model without it.

    Parameters
    ----------
    announced, unannounced : IdleMaxima
        Highest margins in idle, with known onsets and with unknown ones.
    answers : Answers
        With unknown onsets.
    """

    announced: IdleMaxima
    unannounced: IdleMaxima
    answers: Answers


def idle_of_person(
    decoder: GrowingDecoder, person: Sequence[Observed], others: Sequence[Sequence[Observed]]
) -> IdleOfPerson | None:
    """Rehearse each of a person's sessions with what the rest has taught.

    Parameters
    ----------
    decoder : GrowingDecoder
        Is fitted anew for each session.
    person : sequence of Observed
        The person's sessions.
    others : sequence of sequence of Observed
        Other people's.

    Returns
    -------
    IdleOfPerson or None
        None where there is no rest to learn from, or no idle in it.
    """
    # A threshold as it will be: one that is passed all the time would keep windows short.
    known, unknown = (
        policy_settings(onsets_known=known, threshold=SequentialSettings().threshold)
        for known in (True, False)
    )
    found: list[IdleOfPerson] = []
    for k, session in enumerate(person):
        rest = [*person[:k], *person[k + 1 :]]
        if not rest and not others:
            continue
        decoder.learn(rest, others)
        if all(learned.choice.idle is not None for learned in decoder.learned_.values()):
            rehearsal = rehearse(decoder, session)
            found.append(
                IdleOfPerson(
                    rehearsal.idle_maxima(known),
                    rehearsal.idle_maxima(unknown),
                    rehearsal.answers(unknown),
                )
            )
    if not found:
        return None
    together = found[0]
    for session_idle in found[1:]:
        together = IdleOfPerson(
            together.announced.join(session_idle.announced),
            together.unannounced.join(session_idle.unannounced),
            together.answers.join(session_idle.answers),
        )
    return together


def idle_of_people(
    decoder: GrowingDecoder, people: Sequence[Sequence[Observed]]
) -> list[IdleOfPerson]:
    """Idle of each person, decoded with what their other sessions and the other people taught."""
    decoder.tune([session for person in people for session in person])
    people = [[decoder.observe_again(session) for session in person] for person in people]
    found = [
        idle_of_person(decoder, person, [*people[:k], *people[k + 1 :]])
        for k, person in enumerate(people)
    ]
    return [person for person in found if person is not None]


@dataclass(frozen=True, slots=True)
class GrowingModel:
    """A fitted decoder with the rate of its false commands.

    Parameters
    ----------
    decoder : GrowingDecoder
        Fitted with idle for each of its `lengths_s`.
    announced, unannounced : FalseRate
        By threshold, with known onsets and with unknown ones.
    stated : StatedProbability
        What the windows' probabilities are worth with unknown onsets.
    open_eyes : OpenEyes
        How large alpha is while the eyes are open.
    """

    decoder: GrowingDecoder
    announced: FalseRate
    unannounced: FalseRate
    stated: StatedProbability
    open_eyes: OpenEyes

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything that the model knows, as named arrays of numbers."""
        decoder = self.decoder
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "frequencies_hz": np.array(decoder.frequencies_hz),
            "sampling_rate_hz": np.array(decoder.sampling_rate_hz),
            "lengths_s": np.array(decoder.lengths_s),
            "shares": np.array(decoder.shares),
            "flicker_hz": np.array(decoder.flicker_hz or decoder.frequencies_hz),
            "announced": np.array(astuple(self.announced)),
            "unannounced": np.array(astuple(self.unannounced)),
            "stated": np.array(astuple(self.stated)),
            "open_eyes": np.array(astuple(self.open_eyes)),
        }
        for n_times, learned in decoder.learned_.items():
            response, choice = learned.response, learned.choice
            parts = {
                "filters": response.filters,
                "gains": response.gains,
                "weights": choice.weights,
                "offsets": choice.offsets,
                "idle": np.array(choice.idle),
            }
            if response.templates is not None:
                parts["templates"] = response.templates
            arrays |= {f"{n_times}/{name}": part for name, part in parts.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """Return the model of these arrays.

        Raises
        ------
        CalibrationError
            When an array is missing, or has another shape than it should.
        """
        try:
            decoder = GrowingDecoder(
                tuple(np.asarray(arrays["frequencies_hz"]).tolist()),
                float(arrays["sampling_rate_hz"]),
                lengths_s=tuple(np.asarray(arrays["lengths_s"]).tolist()),
                shares=tuple(np.asarray(arrays["shares"]).tolist()),
                flicker_hz=tuple(np.asarray(arrays["flicker_hz"]).tolist()),
            )
            lengths = sorted(int(k.split("/")[0]) for k in arrays if k.endswith("/idle"))
            decoder.restore({n: _learned_from(arrays, f"{n}/") for n in lengths})
            announced, unannounced = (
                FalseRate(*np.asarray(arrays[name]).tolist())
                for name in ("announced", "unannounced")
            )
            stated = StatedProbability(*np.asarray(arrays["stated"]).tolist())
            open_eyes = OpenEyes(*np.asarray(arrays["open_eyes"]).tolist())
        except KeyError as error:
            raise CalibrationError(
                f"the model lacks the array {error}: expected all that to_arrays gives."
            ) from error
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise CalibrationError(
                f"the model's arrays do not fit each other ({error}): expected what to_arrays "
                "gives."
            ) from error
        return cls(decoder, announced, unannounced, stated, open_eyes)

    def false_rate(self, *, onsets_known: bool) -> FalseRate:
        """Rate of false commands by threshold."""
        return self.announced if onsets_known else self.unannounced

    def settings_for(self, max_false_per_min: float, *, onsets_known: bool) -> SequentialSettings:
        """Return the policy's settings with which this rate of false commands is expected.

        The threshold is never below even odds: what is less likely than not is not acted on,
        however many false commands are accepted.
        """
        rate = self.false_rate(onsets_known=onsets_known)
        threshold = max(0.0, rate.threshold_for(max_false_per_min))
        return policy_settings(onsets_known=onsets_known, threshold=threshold)


def _learned_from(arrays: Mapping[str, npt.NDArray[np.generic]], prefix: str) -> LearnedLength:
    templates = arrays.get(f"{prefix}templates")
    return LearnedLength(
        ResponseModel(
            np.asarray(arrays[f"{prefix}filters"], dtype=np.float64),
            np.asarray(arrays[f"{prefix}gains"], dtype=np.float64),
            None if templates is None else np.asarray(templates, dtype=np.complex128),
        ),
        ChoiceModel(
            np.asarray(arrays[f"{prefix}weights"], dtype=np.float64),
            np.asarray(arrays[f"{prefix}offsets"], dtype=np.float64),
            float(arrays[f"{prefix}idle"]),
        ),
    )


def policy_settings(*, onsets_known: bool, threshold: float = 0.0) -> SequentialSettings:
    """How the policy goes about it where looks are announced, and where they are not."""
    shortest_s = LENGTHS_S[0] if onsets_known else SequentialSettings().shortest_s
    return SequentialSettings(threshold=threshold, shortest_s=shortest_s, onsets_known=onsets_known)


def make_growing_decoder(
    frequencies_hz: tuple[float, ...], sampling_rate_hz: float, trial_s: float
) -> GrowingDecoder:
    """Make the decoder, not fitted yet, with the window lengths that fit into a trial.

    Raises
    ------
    ConfigurationError
        When a trial is too short.
    """
    lengths_s = tuple(length_s for length_s in LENGTHS_S if length_s <= trial_s - DELAY_S + 1e-9)
    if len(lengths_s) < 3:
        raise ConfigurationError(
            f"trials of {trial_s:g} s: expected at least {DELAY_S + LENGTHS_S[2]:g} s to learn "
            "windows that grow."
        )
    return GrowingDecoder(frequencies_hz, sampling_rate_hz, lengths_s=lengths_s)


def fit_growing_model(
    decoder: GrowingDecoder,
    own: Sequence[Observed],
    others: Sequence[Sequence[Observed]],
    others_idle: Sequence[IdleOfPerson] | None = None,
) -> GrowingModel:
    """Fit a decoder and learn what it does in idle trials.

    Parameters
    ----------
    decoder : GrowingDecoder
    own : sequence of Observed
        From :meth:`GrowingDecoder.observe`: the subject's sessions, none for a new subject.
    others : sequence of sequence of Observed
        Sessions of each other person.
    others_idle : sequence of IdleOfPerson, optional
        What :func:`idle_of_people` says of `others`, where it is known already.

    Raises
    ------
    CalibrationError
        When there is too little to learn from, or no idle trial.
    """
    if others_idle is None:
        others_idle = idle_of_people(decoder, others)
    decoder.tune([*own, *(session for person in others for session in person)])
    own = [decoder.observe_again(session) for session in own]
    others = [[decoder.observe_again(session) for session in person] for person in others]
    # A single session says nothing of itself when it is left out: then others' idle serves alone.
    subject = idle_of_person(decoder, own, others) if len(own) > 1 else None
    announced = fit_false_rate(
        subject.announced if subject else None, [person.announced for person in others_idle]
    )
    unannounced = fit_false_rate(
        subject.unannounced if subject else None, [person.unannounced for person in others_idle]
    )
    rehearsed = [(person.answers, 1.0) for person in others_idle]
    if subject:
        rehearsed.append((subject.answers, decoder.own_weighs))
    stated = fit_stated(rehearsed)
    decoder.learn(own, others)
    if any(learned.choice.idle is None for learned in decoder.learned_.values()):
        raise CalibrationError(
            "the subject's own trials hold no idle: expected some, so that idle is a class."
        )
    open_eyes = learn_open_eyes(decoder, own, others, HOP_S)
    return GrowingModel(decoder, announced, unannounced, stated, open_eyes)
