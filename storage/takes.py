"""What was ever made for the steps of a film's units, and which of it they use."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from storage.database import writing
from storage.tables import Asset, JobRow, Use
from vibeboard.asset import BlobRef


class Taken(NamedTuple):
    """What a job made for a step of a unit: `active` if the step uses it now, `outputs` by their roles."""

    unit: str
    job: JobRow
    active: bool
    outputs: dict[str, BlobRef]


class Takes:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self._engine, self._project_id = engine, project_id

    def of(self, step: str, unit: str | None = None) -> list[Taken]:
        """What was made for a step of a unit, or of every unit, in the order in which it was first used."""
        query = select(Use, JobRow, Asset).where(Use.project_id == self._project_id, Use.step == step)
        query = query.where(Use.job_key == JobRow.key, Use.sha256 == Asset.sha256)
        if unit is not None:
            query = query.where(Use.unit == unit)
        found: dict[tuple[str, str], Taken] = {}
        with Session(self._engine) as session:
            for use, job, asset in session.exec(query.order_by(col(Use.id))):
                taken = found.setdefault((use.unit, job.key), Taken(use.unit, job, use.active, {}))
                taken.outputs[use.role] = BlobRef(sha256=asset.sha256, size=asset.size, media=asset.media)
        return list(found.values())

    def take_up(self, step: str, unit: str, job_key: str) -> None:
        """Let a step of a unit use again what a job made for it."""
        step_of = (col(Use.project_id) == self._project_id, col(Use.unit) == unit, col(Use.step) == step)
        with writing(self._engine) as session:
            session.execute(update(Use).where(*step_of).values(active=col(Use.job_key) == job_key))
            session.commit()
