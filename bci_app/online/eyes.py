"""Closed eyes look at no target, and their alpha may look like one.

With the eyes closed alpha is several times what it is with open ones (Berger 1929, Arch. Psychiatr.
87:527; Barry et al. 2007, Clin. Neurophysiol. 118:2765). A burst of it near a target's frequency
passes for a response, and the idle that was calibrated knows nothing of it, for the eyes were open.
So how large alpha is then is learned, too, and nothing is decided while it is far larger.

Alpha waxes and wanes: eyes that were closed are taken to be so until alpha has been as usual for
some seconds. Where it lies differs much between people, a little between sessions, so what was
learned before is but a prior: while the eyes seem open the stream itself says where it lies.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bci_app.decoders.alpha import AlphaMeter
from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.observations import Observed

FloatArray = npt.NDArray[np.float64]

# In spreads above the centre.
_CLOSED_ABOVE = 3.5
_OPEN_BELOW = 1.0
_OPEN_AFTER_S = 2.0
# So many of the subject's trials are worth what other people say of where alpha is, and how it
# spreads: where it is differs much between people, how it spreads little.
_CENTRE_OF_OTHERS, _SPREAD_OF_OTHERS = 4.0, 30.0
# However steady it was in calibration: closed eyes mean several times the power, not a little more.
_LEAST_SPREAD = 0.4
# Alpha is measured over two seconds: what is measured sooner is the same alpha still.
_ANEW_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class OpenEyes:
    """Alpha with open eyes.

    Parameters
    ----------
    centre, spread : float
        Mean and standard deviation of the logarithm of its power in µV² over two seconds.
    doubt : float
        Standard deviation of what the centre itself may be in the session to come; 0 for a centre
        that is not learned further.
    """

    centre: float
    spread: float
    doubt: float = 0.0


def learn_open_eyes(
    decoder: EvidenceDecoder,
    own: Sequence[Observed],
    others: Sequence[Sequence[Observed]],
    hop_s: float,
) -> OpenEyes:
    """Learn how large alpha is in trials, in all of which the eyes were open.

    Parameters
    ----------
    decoder : EvidenceDecoder
        Which observed them.
    own : sequence of Observed
        The subject's sessions, none for a new subject.
    others : sequence of sequence of Observed
        Sessions of each other person.
    hop_s : float
        Time from one measurement to the next.
    """
    of_others = [_alpha_in(decoder, person, hop_s) for person in others]
    of_others = [alpha for alpha in of_others if alpha.size]
    mine = _alpha_in(decoder, own, hop_s)
    if not of_others and not mine.size:
        # Flicker fills the band: nothing will be measured either.
        return OpenEyes(0.0, math.inf)
    people = of_others or [mine]
    centres = np.array([alpha.mean() for alpha in people])
    variance = float(np.mean([alpha.var() for alpha in people]))
    if not mine.size:
        return OpenEyes(float(centres.mean()), math.sqrt(variance), float(centres.std()))
    n_trials = len(mine)
    trust = n_trials / (n_trials + _CENTRE_OF_OTHERS)
    centre = trust * mine.mean() + (1 - trust) * centres.mean()
    doubt = float(centres.std()) * math.sqrt(1 - trust)
    trust = n_trials / (n_trials + _SPREAD_OF_OTHERS)
    spread = math.sqrt(trust * mine.var() + (1 - trust) * variance)
    return OpenEyes(float(centre), spread, doubt)


def _alpha_in(decoder: EvidenceDecoder, sessions: Sequence[Observed], hop_s: float) -> FloatArray:
    """Alpha at each hop of each trial, (n_trials, n_hops)."""
    n_hop = max(1, round(hop_s * decoder.sampling_rate_hz))
    found: list[list[float]] = []
    for session in sessions:
        meter = AlphaMeter(
            decoder.sum_frequencies_hz(),
            decoder.sampling_rate_hz,
            session.bands_uv.shape[2],
            n_hop,
            max(decoder.lengths_s),
        )
        for trial in session.bands_uv[:, 0].astype(np.float64):
            meter.restart()
            ends = range(n_hop, trial.shape[-1] + 1, n_hop)
            measured = [meter.push(trial[:, end - n_hop : end]) for end in ends]
            found.append([alpha for alpha in measured if alpha is not None])
    n_hops = min((len(trial) for trial in found), default=0)
    return np.array([trial[:n_hops] for trial in found], dtype=np.float64)


class EyesWatch:
    """Says from hop to hop whether the eyes seem closed.

    With a centre c₀ of doubt d and a spread σ, n measurements of mean m while the eyes seemed open
    make it (c₀ / d² + n m / σ²) / (1 / d² + n / σ²): the posterior mean of normal distributions.

    Parameters
    ----------
    open_eyes : OpenEyes
    sampling_rate_hz : float

    Attributes
    ----------
    closed : bool
    """

    def __init__(self, open_eyes: OpenEyes, sampling_rate_hz: float) -> None:
        self._centre = open_eyes.centre
        self._variance = max(_LEAST_SPREAD, open_eyes.spread) ** 2
        self._centre_variance = open_eyes.doubt**2
        self._rate_hz = sampling_rate_hz
        self._n_open = round(_OPEN_AFTER_S * sampling_rate_hz)
        self._usual_since: int | None = None
        self._seen_to: int | None = None
        self.closed = False

    def observe(self, end_index: int, log_alpha: float | None) -> bool:
        """Take in alpha in the seconds that end here, None where it was not measured.

        Returns
        -------
        bool
            Whether what is believed of the eyes has changed.
        """
        if log_alpha is None:
            self._usual_since = self._seen_to = None
            return False
        above = (log_alpha - self._centre) / math.sqrt(self._variance + self._centre_variance)
        if above > _OPEN_BELOW:
            self._usual_since = None
        elif self._usual_since is None:
            self._usual_since = end_index
        was_closed = self.closed
        if above > _CLOSED_ABOVE:
            self.closed = True
        elif self._usual_since is not None and end_index - self._usual_since >= self._n_open:
            self.closed = False
        if not self.closed and self._seen_to is not None:
            self._learn(log_alpha, (end_index - self._seen_to) / self._rate_hz / _ANEW_AFTER_S)
        self._seen_to = end_index
        return self.closed != was_closed

    def _learn(self, log_alpha: float, weight: float) -> None:
        """Let so much of a measurement say where the centre lies."""
        share = weight * self._centre_variance / (weight * self._centre_variance + self._variance)
        self._centre += share * (log_alpha - self._centre)
        self._centre_variance *= 1 - share
