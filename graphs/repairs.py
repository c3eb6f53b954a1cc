"""The Medic's repairs of a film, and a person's word on them."""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from agents.medic import Change
from storage.records import Records
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

_REFUSED = "refused_repairs"
_changes = TypeAdapter(tuple[Change, ...])


class Repair(Frozen):
    """One change that was made to the arguments of a step of a unit (a shot or a deliverable)."""

    unit: str
    step: str
    change: Change
    refused: bool


def changes_told(event: Event) -> tuple[Change, ...]:
    """What an event says that the Medic changed."""
    return _changes.validate_python(event.data["changes"])


def refused_repairs(project: Records) -> frozenset[str]:
    """Ids of repairs that are not made."""
    return frozenset(json.loads(project.setting(_REFUSED) or "[]"))


def repairs(project: Records) -> list[Repair]:
    """Every repair that was ever made for the film, oldest first, each once."""
    refused = refused_repairs(project)
    made = {
        (event.unit, str(event.data["step"]), change.id): change
        for event in project.happened(EventType.CALL_REPAIRED)
        for change in changes_told(event)
    }
    return [
        Repair(unit=unit, step=step, change=change, refused=change.id in refused)
        for (unit, step, _), change in made.items()
    ]


def judge_repair(project: Records, change_id: str, *, refuse: bool) -> None:
    """Refuse a repair, which undoes it: what was made with it is stale, and its call goes to the person; or allow it
    again.

    Raises:
        Rejected: there was no such repair.
    """
    known = {repair.change.id for repair in repairs(project)}
    if change_id not in known:
        raise Rejected("no_such_repair", f"there is no repair {change_id}: vibeboard repairs lists {len(known)}")

    def judged(kept: str) -> str:
        refused = {*json.loads(kept or "[]")}
        return json.dumps(sorted(refused | {change_id} if refuse else refused - {change_id}))

    project.change_setting(_REFUSED, judged)
