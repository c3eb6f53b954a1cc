"""What the scenes of a film need, and what a person decided about each."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from storage.database import changed, writing
from storage.tables import ElementRow
from vibeboard.breakdown import Breakdown, Category, SceneBreakdown, Status
from vibeboard.faults import Rejected

_Identity = tuple[str, str, str]


class Elements:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self._engine, self._project_id = engine, project_id
        self._mine = ElementRow.project_id == project_id

    def store(self, breakdown: Breakdown) -> Breakdown:
        """Keep the elements of the scenes of a breakdown; what is new is pending, what a person decided stays decided.

        A pending element that its scene no longer has goes, and so do those of scenes that are no more.

        Returns:
            The same breakdown with the status that each element has now.
        """
        mine = select(ElementRow).where(self._mine)
        with writing(self._engine) as session:
            known = {_identity(row): row for row in session.exec(mine)}
            for scene in breakdown.scenes:
                for item in scene.items:
                    identity = (scene.scene_id, str(item.category), item.name)
                    row = known.pop(identity, None) or self._row(identity)
                    row.lines = json.dumps(item.lines)
                    session.add(row)
            for row in known.values():
                if row.status is Status.PENDING:
                    session.delete(row)
            session.commit()
            status = {_identity(row): row.status for row in session.exec(mine)}
        return _with_status(breakdown, status)

    def _row(self, identity: _Identity) -> ElementRow:
        scene_id, category, name = identity
        return ElementRow(project_id=self._project_id, scene_id=scene_id, category=category, name=name, lines="")

    def listed(
        self,
        most: int,
        after: int = 0,
        scenes: Collection[str] | None = None,
        category: Category | None = None,
        status: Status | None = None,
    ) -> list[ElementRow]:
        """Up to `most` elements by number, those after one; of some scenes, of a category, with a status."""
        query = select(ElementRow).where(self._mine, col(ElementRow.id) > after)
        if scenes is not None:
            query = query.where(col(ElementRow.scene_id).in_(scenes))
        if category is not None:
            query = query.where(ElementRow.category == category)
        if status is not None:
            query = query.where(ElementRow.status == status)
        with Session(self._engine) as session:
            return list(session.exec(query.order_by(col(ElementRow.id)).limit(most)))

    def get(self, number: int) -> ElementRow:
        """
        Raises:
            Rejected: the film has no element of that number.
        """
        with Session(self._engine) as session:
            row = session.exec(select(ElementRow).where(self._mine, ElementRow.id == number)).first()
        if row is None:
            raise Rejected("no_such_element", f"the film has no element {number}: list its elements")
        return row

    def decide(self, number: int, before: Status, status: Status) -> bool:
        """Give an element that is `before` another status; false if it is not, or is gone."""
        wanted = (col(ElementRow.project_id) == self._project_id, col(ElementRow.id) == number)
        change = update(ElementRow).where(*wanted, col(ElementRow.status) == before).values(status=status)
        with writing(self._engine) as session:
            decided = changed(session, change)
            session.commit()
            return decided == 1


def _identity(row: ElementRow) -> _Identity:
    return row.scene_id, row.category, row.name


def _with_status(breakdown: Breakdown, status: Mapping[_Identity, Status]) -> Breakdown:
    def decided(scene: SceneBreakdown) -> SceneBreakdown:
        items = tuple(
            item.model_copy(update={"status": status[scene.scene_id, item.category, item.name]}) for item in scene.items
        )
        return scene.model_copy(update={"items": items})

    return breakdown.model_copy(update={"scenes": tuple(decided(scene) for scene in breakdown.scenes)})
