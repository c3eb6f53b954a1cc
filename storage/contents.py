"""Everything that is kept of a film, as one value: rows out of one database and into another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, JsonValue
from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, or_, select, update

from storage.database import writing
from storage.jobs import insert_new
from storage.references import referenced, used
from storage.store import Store
from storage.tables import (
    LOCAL,
    AnswerRow,
    Asset,
    EditRow,
    ElementRow,
    EpisodeRow,
    EventRow,
    JobRow,
    Pin,
    PlanRow,
    ProjectRow,
    Revision,
    Run,
    SettingRow,
    TurnRow,
    UploadRow,
    Use,
    aware,
)
from vibeboard.counting import counted
from vibeboard.faults import Rejected
from vibeboard.jobs import JobState
from vibeboard.model import Frozen

FORMAT = 1
_COUNTED: tuple[type[Any], ...] = (Revision, ElementRow, Use, EventRow)
"""Tables whose ids are the database's own; they are counted anew."""
_OWNED: tuple[type[Any], ...] = (*_COUNTED, UploadRow, PlanRow, Pin, EditRow, TurnRow, AnswerRow, SettingRow, Run)


class BlobSize(Frozen):
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Contents(Frozen):
    """A film's rows by table, in their order, the jobs and assets that they name, and the blobs that go with them.
    Checkpoints are not part of it: a run that was not finished begins anew and finds what it made by its names."""

    format: int = FORMAT
    id: str
    name: str
    rows: dict[str, list[dict[str, JsonValue]]]
    blobs: tuple[BlobSize, ...]

    @property
    def size(self) -> int:
        """Bytes of its blobs."""
        return sum(blob.size for blob in self.blobs)


def contents(store: Store, project_id: str) -> Contents:
    """What a film is now. Nobody may be changing it.

    Raises:
        Rejected: the bytes of something that it uses are gone.
    """
    sizes = {kept.sha256: kept.size for kept in store.blobs.listed()}
    if gone := used(store, project_id) - set(sizes):
        lacks = f"the film lacks {counted(len(gone), 'file')} that it uses, {min(gone)[:12]} first"
        message = f"{lacks}: run make again to render what is gone"
        raise Rejected("missing_blob", message)
    names = sorted(referenced(store, project_id) & set(sizes))
    with Session(store.engine) as session:
        project = session.get_one(ProjectRow, project_id)
        rows = {model.__tablename__: _rows(session, model, project_id) for model in _OWNED}
        jobs = select(JobRow).where(col(JobRow.key).in_(select(Use.job_key).where(Use.project_id == project_id)))
        rows["job"] = [_dump(row) for row in session.exec(jobs.order_by(JobRow.key))]
        made = select(Use.sha256).where(Use.project_id == project_id)
        given = select(UploadRow.sha256).where(UploadRow.project_id == project_id)
        mine = or_(col(Asset.sha256).in_(made), col(Asset.sha256).in_(given))
        assets = select(Asset).where(mine).order_by(Asset.sha256)
        rows["asset"] = [_dump(row) for row in session.exec(assets)]
    blobs = tuple(BlobSize(sha256=name, size=sizes[name]) for name in names)
    return Contents(id=project.id, name=project.name, rows=rows, blobs=blobs)


def _rows(session: Session, model: type[Any], project_id: str) -> list[dict[str, JsonValue]]:
    order = model.__table__.primary_key.columns
    return [_dump(row) for row in session.exec(select(model).where(model.project_id == project_id).order_by(*order))]


def _dump(row: SQLModel) -> dict[str, JsonValue]:
    data: dict[str, JsonValue] = row.model_dump(mode="json", exclude={"id"} if type(row) in _COUNTED else None)
    times = {name: aware(value).isoformat() for name, value in row if isinstance(value, datetime)}
    return data | times


def restore(store: Store, film: Contents, *, replace: bool = False, owner: str = LOCAL) -> None:
    """Make a film what it is in `film`, all of it or nothing. Its blobs are there already. A new one
    becomes the `owner`'s; one that was there keeps its owner, and the episodes that were asked for.

    Raises:
        Rejected: the store has the film, and it shall not be replaced; or this version does not know the format.
    """
    if film.format != FORMAT:
        raise Rejected("unknown_format", f"format {film.format} of a film is not known here: use a newer version")
    with writing(store.engine) as session:
        others = session.exec(select(ProjectRow.name).where(ProjectRow.id != film.id)).first()
        if store.one_film and others:
            raise Rejected("film_exists", f"{store} has another film already: name another folder")
        before = session.get(ProjectRow, film.id)
        if before and not replace:
            raise Rejected(
                "film_exists", f"{store} has the film {film.name} already: add --replace to put this over it"
            )
        _delete(session, film.id, _OWNED)
        if before:
            before.name = film.name
        session.add(before or ProjectRow(id=film.id, name=film.name, owner=owner))
        session.flush()
        _share(session, film)
        for model in _OWNED:
            session.add_all(model.model_validate(row) for row in film.rows[model.__tablename__])
            session.flush()
        session.commit()


def clear(session: Session, project_id: str) -> None:
    """Delete a film with all its rows. What somebody asked the service for goes too: it is not part of a film."""
    _delete(session, project_id, (*_OWNED, EpisodeRow))
    session.execute(delete(ProjectRow).where(col(ProjectRow.id) == project_id))


def _delete(session: Session, project_id: str, models: tuple[type[Any], ...]) -> None:
    for model in models:
        session.execute(delete(model).where(model.project_id == project_id))


def _share(session: Session, film: Contents) -> None:
    """Jobs and assets are shared by content: those that are there stay, but for jobs that failed there."""
    for row in film.rows["asset"]:
        session.execute(insert_new(session, Asset.model_validate(row)))
    for row in film.rows["job"]:
        job = JobRow.model_validate(row)
        session.execute(insert_new(session, job))
        failed = (col(JobRow.key) == job.key, col(JobRow.state) == JobState.FAILED)
        session.execute(update(JobRow).where(*failed).values(state=job.state, result=job.result, params=job.params))
