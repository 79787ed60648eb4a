"""Decoders: from a window of EEG to a score for each target."""

from bci_app.decoders.cca import FilterBankCCA, StandardCCA
from bci_app.decoders.cca_knn import CCANearestNeighbours
from bci_app.decoders.estimator import Decoder
from bci_app.decoders.evidence import EvidenceDecoder
from bci_app.decoders.individual_templates import ExtendedCCA, IndividualTemplateCCA
from bci_app.decoders.minimum_energy import MEC
from bci_app.decoders.multiple_correlation import (
    MSI,
    FilterBankWilks,
    HotellingLawley,
    Pillai,
    Wilks,
)
from bci_app.decoders.riemann_decoders import MDM, TangentSpace
from bci_app.decoders.spectral_power import PSDA
from bci_app.decoders.tdca import TDCA
from bci_app.decoders.trca import TRCA, EnsembleTRCA, MultiStimulusTRCA

DECODERS: dict[str, type[Decoder]] = {
    "cca": StandardCCA,
    "cca-knn": CCANearestNeighbours,
    "ecca": ExtendedCCA,
    "etrca": EnsembleTRCA,
    "evidence": EvidenceDecoder,
    "fbcca": FilterBankCCA,
    "fbwilks": FilterBankWilks,
    "hotelling": HotellingLawley,
    "itcca": IndividualTemplateCCA,
    "mdm": MDM,
    "mec": MEC,
    "ms-etrca": MultiStimulusTRCA,
    "msi": MSI,
    "pillai": Pillai,
    "psda": PSDA,
    "tangent-space": TangentSpace,
    "tdca": TDCA,
    "trca": TRCA,
    "wilks": Wilks,
}
"""Each decoder under its name on the command line."""


def make_decoder(
    name: str, frequencies_hz: tuple[float, ...], sampling_rate_hz: float, **settings: object
) -> Decoder:
    """Make a decoder by its name; settings that it does not have, or that are None, are ignored."""
    decoder = DECODERS[name](frequencies_hz, sampling_rate_hz)
    known = decoder.get_params()
    chosen = {key: value for key, value in settings.items() if key in known and value is not None}
    return decoder.set_params(**chosen)
