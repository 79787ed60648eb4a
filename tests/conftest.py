"""What all tests share: where the real recordings are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real recordings: BCI_APP_DATA, else ../shared/data beside the repository."""
    named = os.environ.get("BCI_APP_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real recordings: {folder} is not a folder; set BCI_APP_DATA")
    return folder
