"""From a script to the shots of the film: read, break down, plan, each kept by the content that it follows from."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from pydantic import JsonValue

from agents.breakdown import break_down
from agents.planner import PLANNER_REVISION, CastLook, cast_looks, plan_scene
from agents.screenplay import READER_REVISION, carry_ids, read_fountain
from graphs.aliases import with_aliases
from graphs.overlay import Overlay
from graphs.request import MakeRequest
from storage.records import Records
from vibeboard.breakdown import Breakdown, SceneBreakdown
from vibeboard.digest import canonical, content_key
from vibeboard.faults import Rejected
from vibeboard.screenplay import Element, Scene, Screenplay
from vibeboard.shot import ScenePlan, Shot


def read(project: Records, script: str) -> str:
    """A script (the blob of its text) as it was read when it was a revision of the film, also if there are newer ones;
    one that never was becomes the newest. The blob of its `Screenplay`."""
    known = project.revision_of(script, READER_REVISION)
    if known and project.blobs.has(known.screenplay_sha256):
        return known.screenplay_sha256
    return _add(project, script)


def screenplay(project: Records, script: str) -> Screenplay:
    """A script (the blob of its text) as it was read."""
    return Screenplay.model_validate_json(project.blobs.read(read(project, script)))


def make_newest(project: Records, script: str) -> None:
    """Keep a script (the blob of its text) as the newest revision, which it may be already."""
    latest = project.latest_revision()
    if latest is None or (latest.script_sha256, latest.reader) != (script, READER_REVISION):
        _add(project, script)


def _add(project: Records, script: str) -> str:
    """Ids are carried over from the revision before, so that what was not edited keeps its identity."""
    latest = project.latest_revision()
    screenplay = read_fountain(project.blobs.read(script).decode())
    if latest and project.blobs.has(latest.screenplay_sha256):
        previous = Screenplay.model_validate_json(project.blobs.read(latest.screenplay_sha256))
        screenplay = carry_ids(previous, screenplay)
    blob = project.blobs.put(canonical(screenplay), "application/json")
    project.add_revision(script, READER_REVISION, blob.sha256)
    return blob.sha256


def selected(screenplay: Screenplay, ordinals: tuple[int, int] | None) -> tuple[Scene, ...]:
    """The scenes that are asked for, by the first ordinal and the last, from 1; all without.

    Raises:
        Rejected: there are none with such ordinals.
    """
    if ordinals is None:
        return screenplay.scenes
    first, last = ordinals
    scenes = screenplay.scenes[first - 1 : last]
    if not scenes:
        raise Rejected(
            "no_such_scenes",
            f"scenes {first}-{last}: the script has scenes 1 to {len(screenplay.scenes)}; ask for some of these",
        )
    return scenes


def plan(
    project: Records,
    request: MakeRequest,
    screenplay: Screenplay,
    check: Callable[[], None] = lambda: None,
    overlay: Overlay | None = None,
) -> tuple[Breakdown, tuple[ScenePlan, ...]]:
    """The breakdown of the whole script and the plans of the scenes asked for.

    A plan is kept by the content it was made from, lines counted from the heading, so that an edit elsewhere
    neither moves a cut nor asks a model again. The request's edits are laid over it. `check` is called before each
    scene and raises to stop.
    """
    overlay = overlay or Overlay.of(project, request)
    breakdown = break_down(screenplay)
    looks = cast_looks(dict.fromkeys(name for scene in breakdown.scenes for name in scene.cast))
    by_scene = {scene.scene_id: scene for scene in breakdown.scenes}
    questions = [
        PlanQuestion(scene_at_one(scene), by_scene[scene.id], {name: looks[name] for name in by_scene[scene.id].cast})
        for scene in selected(screenplay, request.scenes)
    ]
    keys = [question.key(request, "offline", str(PLANNER_REVISION)) for question in questions]
    kept = project.find_plans(keys)
    fresh: dict[str, str] = {}
    plans: list[ScenePlan] = []
    for key, question, original in zip(keys, questions, selected(screenplay, request.scenes), strict=True):
        check()
        if key not in kept:
            answer = plan_scene(*question, request.fps, request.width / request.height)
            kept[key] = fresh[key] = answer.model_dump_json()
        plan = overlay.lay(*question, ScenePlan.model_validate_json(kept[key]))
        plans.append(moved(plan, original.heading.line - 1))
    project.keep_plans(fresh)
    return with_aliases(breakdown, project, request), tuple(plans)


class PlanQuestion(NamedTuple):
    """What the plan of a scene follows from; the scene has its heading on line 1."""

    scene: Scene
    broken: SceneBreakdown
    cast: dict[str, CastLook]

    def key(self, request: MakeRequest, planner: str, revision: str) -> str:
        """The name of its answer by a planner."""
        question: dict[str, JsonValue] = {
            "scene": self.scene.model_dump(mode="json"),
            "breakdown": _without_lines(self.broken),
            "cast": {name: look.model_dump(mode="json") for name, look in self.cast.items()},
            "fps": request.fps.model_dump(mode="json"),
            "aspect": str(Fraction(request.width, request.height)),
        }
        return content_key("plan_scene", planner, revision, question)


def _without_lines(broken: SceneBreakdown) -> JsonValue:
    """What a plan can depend on: where in the file a prop is named, and which number the scene got, it cannot."""
    data: dict[str, JsonValue] = broken.model_dump(
        mode="json", exclude={"items": {"__all__": {"lines"}}, "number": True}
    )
    return data


def scene_at_one(scene: Scene) -> Scene:
    """The scene as if its heading were on line 1 of the file, without its number."""
    offset = 1 - scene.heading.line
    update = {
        "number": "",
        "heading": _element_moved(scene.heading, offset),
        "elements": tuple(_element_moved(element, offset) for element in scene.elements),
    }
    return scene.model_copy(update=update)


def _element_moved(element: Element, offset: int) -> Element:
    return element.model_copy(update={"line": element.line + offset, "last_line": element.last_line + offset})


def moved(plan: ScenePlan, offset: int) -> ScenePlan:
    """The plan of a scene whose heading stands `offset` lines further down."""

    def moved_shot(shot: Shot) -> Shot:
        update = {"first_line": shot.first_line + offset, "last_line": shot.last_line + offset}
        return shot.model_copy(update=update)

    return plan.model_copy(update={"shots": tuple(moved_shot(shot) for shot in plan.shots)})
