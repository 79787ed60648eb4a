"""From currents in the brain to potentials on the scalp: a head of four spherical shells."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError

FloatArray = npt.NDArray[np.float64]

BRAIN_RADIUS = 0.87
"""Outer radius of cortex, as a share of the scalp's."""

_SCALP_RADIUS_M = 0.092
_SHELLS = (0.90, 0.92, 0.97, 1.0)  # brain, fluid, skull, scalp
_SCALP_S_PER_M, _FLUID_S_PER_M = 0.33, 1.0
_FIT_ON = ("Fp1", "Fp2", "F7", "F8", "T7", "T8", "P7", "P8", "O1", "O2", "Fz", "Cz", "Pz", "Oz")


class Head:
    """Electrodes on a head, and the lead field of dipoles in it.

    Places are given in units of the scalp's radius: x to the right, y forward, z up.

    Parameters
    ----------
    channel_names : sequence of str
        Electrodes, by their names in the 10-05 system.
    reference : str
        The electrode against which they are measured.
    skull_s_per_m : float
        Conductivity of the skull; 0.0042 to 0.015 in the literature.

    Raises
    ------
    DeviceError
        When an electrode is not one of the 10-05 system.
    """

    def __init__(
        self,
        channel_names: Sequence[str],
        reference: str = "A2",
        skull_s_per_m: float = 0.006,
    ) -> None:
        self._skull_s_per_m = skull_s_per_m
        self._directions = _directions([*channel_names, reference])

    @property
    def directions(self) -> FloatArray:
        """Unit vectors to the electrodes, shape (n_channels, 3)."""
        return self._directions[:-1]

    def lead_field(self, places: FloatArray, moments: FloatArray) -> FloatArray:
        """Return what dipoles do to the electrodes.

        Parameters
        ----------
        places : ndarray, shape (n_dipoles, 3)
            Inside the brain.
        moments : ndarray, shape (n_dipoles, 3)
            Unit vectors.

        Returns
        -------
        ndarray, shape (n_dipoles, n_channels)
            Potential against the reference in µV for 1 nAm.
        """
        import mne  # a second of imports that only subjects need

        # Numbered, for the reference may be one of the electrodes.
        names = [str(number) for number in range(len(self._directions))]
        info = mne.create_info(names, 1000.0, "eeg")
        positions_m = dict(zip(names, _SCALP_RADIUS_M * self._directions, strict=True))
        info.set_montage(mne.channels.make_dig_montage(positions_m, coord_frame="head"))
        sphere = mne.make_sphere_model(
            r0=(0.0, 0.0, 0.0),
            head_radius=_SCALP_RADIUS_M,
            relative_radii=_SHELLS,
            sigmas=(_SCALP_S_PER_M, _FLUID_S_PER_M, self._skull_s_per_m, _SCALP_S_PER_M),
            verbose="error",
        )
        sources = mne.setup_volume_source_space(
            pos={"rr": _SCALP_RADIUS_M * places, "nn": moments}, verbose="error"
        )
        forward = mne.make_forward_solution(
            info, trans=None, src=sources, bem=sphere, meg=False, mindist=0.0, verbose="error"
        )
        by_axis = forward["sol"]["data"].reshape(len(names), len(places), 3)
        against_nothing = np.einsum("cda,da->dc", by_axis, moments) * 1e-3  # V/Am to µV/nAm
        against_reference: FloatArray = against_nothing[:, :-1] - against_nothing[:, -1:]
        return against_reference


def _directions(names: Sequence[str]) -> FloatArray:
    """Return unit vectors from the centre of the head to electrodes."""
    known = _standard_positions()
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise DeviceError(
            f"no electrode {', '.join(unknown)} in the 10-05 system (such as Oz, PO3, Cz, Fp1)"
        )
    # |p|² = 2 p·c + (r² - |c|²): a linear fit of the sphere's centre.
    fitted = np.array([known[name.lower()] for name in _FIT_ON])
    design = np.column_stack((2.0 * fitted, np.ones(len(fitted))))
    centre = np.linalg.lstsq(design, (fitted**2).sum(axis=1), rcond=None)[0][:3]
    away = np.array([known[name.lower()] for name in names]) - centre
    unit: FloatArray = away / np.linalg.norm(away, axis=1, keepdims=True)
    return unit


@cache
def _standard_positions() -> dict[str, FloatArray]:
    """Return where the electrodes of the 10-05 system lie, by their names in small letters."""
    import mne

    montage = "colin27_1005"  # the name since 1.13 of what was standard_1005
    if montage not in mne.channels.get_builtin_montages():
        montage = "standard_1005"
    positions = mne.channels.make_standard_montage(montage).get_positions()["ch_pos"]
    return {name.lower(): place for name, place in positions.items()}
