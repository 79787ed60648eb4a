"""No link in the documentation leads nowhere."""

import runpy
from pathlib import Path

import pytest

CHECK = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "check_links.py"))


def test_every_link_within_the_project_leads_somewhere(capsys):
    assert CHECK["main"]() == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](other.md) and [b](other.md#what-cca-does-here)", []),
        ("[a](none.md)", ["none.md"]),
        ("[a](other.md#nowhere)", ["other.md#nowhere"]),
        ("[a](#nowhere) [b](#here)\n\n# Here", ["#nowhere"]),
        ("[out](https://example.org/none) [![picture](none.png)](other.md)", ["none.png"]),
        ("`[a](none.md)`\n\n    [a](none.md)\n\n```\n[a](none.md)\n```", []),
    ],
)
def test_what_leads_nowhere_is_found(tmp_path, text, found):
    (tmp_path / "other.md").write_text("# Other\n\n## What `CCA` does, *here*\n")
    page = tmp_path / "page.md"
    page.write_text(text)
    assert list(CHECK["broken"](page)) == found
