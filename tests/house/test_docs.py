"""The docs do not drift: the reference is current, links lead somewhere, every page is in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.reference import page

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> list[tuple[str, str]]:
    """(info string, text) of every fenced block."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)


def test_the_reference_is_what_the_declarations_say():
    assert (ROOT / "docs" / "reference.md").read_text() == page(), "run scripts/reference"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    local = [target for target in targets if not target.startswith("http")]
    assert all((path.parent / target).exists() for target in local), local


def test_every_page_is_in_the_index_of_the_readme():
    listed = set(re.findall(r"\]\((docs/[^)/]+\.md)\)", (ROOT / "README.md").read_text()))
    assert listed == {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
