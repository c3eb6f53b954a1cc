from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from storage.project import Project

settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci")


@pytest.fixture
def project(tmp_path: Path):
    with Project(tmp_path / "state") as opened:
        yield opened
