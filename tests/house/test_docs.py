"""The docs do not drift: the tutorial runs, the reference is current, links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.reference import page

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> list[tuple[str, str]]:
    """(info string, text) of every fenced block."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)


def test_the_tutorial_runs_from_top_to_bottom(tmp_path):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    told = ""
    for info, text in blocks(ROOT / "docs" / "tutorial.md"):
        if "file=" in info:
            (tmp_path / info.partition("file=")[2]).write_text(text)
        elif info == "sh":
            done = subprocess.run(
                ["sh", "-euc", text], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, text + done.stdout + done.stderr
            told += done.stdout
    assert (tmp_path / "two-doors" / "film.mp4").exists()
    assert (tmp_path / "depth.safetensors").exists()
    assert "0 shots will be rendered" in told


def test_the_reference_is_what_the_declarations_say():
    assert (ROOT / "docs" / "reference.md").read_text() == page(), "run scripts/reference"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    local = [target for target in targets if not target.startswith("http")]
    assert all((path.parent / target).exists() for target in local), local
