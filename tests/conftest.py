from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from storage.project import Project
from tests import servers

for name in ("MINIMAX_API_KEY", "VIBEBOARD_LLM_KEY"):
    os.environ.pop(name, None)  # no test spends anybody's money

settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci")


@pytest.fixture
def project(tmp_path: Path):
    with Project(tmp_path / "state") as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_server():
    with servers.postgres() as server:
        yield server.url


@pytest.fixture(scope="session")
def breakable_postgres():
    """A server for those who stop it: nobody else may be using it."""
    with servers.postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server) -> str:
    """The URL of an empty Postgres database."""
    return servers.new_database(postgres_server)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    with servers.s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """Where an empty database is, of each kind."""
    return tmp_path / "database.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
