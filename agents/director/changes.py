"""What the director can change of the plan: each tool makes one typed edit, or undoes one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agents.director.declare import Ask, Outcome, director_tool
from agents.director.desk import Changed, Desk
from agents.director.film import Placed, aim_of, line_of, person_of
from agents.director.questions import SCENE, SHOT
from agents.director.words import aim_words, listed
from agents.llm.spelling import spelled
from agents.planner.proposals import ANGLES, MOVEMENTS, SIZES
from vibeboard import edits
from vibeboard.digest import derive_seed
from vibeboard.faults import Rejected
from vibeboard.shot import Angle, Movement, ShotSize


async def _changed(desk: Desk, key: str, edit: edits.Edit) -> Outcome:
    return _told_change(await desk.change(key, edit), "edit")


def _told_change(changed: Changed, what: str) -> Outcome:
    objections = [f"the script supervisor objects: {objection}" for objection in changed.objections]
    left = [f"edit {item.id} is left out then: {item.why}" for item in changed.left]
    stale = f"to be made again: {listed(changed.shots)}"
    lines = (f"{what} {changed.id}", *changed.differences, *objections, *left, stale)
    return Outcome(lines=lines, data=changed.model_dump(mode="json"))


async def _named(desk: Desk, number: str) -> tuple[Placed, dict[str, str]]:
    """A shot, and the ids by which an edit names it."""
    placed = (await desk.film()).shot(number)
    return placed, {"scene_id": placed.scene.id, "shot_id": placed.shot.id}


class SetSizeAsk(Ask):
    shot: str = SHOT
    size: Annotated[ShotSize, spelled(ShotSize, SIZES)]


@director_tool
async def set_size(ask: SetSizeAsk, desk: Desk, key: str) -> Outcome:
    """How much of the people a shot shows."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, edits.SetSize(**ids, size=ask.size))


class SetAngleAsk(Ask):
    shot: str = SHOT
    angle: Annotated[Angle, spelled(Angle, ANGLES)]


@director_tool
async def set_angle(ask: SetAngleAsk, desk: Desk, key: str) -> Outcome:
    """From how high the camera looks."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, edits.SetAngle(**ids, angle=ask.angle))


class SetLensAsk(Ask):
    shot: str = SHOT
    focal_mm: float = Field(ge=16, le=135, description="focal length; the room may not allow it")


@director_tool
async def set_lens(ask: SetLensAsk, desk: Desk, key: str) -> Outcome:
    """The lens of a shot."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, edits.SetLens(**ids, focal_mm=ask.focal_mm))


class MoveCameraAsk(Ask):
    shot: str = SHOT
    movement: Annotated[Movement, spelled(Movement, MOVEMENTS)]
    to: str = Field(
        default="",
        max_length=120,
        description="what it goes to, such as `her eyes` or `the gun`, for a push in, pan, tilt or zoom; what a pull "
        "out comes from",
    )


@director_tool
async def move_camera(ask: MoveCameraAsk, desk: Desk, key: str) -> Outcome:
    """How the camera moves in a shot, and towards what."""
    placed, ids = await _named(desk, ask.shot)
    aim = aim_of(placed.shot, ask.to) if ask.to else None
    return await _changed(desk, key, edits.SetMovement(**ids, movement=ask.movement, aim=aim))


class SetLengthAsk(Ask):
    shot: str = SHOT
    factor: float | None = Field(default=None, ge=0.1, le=10, description="so many times as long: slower is above 1")
    seconds: float | None = Field(default=None, gt=0, le=600, description="or so long")


@director_tool
async def set_length(ask: SetLengthAsk, desk: Desk, key: str) -> Outcome:
    """Make a shot longer (slower) or shorter (faster); its lines stay as long as their words are."""
    _, ids = await _named(desk, ask.shot)
    match ask.factor, ask.seconds:
        case float(factor), None:
            return await _changed(desk, key, edits.ScaleLength(**ids, factor=factor))
        case None, float(seconds):
            return await _changed(desk, key, edits.SetLength(**ids, seconds=seconds))
        case _:
            raise Rejected("unclear", "give either `factor` or `seconds`")


class SetSubjectsAsk(Ask):
    shot: str = SHOT
    people: tuple[str, ...] = Field(min_length=1, max_length=20, description="who is in the frame")


@director_tool
async def set_subjects(ask: SetSubjectsAsk, desk: Desk, key: str) -> Outcome:
    """Who is in the frame. Whoever speaks and is not is heard off-screen."""
    placed, ids = await _named(desk, ask.shot)
    people = dict.fromkeys(person_of(placed.shot, name) for name in ask.people)
    return await _changed(desk, key, edits.SetSubjects(**ids, subjects=tuple(people)))


class DescribeShotAsk(Ask):
    shot: str = SHOT
    text: str = Field(min_length=1, max_length=1000, description="what the shot shows, in the words of the person")


@director_tool
async def describe_shot(ask: DescribeShotAsk, desk: Desk, key: str) -> Outcome:
    """The words that picture models are given for a shot. Only what the person said."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, edits.SetDescription(**ids, text=ask.text))


class RackFocusAsk(Ask):
    shot: str = SHOT
    start: str = Field(min_length=1, max_length=120, description="what is sharp first, such as `the gun`")
    end: str = Field(min_length=1, max_length=120, description="what is sharp then, such as `her face`")
    line: str = Field(min_length=1, max_length=300, description="words of the line at which the focus goes")


@director_tool
async def rack_focus(ask: RackFocusAsk, desk: Desk, key: str) -> Outcome:
    """Let the focus go from one thing to another when a line begins: keys on the camera, for the optics tools."""
    placed, ids = await _named(desk, ask.shot)
    start, end = aim_of(placed.shot, ask.start), aim_of(placed.shot, ask.end)
    line = line_of(placed.shot, ask.line)
    done = await _changed(desk, key, edits.RackFocus(**ids, start=start, end=end, line_id=line.element_id))
    note = f"focus keys from {aim_words(start)} to {aim_words(end)}; the previs draws everything sharp"
    return done.model_copy(update={"lines": (*done.lines, note)})


class CoverSceneAsk(Ask):
    scene: str = SCENE
    shots: int | None = Field(default=None, ge=1, le=200, description="in so many shots")
    tension: int = Field(default=0, ge=0, le=2, description="so many sizes closer towards the end")


@director_tool
async def cover_scene(ask: CoverSceneAsk, desk: Desk, key: str) -> Outcome:
    """Break a scene into so many shots, tighter towards its end if it needs more tension."""
    if ask.shots is None and not ask.tension:
        raise Rejected("unclear", "say how many `shots`, or how much `tension`, 1 or 2")
    placed = (await desk.film()).scene(ask.scene)
    edit = edits.SetCoverage(scene_id=placed[0].scene.id, shots=ask.shots, tension=ask.tension)
    return await _changed(desk, key, edit)


class ContinueShotAsk(Ask):
    shot: str = SHOT
    source: str = Field(
        default="", max_length=40, description="number of the shot that it goes on from; none for the one before it"
    )


@director_tool
async def continue_shot(ask: ContinueShotAsk, desk: Desk, key: str) -> Outcome:
    """Let a shot begin with the last frame of the shot before it in its scene, so that the picture goes on."""
    film = await desk.film()
    placed = film.shot(ask.shot)
    source = film.shot(ask.source) if ask.source else film.before(placed)
    edit = edits.ContinueShot(scene_id=placed.scene.id, shot_id=placed.shot.id, source_id=source.shot.id)
    return await _changed(desk, key, edit)


class OmitShotAsk(Ask):
    shot: str = SHOT


@director_tool
async def omit_shot(ask: OmitShotAsk, desk: Desk, key: str) -> Outcome:
    """Leave a shot out; its lines and action go to its neighbour."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, edits.OmitShot(**ids))


class NewSeedAsk(Ask):
    shot: str = SHOT


@director_tool
async def new_seed(ask: NewSeedAsk, desk: Desk, key: str) -> Outcome:
    """Give a shot a new seed, so that making it gives another take. Making it is a call of its own."""
    placed, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, edits.Reseed(**ids, seed=derive_seed(placed.shot.id, "again", key)))


class UndoEditAsk(Ask):
    edit: int | None = Field(default=None, ge=1, description="number of the edit; none for the last")


@director_tool
async def undo_edit(ask: UndoEditAsk, desk: Desk, key: str) -> Outcome:
    """Undo an edit, or the last one."""
    return _told_change(await desk.undo(key, ask.edit), "undone: edit")


class RedoEditAsk(Ask):
    edit: int | None = Field(default=None, ge=1, description="number of the edit; none for the one undone last")


@director_tool
async def redo_edit(ask: RedoEditAsk, desk: Desk, key: str) -> Outcome:
    """Do an undone edit again."""
    return _told_change(await desk.redo(key, ask.edit), "done again: edit")
