"""Where the recordings of the benchmarks are."""

import os
from pathlib import Path


def data_folder() -> Path:
    """Folder named by BCI_APP_DATA, else ../shared/data beside the repository."""
    named = os.environ.get("BCI_APP_DATA")
    return Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
