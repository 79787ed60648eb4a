"""What the documents name must exist."""

import re
from pathlib import Path

import pytest

from bci_app.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [
    page
    for folder in ("", "docs", "devices")
    for page in (ROOT / folder).glob("**/*.md" if folder else "*.md")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_named_exist(page):
    text = page.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    files = re.findall(
        r"`((?:bci_app|devices|calibration|tests|benchmarks|docs|scripts)/[\w/.-]+)`", text
    )
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_readme_names_every_command():
    text = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\|.*?`bci-app (\w+)`", text, re.MULTILINE)) <= set(COMMANDS)
    assert [name for name in COMMANDS if f"`bci-app {name}`" not in text] == []
