"""Settings of the online path with some of them changed: what would have happened."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bci_app.errors import BciAppError, ConfigurationError
from bci_app.online.settings import PathSettings


def change_settings(settings: PathSettings, changes: Mapping[str, object]) -> PathSettings:
    """Return settings with some of them changed.

    Parameters
    ----------
    settings : PathSettings
    changes : mapping of str to object
        New values by name; `policy.threshold` is the threshold of the policy. Values of JSON's
        types, or their text.

    Raises
    ------
    ConfigurationError
        When there is no such setting, or the values cannot work.
    """
    table: dict[str, Any] = msgspec.to_builtins(settings)
    for name, value in changes.items():
        *groups, last = name.split(".")
        group = table
        for step in groups:
            inner = group.get(step)
            group = inner if isinstance(inner, dict) else {}
        if last not in group or isinstance(group[last], dict):
            raise ConfigurationError(
                f"there is no setting {name}: expected one of {', '.join(_names(table))}."
            )
        group[last] = value
    try:
        return msgspec.convert(table, PathSettings, strict=False)
    except (msgspec.ValidationError, BciAppError) as error:
        message = str(error).replace("`$.", "`").removesuffix(".")
        raise ConfigurationError(
            f"{', '.join(f'{name}={value}' for name, value in changes.items())}: {message}."
        ) from error


def _names(table: Mapping[str, object], where: str = "") -> list[str]:
    names = []
    for name, value in table.items():
        if isinstance(value, dict):
            names += _names(value, f"{where}{name}.")
        else:
            names.append(where + name)
    return names
