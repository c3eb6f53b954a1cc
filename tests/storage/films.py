"""A film with something in every table, made without a graph."""

from __future__ import annotations

from storage.project import Project
from vibeboard.asset import Result
from vibeboard.breakdown import Breakdown, BreakdownItem, Category, SceneBreakdown
from vibeboard.edits import Author, SetLength
from vibeboard.events import Event, EventType
from vibeboard.screenplay import TimeOfDay
from vibeboard.stage import SetKind

EDIT = SetLength(scene_id="scene", shot_id="shot", seconds=3.0)
ITEM = BreakdownItem(category=Category.PROPS, name="LETTER", lines=(3,))
SCENE = SceneBreakdown(
    scene_id="scene",
    number="1",
    set_kind=next(iter(SetKind)),
    time=next(iter(TimeOfDay)),
    new_place=True,
    eighths=1,
    cast=(),
    items=(ITEM,),
)


def fill(project: Project, mark: str, *, unfinished: bool = False) -> dict[str, str]:
    """Fill a film; the names of its blobs by what they are. `mark` makes its bytes its own."""
    put = {
        name: project.blobs.put(f"{mark} {name}".encode(), "text/plain")
        for name in ("script", "screenplay", "take", "old take", "unit", "unused")
    }
    inner = project.blobs.put(f'{{"inputs": "{put["unit"].sha256}"}}'.encode(), "application/json")
    project.add_revision(put["script"].sha256, 1, put["screenplay"].sha256)
    project.pin({"generate_shot": "previs"})
    project.pin_shots("generate_shot", {"shot": "other"})
    project.keep_setting("request", inner.sha256)
    project.keep_plans({f"plan {mark}": "{}"})
    project.elements.store(Breakdown(scenes=(SCENE,)))
    project.edits.undo("undo", Author.PERSON, project.edits.add("edit", Author.PERSON, EDIT))
    turn = project.chat.begin("longer")
    project.chat.close(turn, ["done"])
    project.chat.answer("q", "yes")
    run = f"run {mark}"
    project.start_run(run, "digest", 1)
    for name in ("old take", "take"):
        key = f"{mark} {name}"
        job = project.jobs.claim(key, "generate_shot", "previs", {"frames": 24}, project.owner)
        result = Result(outputs={"video": put[name]})
        project.jobs.made(job, result, 1.0)
        project.persist(run, "shot", "take", key, result, Event(type=EventType.ASSET_PERSISTED, unit="shot"))
    if not unfinished:
        project.finish_run(run, Event(type=EventType.RUN_FINISHED))
    return {name: ref.sha256 for name, ref in put.items()} | {"inner": inner.sha256}
