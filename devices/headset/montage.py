"""Which of a headset's channels are used, and where their electrodes sit."""

from collections.abc import Sequence

from devices.errors import DeviceError


def choose_channels(
    who: str, own_names: Sequence[str], electrodes: Sequence[str | None] | None
) -> tuple[list[int], tuple[str, ...]]:
    """Choose channels and name them after their electrodes.

    Parameters
    ----------
    who : str
        The headset, for the message of an error.
    own_names : sequence of str
        What the headset itself calls each of its EEG channels.
    electrodes : sequence of (str or None), or None
        Where the electrode of each of these channels sits; a channel named None is left out. None
        for the headset's own names.

    Returns
    -------
    positions : list of int
        Of the channels in use, among all.
    names : tuple of str
        Of the channels in use.

    Raises
    ------
    DeviceError
        When the names do not fit the channels, or do not differ.
    """
    if electrodes is None:
        electrodes = own_names
    if len(electrodes) != len(own_names):
        raise DeviceError(
            f"{who} has {len(own_names)} EEG channels, but {len(electrodes)} names were given; "
            "name each in its order, and mark one that is not used (`-` in a configuration, None "
            "in Python)"
        )
    used = [(position, name) for position, name in enumerate(electrodes) if name is not None]
    if not used or len({name for _, name in used}) < len(used):
        named = ", ".join(name for _, name in used) or "none"
        raise DeviceError(
            f"{who}: channel names must differ, and at least one must be given; there are {named}"
        )
    return [position for position, _ in used], tuple(name for _, name in used)
