"""The assets of a film: what was made for it and what was uploaded, and no other film's, whatever the store has."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.database import writing
from storage.jobs import insert_new
from storage.tables import Asset, EventRow, JobRow, UploadRow, Use, aware
from vibeboard.asset import BlobRef
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected


class Origin(StrEnum):
    """How an asset came to be the film's; it may be both."""

    MADE = "made"
    UPLOADED = "uploaded"


class Upload(NamedTuple):
    name: str
    media: str
    created_at: datetime


class FilmAsset(NamedTuple):
    """Bytes of a film: `uses` of them by steps of its units, and what they were uploaded as, if they were."""

    ref: BlobRef
    uses: tuple[Use, ...]
    upload: Upload | None

    @property
    def media(self) -> str:
        return self.upload.media if self.upload else self.ref.media

    @property
    def active(self) -> bool:
        """Whether a take of now uses it."""
        return any(use.active for use in self.uses)


class FilmAssets:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self._engine, self._project_id = engine, project_id

    def add(self, ref: BlobRef, name: str) -> FilmAsset:
        """What was uploaded, its bytes stored already, is the film's from now on."""
        row = UploadRow(project_id=self._project_id, sha256=ref.sha256, name=name, media=ref.media)
        with writing(self._engine) as session:
            session.execute(insert_new(session, Asset(sha256=ref.sha256, size=ref.size, media=ref.media)))
            before = session.get(UploadRow, (self._project_id, ref.sha256))
            if before is not None:
                row.created_at = before.created_at
            session.merge(row)
            session.commit()
        return self.get(ref.sha256)

    def get(self, sha256: str) -> FilmAsset:
        """
        Raises:
            Rejected: the film neither uses nor was given it.
        """
        with Session(self._engine) as session:
            found = self._filled(session, list(session.exec(self._mine().where(Asset.sha256 == sha256))))
        if not found:
            raise Rejected("no_such_asset", f"the film has no asset {sha256}: GET its assets, or upload it")
        return found[0]

    def listed(
        self, most: int, after: str = "", media: str = "", origin: Origin | None = None, active: bool | None = None
    ) -> list[FilmAsset]:
        """Assets by hash, at most `most` after one: of a media type or the first part of one, of an origin, used by
        takes of now or not."""
        query = self._mine(origin).where(col(Asset.sha256) > after)
        if media:
            kinds = (col(Asset.media) == media, col(Asset.media).startswith(f"{media}/", autoescape=True))
            query = query.where(or_(*kinds))
        if active is not None:
            used = col(Asset.sha256).in_(self._used().where(col(Use.active)))
            query = query.where(used if active else ~used)
        with Session(self._engine) as session:
            return self._filled(session, list(session.exec(query.order_by(col(Asset.sha256)).limit(most))))

    def _mine(self, origin: Origin | None = None) -> SelectOfScalar[Asset]:
        given = select(UploadRow.sha256).where(UploadRow.project_id == self._project_id)
        of = {Origin.MADE: self._used(), Origin.UPLOADED: given}
        wanted = of.values() if origin is None else [of[origin]]
        return select(Asset).where(or_(*(col(Asset.sha256).in_(names) for names in wanted)))

    def _used(self) -> SelectOfScalar[str]:
        return select(Use.sha256).where(Use.project_id == self._project_id)

    def _filled(self, session: Session, assets: list[Asset]) -> list[FilmAsset]:
        names = [asset.sha256 for asset in assets]
        uses = select(Use).where(Use.project_id == self._project_id, col(Use.sha256).in_(names)).order_by(col(Use.id))
        given = select(UploadRow).where(UploadRow.project_id == self._project_id, col(UploadRow.sha256).in_(names))
        used = list(session.exec(uses))
        uploads = {row.sha256: Upload(row.name, row.media, aware(row.created_at)) for row in session.exec(given)}
        return [
            FilmAsset(
                BlobRef(sha256=asset.sha256, size=asset.size, media=asset.media),
                tuple(use for use in used if use.sha256 == asset.sha256),
                uploads.get(asset.sha256),
            )
            for asset in assets
        ]

    def jobs(self, asset: FilmAsset) -> dict[str, JobRow]:
        """The jobs that made it, by key."""
        keys = {use.job_key for use in asset.uses}
        with Session(self._engine) as session:
            return {row.key: row for row in session.exec(select(JobRow).where(col(JobRow.key).in_(keys)))}

    def happened(self, units: set[str], *kinds: EventType) -> list[tuple[str, Event]]:
        """What the log has of some units, each event with its run, in order."""
        mine = (EventRow.project_id == self._project_id, col(EventRow.unit).in_(units), col(EventRow.type).in_(kinds))
        with Session(self._engine) as session:
            rows = session.exec(select(EventRow).where(*mine).order_by(col(EventRow.seq)))
            return [
                (row.run_id, Event(type=EventType(row.type), unit=row.unit, data=json.loads(row.data))) for row in rows
            ]
