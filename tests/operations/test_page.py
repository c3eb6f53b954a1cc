"""The operators' page: its commands run where they can, and all of them parse."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from api.environment import COMPOSE, variable
from api.routes import engines, machines
from storage.blobs import FolderBlobs
from storage.project import open_project
from storage.store import Store
from tests.house.test_docs import ROOT, blocks
from tests.operations.test_images import is_a_command
from tests.storage.films import fill
from vibeboard.settings import Settings

PAGE = ROOT / "docs" / "operators.md"
BLOCKS = blocks(PAGE)
HERE = [text for info, text in BLOCKS if info == "sh"]


@pytest.fixture
def home(tmp_path) -> Path:
    """A service's home with a film."""
    home = tmp_path / "home"
    store = Store(home, home / "vibeboard.db", FolderBlobs(home / "blobs"))
    with open_project(store, store.create("film")) as project:
        fill(project, "film")
    store.close()
    return home


def test_the_commands_run_in_the_order_of_the_page(home, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIBEBOARD_")}
    environment |= {"PATH": path, "VIBEBOARD_HOME": str(home), "HOME": str(tmp_path)}
    for text in HERE:
        command = ["sh", "-euc", text]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, text + done.stdout + done.stderr
    assert "backup films.tar" in "".join(HERE)
    restored = Store(tmp_path / "drill", tmp_path / "drill" / "vibeboard.db", FolderBlobs(tmp_path / "drill" / "blobs"))
    assert [project.name for project in restored.projects()] == ["film"]
    restored.close()


def commands() -> list[str]:
    """Every `vibeboard` command that is shown, in blocks and in the text."""
    shown = [line.partition("#")[0] for info, text in BLOCKS if info.startswith("sh") for line in text.splitlines()]
    spans = re.findall(r"`((?:VIBEBOARD_\w+=\S+ )?vibeboard \w[^`]*)`", PAGE.read_text())
    found = [
        line[line.index("vibeboard ") :].strip() for line in [*shown, *spans] if re.search(r"\bvibeboard \w", line)
    ]
    return sorted(set(found))


@pytest.mark.parametrize("command", commands())
def test_every_command_shown_exists_with_its_options(command):
    words = shlex.split(command)
    if words[1:] in (["backup"], ["restore"], ["storage", "gc"]):
        words.append("WHAT")
    is_a_command(words)


def test_every_variable_named_is_a_setting():
    known = {variable(name, field) for name, field in Settings.model_fields.items()} | set(COMPOSE)
    assert set(re.findall(r"\b(?:VIBEBOARD|POSTGRES)_[A-Z0-9_]+\b", PAGE.read_text())) <= known


def test_every_route_named_exists():
    routes = {
        (method, route.path) for part in (machines, engines) for route in part.router.routes for method in route.methods
    }
    assert set(re.findall(r"`(GET) (/\S+?)`", PAGE.read_text())) <= routes
