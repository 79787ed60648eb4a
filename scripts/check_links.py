"""Check every link in the project's Markdown that leads to a file or heading of the project.

    python scripts/check_links.py

Prints links that lead nowhere and exits with 1 when there are any. Links to the internet are
counted and not followed; `python -m sphinx -b linkcheck docs build/links` follows them.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_CODE = re.compile(r"^```.*?^```$|^(?: {4}|\t).*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def markdown_files() -> list[Path]:
    """All pages, but those that are written anew by each build."""
    top = [*ROOT.glob("*.md"), *ROOT.glob("devices/firmware/*/*.md")]
    docs = [path for path in (ROOT / "docs").rglob("*.md") if path.parts[-3] != "api"]
    return sorted(top + docs)


def links(page: Path) -> Iterator[str]:
    """Yield where a page's links lead."""
    yield from _LINK.findall(_CODE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the headings of a page as GitHub and MyST name them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", h) for h in _HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def broken(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere."""
    for link in links(page):
        name, _, anchor = link.partition("#")
        if ":" in name:
            continue
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield link


def main() -> int:
    """Check all pages; return 1 when a link leads nowhere."""
    pages = markdown_files()
    found = [f"{page.relative_to(ROOT)}: {link}" for page in pages for link in broken(page)]
    outside = {link for page in pages for link in links(page) if re.match("https?:", link)}
    for line in found:
        sys.stdout.write(f"{line} leads nowhere\n")
    sys.stdout.write(f"{len(pages)} pages; {len(outside)} links to the internet, not followed\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
