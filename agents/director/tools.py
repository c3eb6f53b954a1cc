"""What the director can do. Questions first, then edits, then making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated

from pydantic import Field

from agents.director.declare import Ask, DirectorTool, Outcome, director_tool, spending_tool
from agents.director.desk import Changed, Desk, Offer, ToMake
from agents.director.film import Placed, aim_of, line_of, person_of
from agents.director.words import aim_words, described, listed, numbers_of, told
from agents.llm.spelling import spelled
from agents.planner.proposals import ANGLES, MOVEMENTS, SIZES
from vibeboard.digest import derive_seed
from vibeboard.edits import (
    Edit,
    OmitShot,
    RackFocus,
    Reseed,
    ScaleLength,
    SetAngle,
    SetCoverage,
    SetDescription,
    SetLength,
    SetLens,
    SetMovement,
    SetSize,
    SetSubjects,
)
from vibeboard.faults import Rejected
from vibeboard.shot import Angle, Movement, ShotSize

_SHOWN = 60
_SHOT = Field(min_length=1, max_length=40, description="number of the shot, such as 12B")
_SCENE = Field(min_length=1, max_length=40, description="number of the scene, such as 3")


class FindShotsAsk(Ask):
    words: str = Field(min_length=1, max_length=120, description="a person or a thing, such as `red car`")


@director_tool
async def find_shots(ask: FindShotsAsk, desk: Desk, _key: str) -> Outcome:
    """Which shots have a person or a thing, and whether it is seen in them."""
    film = await desk.film()
    used = film.using(ask.words)
    ways = dict.fromkeys(item.how for item in used)
    lines = [f"{how}: {listed([item.placed.number for item in used if item.how == how])}" for how in ways]
    data = [{"shot": item.placed.number, "how": item.how} for item in used]
    return Outcome(lines=tuple(lines) or (f"no shot has {ask.words}",), data=data)


class ShowShotAsk(Ask):
    shot: str = _SHOT


@director_tool
async def show_shot(ask: ShowShotAsk, desk: Desk, _key: str) -> Outcome:
    """What a shot looks like: size, angle, movement, lens, length, who and what is in it, its lines."""
    film = await desk.film()
    placed = film.shot(ask.shot)
    return Outcome(lines=tuple(described(placed, film.fps)), data=_shot_data(placed, film.seconds([placed])))


def _shot_data(placed: Placed, seconds: float) -> dict[str, object]:
    shot = placed.shot
    return {
        "shot": placed.number,
        "scene": placed.breakdown.number,
        "size": str(shot.size),
        "framing": str(shot.framing),
        "angle": str(shot.angle),
        "movement": str(shot.movement),
        "lens_mm": shot.focal_mm,
        "seconds": round(seconds, 2),
        "in_frame": list(shot.subjects),
        "on_set": list(shot.brief.present),
        "things": [prop.id for prop in shot.stage.props],
        "description": shot.description,
        "lines": [{"speaker": line.speaker, "text": line.text, "voice": str(line.voice)} for line in shot.lines],
    }


class ShowSceneAsk(Ask):
    scene: str = _SCENE


@director_tool
async def show_scene(ask: ShowSceneAsk, desk: Desk, _key: str) -> Outcome:
    """How long a scene is, and its shots."""
    film = await desk.film()
    placed = film.scene(ask.scene)
    scene, seconds = placed[0], film.seconds(placed)
    head = f"scene {scene.breakdown.number}  {scene.scene.heading.text}  {seconds:.1f} s in {len(placed)} shots"
    rows = [described(item, film.fps)[0] for item in placed]
    data = {
        "scene": scene.breakdown.number,
        "heading": scene.scene.heading.text,
        "seconds": round(seconds, 2),
        "shots": [_shot_data(item, film.seconds([item])) for item in placed],
    }
    return Outcome(lines=(head, *rows[:_SHOWN]), data=data)


class StaleAsk(Ask):
    shots: tuple[str, ...] = Field(default=(), max_length=400, description="only these shots; none for the whole film")


@director_tool
async def what_is_stale(ask: StaleAsk, desk: Desk, _key: str) -> Outcome:
    """Which shots are not up to date, why, how long making them takes and what it costs."""
    offer = await desk.offer(ask.shots)
    return Outcome(lines=offered(offer), data=offer.model_dump(mode="json"))


def offered(offer: Offer) -> tuple[str, ...]:
    """What a build would do, in lines: the sum first."""
    if not offer.shots:
        return ("every shot is up to date",)
    renders = [item for item in offer.shots if item.renders]
    beside = len(offer.shots) - len(renders)
    head = f"{len(renders)} shots to render, {beside} only to finish again; {price(offer)}"
    reasons = dict.fromkeys("; ".join(item.reasons) for item in renders)
    return (head, *(f"{why}: {listed(_because(renders, why))}" for why in reasons))


def _because(todo: Sequence[ToMake], why: str) -> list[str]:
    return [item.number for item in todo if "; ".join(item.reasons) == why]


def price(offer: Offer) -> str:
    if not offer.gpu_seconds:
        return f"about {offer.cpu_seconds:.0f} s of processor time, no cost"
    return f"about {offer.gpu_seconds:.0f} s of GPU time, {offer.usd:.2f} USD"


class ListEditsAsk(Ask):
    pass


@director_tool
async def list_edits(ask: ListEditsAsk, desk: Desk, _key: str) -> Outcome:
    """All edits of the plan, undone ones included, and those that do not fit the script any more."""
    numbers, left = numbers_of(await desk.film()), {item.id: item.why for item in await desk.left()}
    rows = [
        f"{item.id}  {told(item.edit, numbers)}{'' if item.active else '  (undone)'}"
        f"{f'  (left out: {left[item.id]})' if item.id in left else ''}"
        for item in desk.edits()
    ]
    data = [
        {"edit": item.id, "what": told(item.edit, numbers), "active": item.active, "left_out": left.get(item.id, "")}
        for item in desk.edits()
    ]
    return Outcome(lines=tuple(rows) or ("no edits",), data=data)


async def _changed(desk: Desk, key: str, edit: Edit) -> Outcome:
    return _told_change(await desk.change(key, edit), "edit")


def _told_change(changed: Changed, what: str) -> Outcome:
    objections = [f"the script supervisor objects: {objection}" for objection in changed.objections]
    stale = f"to be made again: {listed(changed.shots)}"
    lines = (f"{what} {changed.id}", *changed.differences, *objections, stale)
    return Outcome(lines=lines, data=changed.model_dump(mode="json"))


async def _named(desk: Desk, number: str) -> tuple[Placed, dict[str, str]]:
    """A shot, and the ids by which an edit names it."""
    placed = (await desk.film()).shot(number)
    return placed, {"scene_id": placed.scene.id, "shot_id": placed.shot.id}


class SetSizeAsk(Ask):
    shot: str = _SHOT
    size: Annotated[ShotSize, spelled(ShotSize, SIZES)]


@director_tool
async def set_size(ask: SetSizeAsk, desk: Desk, key: str) -> Outcome:
    """How much of the people a shot shows."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, SetSize(**ids, size=ask.size))


class SetAngleAsk(Ask):
    shot: str = _SHOT
    angle: Annotated[Angle, spelled(Angle, ANGLES)]


@director_tool
async def set_angle(ask: SetAngleAsk, desk: Desk, key: str) -> Outcome:
    """From how high the camera looks."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, SetAngle(**ids, angle=ask.angle))


class SetLensAsk(Ask):
    shot: str = _SHOT
    focal_mm: float = Field(ge=16, le=135, description="focal length; the room may not allow it")


@director_tool
async def set_lens(ask: SetLensAsk, desk: Desk, key: str) -> Outcome:
    """The lens of a shot."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, SetLens(**ids, focal_mm=ask.focal_mm))


class MoveCameraAsk(Ask):
    shot: str = _SHOT
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
    return await _changed(desk, key, SetMovement(**ids, movement=ask.movement, aim=aim))


class SetLengthAsk(Ask):
    shot: str = _SHOT
    factor: float | None = Field(default=None, ge=0.1, le=10, description="so many times as long: slower is above 1")
    seconds: float | None = Field(default=None, gt=0, le=600, description="or so long")


@director_tool
async def set_length(ask: SetLengthAsk, desk: Desk, key: str) -> Outcome:
    """Make a shot longer (slower) or shorter (faster); its lines stay as long as their words are."""
    if (ask.factor is None) == (ask.seconds is None):
        raise Rejected("unclear", "give either `factor` or `seconds`")
    _, ids = await _named(desk, ask.shot)
    edit = ScaleLength(**ids, factor=ask.factor) if ask.factor else SetLength(**ids, seconds=ask.seconds or 0)
    return await _changed(desk, key, edit)


class SetSubjectsAsk(Ask):
    shot: str = _SHOT
    people: tuple[str, ...] = Field(min_length=1, max_length=20, description="who is in the frame")


@director_tool
async def set_subjects(ask: SetSubjectsAsk, desk: Desk, key: str) -> Outcome:
    """Who is in the frame. Whoever speaks and is not is heard off-screen."""
    placed, ids = await _named(desk, ask.shot)
    people = dict.fromkeys(person_of(placed.shot, name) for name in ask.people)
    return await _changed(desk, key, SetSubjects(**ids, subjects=tuple(people)))


class DescribeShotAsk(Ask):
    shot: str = _SHOT
    text: str = Field(min_length=1, max_length=1000, description="what the shot shows, in the words of the person")


@director_tool
async def describe_shot(ask: DescribeShotAsk, desk: Desk, key: str) -> Outcome:
    """The words that picture models are given for a shot. Only what the person said."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, SetDescription(**ids, text=ask.text))


class RackFocusAsk(Ask):
    shot: str = _SHOT
    start: str = Field(min_length=1, max_length=120, description="what is sharp first, such as `the gun`")
    end: str = Field(min_length=1, max_length=120, description="what is sharp then, such as `her face`")
    line: str = Field(min_length=1, max_length=300, description="words of the line at which the focus goes")


@director_tool
async def rack_focus(ask: RackFocusAsk, desk: Desk, key: str) -> Outcome:
    """Let the focus go from one thing to another when a line begins: keys on the camera, for the optics tools."""
    placed, ids = await _named(desk, ask.shot)
    start, end = aim_of(placed.shot, ask.start), aim_of(placed.shot, ask.end)
    line = line_of(placed.shot, ask.line)
    done = await _changed(desk, key, RackFocus(**ids, start=start, end=end, line_id=line.element_id))
    note = f"focus keys from {aim_words(start)} to {aim_words(end)}; the previs draws everything sharp"
    return done.model_copy(update={"lines": (*done.lines, note)})


class CoverSceneAsk(Ask):
    scene: str = _SCENE
    shots: int | None = Field(default=None, ge=1, le=200, description="in so many shots")
    tension: int = Field(default=0, ge=0, le=2, description="so many sizes closer towards the end")


@director_tool
async def cover_scene(ask: CoverSceneAsk, desk: Desk, key: str) -> Outcome:
    """Break a scene into so many shots, tighter towards its end if it needs more tension."""
    if ask.shots is None and not ask.tension:
        raise Rejected("unclear", "say how many `shots`, or how much `tension`, 1 or 2")
    placed = (await desk.film()).scene(ask.scene)
    edit = SetCoverage(scene_id=placed[0].scene.id, shots=ask.shots, tension=ask.tension)
    return await _changed(desk, key, edit)


class OmitShotAsk(Ask):
    shot: str = _SHOT


@director_tool
async def omit_shot(ask: OmitShotAsk, desk: Desk, key: str) -> Outcome:
    """Leave a shot out; its lines and action go to its neighbour."""
    _, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, OmitShot(**ids))


class NewSeedAsk(Ask):
    shot: str = _SHOT


@director_tool
async def new_seed(ask: NewSeedAsk, desk: Desk, key: str) -> Outcome:
    """Give a shot a new seed, so that making it gives another take. Making it is a call of its own."""
    placed, ids = await _named(desk, ask.shot)
    return await _changed(desk, key, Reseed(**ids, seed=derive_seed(placed.shot.id, "again", key)))


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


class MakeFilmAsk(Ask):
    shots: tuple[str, ...] = Field(default=(), max_length=400, description="only these shots")
    scenes: tuple[str, ...] = Field(default=(), max_length=200, description="only the shots of these scenes")


async def _wanted(ask: MakeFilmAsk, desk: Desk) -> Sequence[str]:
    film = await desk.film()
    shots = [film.shot(number).number for number in ask.shots]
    shots += [placed.number for scene in ask.scenes for placed in film.scene(scene)]
    return tuple(dict.fromkeys(shots))


@spending_tool(_wanted)
async def make_film(ask: MakeFilmAsk, desk: Desk, _key: str) -> Outcome:
    """Make what is not up to date: the whole film, some scenes, or some shots. What costs is asked for first."""
    made = await desk.make(await _wanted(ask, desk))
    lines = [f"made: {listed(made.made)}"]
    if made.missing:
        lines.append(f"the film is put together once these are made too: {listed(made.missing)}")
    return Outcome(lines=(*lines, *made.files), data=made.model_dump(mode="json"))


@cache
def director_tools() -> Mapping[str, DirectorTool]:
    """Every tool declared in this module, by name."""
    found = [value for value in globals().values() if isinstance(value, DirectorTool)]
    return {tool.name: tool for tool in found}
