"""Takes that were made before, and how the next build comes to use one of them again."""

from __future__ import annotations

import json

from gpu_runtime.engine import registry
from graphs.cut import CutShot
from graphs.desk import FilmDesk, Planned
from graphs.quote import call_key, why_stale
from graphs.repairs import refused_repairs
from graphs.request import TAKE_TASK, MakeRequest
from graphs.takes import TAKE, take_calls
from storage.takes import Taken
from vibeboard.edits import Reseed
from vibeboard.faults import Rejected


async def activate(desk: FilmDesk, occasion: str, which: str, key: str) -> None:
    """Let a shot use a take again that was made for it.

    A film is what its plan says, so the plan is brought to say it: the take's engine is pinned for the shot, and its
    seed is an edit. The take then has the name that the next build looks for, and nothing is rendered.

    Raises:
        Rejected: there is no such take, its engine is not here any more, or more than engine and seed told it apart.
    """
    planned = await desk.planned()
    placed = planned.shot(which)
    taken = _taken(desk, placed, key)
    seed = int(json.loads(taken.job.params)["seed"])
    _must_be_reached(desk, planned, placed, taken, seed)
    if placed.shot.seed != seed:
        await desk.change(occasion, Reseed(scene_id=placed.scene.id, shot_id=placed.shot.id, seed=seed))
    if desk.request().engine(TAKE_TASK, placed.shot.id).name != taken.job.engine:
        desk.project.pin_shots(TAKE_TASK, {placed.shot.id: taken.job.engine})
    desk.project.takes.take_up(TAKE, placed.shot.id, key)


def _taken(desk: FilmDesk, placed: CutShot, key: str) -> Taken:
    for taken in desk.project.takes.of(TAKE, placed.shot.id):
        if taken.job.key == key:
            return taken
    raise Rejected("no_such_take", f"shot {placed.number} has no take {key}: list its takes")


def _must_be_reached(desk: FilmDesk, planned: Planned, placed: CutShot, taken: Taken, seed: int) -> None:
    """Refuse a take that a build with its engine and its seed would not find."""
    engine = registry().get(taken.job.engine)
    if engine is None or not engine.is_known:
        why = engine.missing() if engine else "its engine is not installed any more"
        raise Rejected("take_unfit", f"this take is by {taken.job.engine}, and a build could not use it: {why}")
    request = _with_engine(desk.request(), placed, taken)
    shot = placed.shot.model_copy(update={"seed": seed})
    call = take_calls(placed._replace(shot=shot), {item.shot.id: item for item in planned.laid}, request)[-1]
    if call.inputs:
        raise Rejected("take_unfit", "this shot goes on from another shot's end, and its takes follow from that one's")
    if call_key(call, {}, engine, refused_repairs(desk.project)) != taken.job.key:
        why = "; ".join(dict.fromkeys(why_stale(call, taken.job, engine, {})))
        raise Rejected(
            "take_unfit", f"this take was made of another plan of the shot ({why}): undo what changed it, then activate"
        )


def _with_engine(request: MakeRequest, placed: CutShot, taken: Taken) -> MakeRequest:
    return request.model_copy(update={"shot_engines": request.shot_engines | {placed.shot.id: taken.job.engine}})
