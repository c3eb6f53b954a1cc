"""From a script to the shots of the film: read, break down, plan, each kept by the content that it follows from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from pydantic import JsonValue

from agents.breakdown import break_down
from agents.planner import PLANNER_REVISION, CastLook, cast_looks, plan_scene
from agents.screenplay import READER_REVISION, carry_ids, read_fountain
from graphs.cut import cut
from graphs.request import MakeRequest
from storage.project import Project
from vibeboard.breakdown import Breakdown, SceneBreakdown
from vibeboard.digest import canonical, content_key
from vibeboard.faults import Rejected
from vibeboard.screenplay import Element, Scene, Screenplay
from vibeboard.shot import ScenePlan, Shot


def read(project: Project, request: MakeRequest) -> str:
    """Read the script and keep it as a revision; the blob of its `Screenplay`.

    Ids are carried over from the revision before, so that what was not edited keeps its identity.
    """
    latest = project.latest_revision()
    if latest and not project.blobs.has(latest.screenplay_sha256):
        latest = None
    if latest and (latest.script_sha256, latest.reader) == (request.script, READER_REVISION):
        return latest.screenplay_sha256
    screenplay = read_fountain(project.blobs.read(request.script).decode())
    if latest:
        previous = Screenplay.model_validate_json(project.blobs.read(latest.screenplay_sha256))
        screenplay = carry_ids(previous, screenplay)
    blob = project.blobs.put(canonical(screenplay), "application/json")
    project.add_revision(request.script, READER_REVISION, blob.sha256)
    return blob.sha256


def selected(screenplay: Screenplay, request: MakeRequest) -> tuple[Scene, ...]:
    """The scenes that are asked for.

    Raises:
        Rejected: there are none with such ordinals.
    """
    if request.scenes is None:
        return screenplay.scenes
    first, last = request.scenes
    scenes = screenplay.scenes[first - 1 : last]
    if not scenes:
        raise Rejected(
            "no_such_scenes",
            f"--scenes {first}-{last}: the script has scenes 1 to {len(screenplay.scenes)}; ask for some of these",
        )
    return scenes


def plan(
    project: Project, request: MakeRequest, screenplay: Screenplay, check: Callable[[], None] = lambda: None
) -> tuple[Breakdown, tuple[ScenePlan, ...]]:
    """The breakdown of the whole script and the plans of the scenes asked for.

    A plan is kept by the content it was made from, lines counted from the heading, so that an edit elsewhere
    neither moves a cut nor asks a model again. `check` is called before each scene and raises to stop.
    """
    breakdown = break_down(screenplay)
    looks = cast_looks(dict.fromkeys(name for scene in breakdown.scenes for name in scene.cast))
    by_scene = {scene.scene_id: scene for scene in breakdown.scenes}
    questions = [
        (scene, scene_at_one(scene), by_scene[scene.id], {name: looks[name] for name in by_scene[scene.id].cast})
        for scene in selected(screenplay, request)
    ]
    keys = [_plan_key(scene, broken, cast, request) for _, scene, broken, cast in questions]
    kept = project.find_plans(keys)
    fresh: dict[str, str] = {}
    plans: list[ScenePlan] = []
    for key, (original, scene, broken, cast) in zip(keys, questions, strict=True):
        check()
        if key not in kept:
            answer = plan_scene(scene, broken, cast, request.fps, request.width / request.height)
            kept[key] = fresh[key] = answer.model_dump_json()
        plans.append(_moved(ScenePlan.model_validate_json(kept[key]), original.heading.line - 1))
    project.keep_plans(fresh)
    return breakdown, tuple(plans)


def _plan_key(scene: Scene, broken: SceneBreakdown, cast: dict[str, CastLook], request: MakeRequest) -> str:
    question: dict[str, JsonValue] = {
        "scene": scene.model_dump(mode="json"),
        "breakdown": _without_lines(broken),
        "cast": {name: look.model_dump(mode="json") for name, look in cast.items()},
        "fps": request.fps.model_dump(mode="json"),
        "aspect": str(Fraction(request.width, request.height)),
    }
    return content_key("plan_scene", "offline", str(PLANNER_REVISION), question)


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


def _moved(plan: ScenePlan, offset: int) -> ScenePlan:
    def moved(shot: Shot) -> Shot:
        update = {"first_line": shot.first_line + offset, "last_line": shot.last_line + offset}
        return shot.model_copy(update=update)

    return plan.model_copy(update={"shots": tuple(moved(shot) for shot in plan.shots)})


def shot_ids(project: Project, request: MakeRequest, numbers: Sequence[str]) -> list[str]:
    """The ids of shots by their numbers, such as `3B`.

    Raises:
        Rejected: there is no shot of some number.
    """
    screenplay = Screenplay.model_validate_json(project.blobs.read(read(project, request)))
    breakdown, plans = plan(project, request, screenplay)
    broken = {scene.scene_id: scene for scene in breakdown.scenes}
    scenes = {scene.id: scene for scene in selected(screenplay, request)}
    by_number = {placed.number.upper(): placed.shot.id for placed in cut(plans, scenes, broken)}
    unknown = [number for number in numbers if number.upper() not in by_number]
    if unknown:
        raise Rejected("no_such_shots", f"--shots {','.join(unknown)}: the film has shots {', '.join(by_number)}")
    return [by_number[number.upper()] for number in numbers]
