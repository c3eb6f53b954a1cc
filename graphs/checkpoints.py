"""Where LangGraph keeps what comes next: a file beside the film's database, or tables in the store's Postgres."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy import Engine

from storage.database import is_postgres, postgres_url
from storage.locks import advisory_lock, let_go
from storage.outages import told_as_fault
from storage.project import Project

_SETUP = "checkpoints"
_SETUP_EVERY_S = 0.1


def checkpoints(project: Project, file: Path | None = None) -> AbstractAsyncContextManager[BaseCheckpointSaver[str]]:
    """The saver of a film's runs, or of what has a `file` of its own where the store is no Postgres, ready for use."""
    engine = project.store.engine
    return _in_postgres(engine) if is_postgres(engine) else _in_file(file or project.checkpoints)


@asynccontextmanager
async def _in_file(path: Path) -> AsyncIterator[BaseCheckpointSaver[str]]:
    _drop_if_damaged(path)
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        yield saver


@asynccontextmanager
async def _in_postgres(engine: Engine) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """It has a connection of its own. What breaks it comes through here, as it breaks the run."""
    with told_as_fault(engine):
        async with AsyncPostgresSaver.from_conn_string(postgres_url(engine)) as saver:
            await _set_up(saver, engine)
            yield saver


async def _set_up(saver: AsyncPostgresSaver, engine: Engine) -> None:
    """Bring its tables to the newest schema, one process at a time. It builds indexes concurrently, which waits for all
    transactions, so nobody may wait for the lock inside the database."""
    while (lock := advisory_lock(engine, _SETUP)) is None:
        await asyncio.sleep(_SETUP_EVERY_S)
    try:
        await saver.setup()
    finally:
        let_go(lock)


def _drop_if_damaged(path: Path) -> None:
    """Checkpoints only say what comes next; without them a run begins anew and finds what it made by its names."""
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("pragma schema_version")
    except sqlite3.DatabaseError:
        path.unlink()
