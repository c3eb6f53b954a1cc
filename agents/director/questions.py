"""What the director can find out. None of it changes anything."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from agents.director.declare import Ask, Outcome, director_tool
from agents.director.desk import Desk, Offer, ToMake
from agents.director.film import Placed
from agents.director.words import described, listed, numbers_of, told
from vibeboard.counting import counted

SHOT = Field(min_length=1, max_length=40, description="number of the shot, such as 12B")
SCENE = Field(min_length=1, max_length=40, description="number of the scene, such as 3")


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
    shot: str = SHOT


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
    scene: str = SCENE


@director_tool
async def show_scene(ask: ShowSceneAsk, desk: Desk, _key: str) -> Outcome:
    """How long a scene is, and its shots."""
    film = await desk.film()
    placed = film.scene(ask.scene)
    scene, seconds = placed[0], film.seconds(placed)
    head = (
        f"scene {scene.breakdown.number}  {scene.scene.heading.text}  {seconds:.1f} s in {counted(len(placed), 'shot')}"
    )
    rows = [described(item, film.fps)[0] for item in placed]
    data = {
        "scene": scene.breakdown.number,
        "heading": scene.scene.heading.text,
        "seconds": round(seconds, 2),
        "shots": [_shot_data(item, film.seconds([item])) for item in placed],
    }
    return Outcome(lines=(head, *rows), data=data)


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
    head = f"{counted(len(renders), 'shot')} to render, {beside} only to finish again; {price(offer)}"
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
