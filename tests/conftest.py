from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from storage.project import Project

for name in ("MINIMAX_API_KEY", "VIBEBOARD_LLM_KEY"):
    os.environ.pop(name, None)  # no test spends anybody's money

settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci")


@pytest.fixture
def project(tmp_path: Path):
    with Project(tmp_path / "state") as opened:
        yield opened
