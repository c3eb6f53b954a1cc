"""Which blobs a film refers to, found without knowing what a graph keeps: whatever looks like a name counts as one.

As a conservative garbage collector does (Boehm and Weiser 1988), text and checkpoints are searched for 64 hexadecimal
digits, and so is every blob that is found this way and is no asset (a script, a plan, the call of a step). What is
taken for a name by mistake is kept a while longer; what is a name is never missed.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text
from sqlmodel import Session, col, select

from storage.database import is_postgres
from storage.locks import project_folder
from storage.store import Store
from storage.tables import (
    AnswerRow,
    Asset,
    EditRow,
    EpisodeRow,
    JobRow,
    Revision,
    Run,
    SettingRow,
    TurnRow,
    UploadRow,
    Use,
)
from vibeboard.faults import Rejected
from vibeboard.jobs import JobState

_NAME = re.compile(rb"[0-9a-f]{64}")
_OPEN = (JobState.QUEUED, JobState.RUNNING, JobState.MADE)
_IN_FILE = ("SELECT checkpoint FROM checkpoints", "SELECT value FROM writes")
_IN_POSTGRES = {
    "checkpoints": "SELECT convert_to(checkpoint::text, 'UTF8') FROM checkpoints WHERE thread_id = ANY(:runs)",
    "checkpoint_blobs": "SELECT blob FROM checkpoint_blobs WHERE thread_id = ANY(:runs)",
    "checkpoint_writes": "SELECT blob FROM checkpoint_writes WHERE thread_id = ANY(:runs)",
}


def used(store: Store, project_id: str) -> set[str]:
    """What the takes of a film use, the earlier ones too, what was uploaded for it, and its scripts."""
    with Session(store.engine) as session:
        names = set(session.exec(select(Use.sha256).where(Use.project_id == project_id)))
        names |= set(session.exec(select(UploadRow.sha256).where(UploadRow.project_id == project_id)))
        for row in session.exec(select(Revision).where(Revision.project_id == project_id)):
            names |= {row.script_sha256, row.screenplay_sha256}
    return names


def referenced(store: Store, project_id: str) -> set[str]:
    """What is used, what a person's words, settings and episodes name, and what a run in progress refers to."""
    with Session(store.engine) as session:
        found = used(store, project_id) | _names(_written(session, project_id))
        unfinished = select(Run.id).where(Run.project_id == project_id, col(Run.finished).is_(False))
        if runs := list(session.exec(unfinished)):
            found |= _names(_jobs(session, project_id)) | _names(_checkpoints(store, project_id, runs))
        assets = set(session.exec(select(Asset.sha256)))
    return _closure(store, found, assets)


def _names(texts: Iterable[bytes]) -> set[str]:
    return {name.decode() for data in texts for name in _NAME.findall(data)}


def _written(session: Session, project_id: str) -> Iterator[bytes]:
    for setting in session.exec(select(SettingRow.value).where(SettingRow.project_id == project_id)):
        yield setting.encode()
    for edit in session.exec(select(EditRow.edit).where(EditRow.project_id == project_id)):
        yield edit.encode()
    for messages in session.exec(select(TurnRow.messages).where(TurnRow.project_id == project_id)):
        yield messages.encode()
    for episode in session.exec(select(EpisodeRow).where(EpisodeRow.project_id == project_id)):
        yield (episode.ask + episode.request + episode.files).encode()
    for answer in session.exec(select(AnswerRow.answer).where(AnswerRow.project_id == project_id)):
        yield answer.encode()


def _jobs(session: Session, project_id: str) -> Iterator[bytes]:
    mine = (JobRow.project_id == project_id, col(JobRow.state).in_(_OPEN))
    for row in session.exec(select(JobRow).where(*mine)):
        yield (row.params + row.result).encode()


def _checkpoints(store: Store, project_id: str, runs: list[str]) -> Iterator[bytes]:
    if not is_postgres(store.engine):
        yield from _in_file(store, project_id)
        return
    there = set(inspect(store.engine).get_table_names())
    with store.engine.connect() as connection:
        for table, query in _IN_POSTGRES.items():
            if table in there:
                found = connection.execute(text(query), {"runs": runs}).scalars()
                yield from (bytes(data) for data in found if data is not None)


def _in_file(store: Store, project_id: str) -> Iterator[bytes]:
    path = _checkpoint_file(store, project_id)
    if path is None:
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        for query in _IN_FILE:
            if query.rpartition(" ")[2] in tables:
                yield from (bytes(data) for (data,) in database.execute(query))


def _checkpoint_file(store: Store, project_id: str) -> Path | None:
    """Where the checkpoints of an unfinished run are; nowhere if it was killed before the first.

    Raises:
        Rejected: they are in some folder that the store does not know.
    """
    home = store.home if store.one_film else project_folder(store.home, project_id)
    if (home / "checkpoints.db").is_file():
        return home / "checkpoints.db"
    if store.one_film:
        return None
    raise Rejected("unfinished_run", f"the film {project_id} is being made: let vibeboard make finish it first")


def _closure(store: Store, found: set[str], assets: set[str]) -> set[str]:
    """With what the blobs name that are no assets."""
    todo = found - assets
    while todo:
        here = [name for name in todo if store.blobs.has(name)]
        fresh = _names(store.blobs.path(name).read_bytes() for name in here) - found
        found |= fresh
        todo = fresh - assets
    return found
