"""The director's desk: the film as planned now, its edits, the price of a build, and the build."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from agents.director.desk import Changed, Made, Offer, ToMake
from agents.director.film import Film, Placed
from agents.director.words import compared
from agents.llm.model import LlmModel
from agents.planner.lint import Finding, lint
from graphs import planning, thinking
from graphs.approval import offer_of
from graphs.chain import Call
from graphs.cut import CutShot, cut
from graphs.make import make
from graphs.overlay import Overlay, keep_edits
from graphs.quote import Quote, Quoted, quote
from graphs.repairs import refused_repairs
from graphs.request import MakeRequest
from graphs.services import Services
from graphs.takes import take_calls
from graphs.units import shot_units
from storage.eventlog import CHAT
from storage.project import Project
from vibeboard.digest import canonical, sha256
from vibeboard.edits import Author, Edit, EditList, Entry, LaidOver, Left
from vibeboard.events import Event
from vibeboard.faults import Rejected
from vibeboard.jobs import Placement
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan

Switch = Callable[[str, Author, int | None, int | None], Entry]
Watching = Callable[[MakeRequest], AbstractContextManager[Callable[[Event], None]]]


class Planned(NamedTuple):
    """A script planned with some edits. `left` are those that could not be laid over."""

    title: str
    laid: list[CutShot]
    plans: tuple[ScenePlan, ...]
    scenes: dict[str, Scene]
    left: list[Left]

    def shot(self, which: str) -> CutShot:
        """A shot by its id, or by its number such as `12A`.

        Raises:
            Rejected: there is no such shot.
        """
        for placed in self.laid:
            if which in (placed.shot.id, placed.number) or which.upper() == placed.number.upper():
                return placed
        known = ", ".join(placed.number for placed in self.laid[:12])
        raise Rejected("no_such_shot", f"the film has no shot {which}: its first are {known or 'none'}")

    def scene(self, which: str) -> Scene:
        """A scene by its id, or by its number.

        Raises:
            Rejected: there is no such scene, or it has no shots.
        """
        for placed in self.laid:
            if which in (placed.scene.id, placed.breakdown.number):
                return placed.scene
        raise Rejected("no_such_scene", f"the film has no scene {which}")


@dataclass
class FilmDesk:
    """`agents.director.desk.Desk` of a project. `request` gives what a build would be asked for now, the script as it
    is now; `planner` and `placement` give new ones, as a build closes its own; `heard` is told what planning logs.
    A film goes into the folder `output`, if there is one. A change is refused if the edits' version is not the one that
    was `seen`, if that is given. A build is made while `making` is held."""

    project: Project
    author: Author
    request: Callable[[], MakeRequest]
    planner: Callable[[], LlmModel | None]
    placement: Callable[[], Placement]
    watching: Watching
    output: Path | None
    gpu_usd_per_hour: float = 0.0
    heard: Callable[[Event], None] = lambda _event: None
    seen: int | None = None
    making: Callable[[], AbstractAsyncContextManager[object]] = contextlib.nullcontext

    async def film(self) -> Film:
        return self._film(await self.planned())

    async def planned(self) -> Planned:
        """The film as planned now with its edits."""
        return await self._planned(self.project.edits.active())

    def _film(self, planned: Planned) -> Film:
        request = self.request()
        placed = [Placed(item.shot, item.number, item.scene, item.breakdown) for item in planned.laid]
        return Film(planned.title, placed, request.fps, request.width / request.height)

    async def _planned(self, edits: EditList) -> Planned:
        request, model = self.request(), self.planner()
        services = Services(self.project, self.placement(), request, CHAT, self.heard, model)
        overlay = Overlay(edits, request)
        try:
            script = await asyncio.to_thread(planning.screenplay, self.project, request.script)
            if model:
                thinking.count_on(model, self.project, CHAT)
                breakdown, plans = await thinking.plan(services, model, script, overlay)
            else:
                work = (self.project, request, script, services.check, overlay)
                breakdown, plans = await asyncio.to_thread(planning.plan, *work)
        finally:
            await services.close()
        scenes = {scene.id: scene for scene in script.scenes}
        laid = cut(plans, scenes, {scene.scene_id: scene for scene in breakdown.scenes})
        return Planned(script.title or request.name, laid, plans, scenes, overlay.left(scenes))

    async def offer(self, shots: Sequence[str]) -> Offer:
        planned = await self.planned()
        film = self._film(planned)
        wanted = {film.shot(number).shot.id for number in shots}
        numbers = {item.shot.id: item.number for item in planned.laid}
        laid = [item for item in planned.laid if not wanted or item.shot.id in wanted]
        todo = (await self.quoted(planned, laid)).todo
        price = offer_of(todo, self.gpu_usd_per_hour)
        return Offer(
            shots=tuple(_to_make(item, numbers[item.unit]) for item in todo),
            cpu_seconds=price.cpu_seconds,
            gpu_seconds=price.gpu_seconds,
            usd=price.usd,
        )

    async def quoted(self, planned: Planned, laid: Sequence[CutShot]) -> Quote:
        """Which of these shots are current, and what a build would make of the others."""
        return await asyncio.to_thread(self._quoted, planned, laid)

    def _quoted(self, planned: Planned, laid: Sequence[CutShot]) -> Quote:
        request, refused = self.request(), refused_repairs(self.project)
        services = Services(self.project, self.placement(), request, CHAT, lambda _event: None, refused=refused)
        wanted = {item.shot.id for item in laid}
        units = [unit for unit in shot_units(planned.laid, planned.title, request) if unit.id in wanted]
        return quote(units, services)

    def edits(self) -> Sequence[Entry]:
        return self.project.edits.entries()

    async def left(self) -> Sequence[Left]:
        return (await self.planned()).left

    async def change(self, key: str, edit: Edit) -> Changed:
        self.project.edits.must_follow(key, self.seen)
        known = self.project.edits.find(key)
        others = [item for item in self.project.edits.active().edits if item.id != known]
        identity = known or max((item.id for item in others), default=0) + 1
        before = await self._planned(EditList(edits=tuple(others)))
        after = await self._planned(EditList(edits=(*others, LaidOver(id=identity, edit=edit))))
        unfit = next((left.why for left in after.left if left.id == identity), "")
        if unfit:
            raise Rejected("edit_unfit", f"that does not fit the plan: {unfit}")
        changed = await asyncio.to_thread(self._compared, identity, before, after)
        if not changed.differences:
            raise Rejected("no_change", "that would change nothing: the shot is so already, or there is no room for it")
        added = self.project.edits.add(key, self.author, edit, self.seen)
        return changed.model_copy(update={"id": added})

    async def undo(self, key: str, edit: int | None) -> Changed:
        return await self._switched(self.project.edits.undo, key, edit)

    async def redo(self, key: str, edit: int | None) -> Changed:
        return await self._switched(self.project.edits.redo, key, edit)

    async def _switched(self, switch: Switch, key: str, edit: int | None) -> Changed:
        self.project.edits.must_follow(key, self.seen)
        before = await self.planned()
        entry = switch(key, self.author, edit, self.seen)
        return await asyncio.to_thread(self._compared, entry.id, before, await self.planned())

    def _compared(self, edit: int, before: Planned, after: Planned) -> Changed:
        lines = compared(self._film(before), self._film(after))
        takes = set(self._takes(before).values())
        shots = tuple(number for number, take in self._takes(after).items() if take not in takes)
        old, new = (set(self._findings(planned)) for planned in (before, after))
        numbers = {item.shot.id: item.number for item in after.laid}
        objections = [
            f"{numbers.get(finding.shot_id, 'the scene')}: {finding.fault}" for finding in sorted(new - old, key=str)
        ]
        known = {item.id for item in before.left}
        left = tuple(item for item in after.left if item.id not in known)
        return Changed(id=edit, shots=shots, differences=lines, objections=tuple(dict.fromkeys(objections)), left=left)

    def _takes(self, planned: Planned) -> dict[str, str]:
        """A name for what each shot's take is made of, by the shot's number."""
        request, film = self.request(), {item.shot.id: item for item in planned.laid}
        return {
            item.number: sha256(
                canonical([self._read(call, item, request) for call in take_calls(item, film, request)])
            )
            for item in planned.laid
        }

    def _read(self, call: Call, item: CutShot, request: MakeRequest) -> list[JsonValue]:
        """A call without what its engine does not read."""
        engine = request.engine(call.tool, call.shot or item.shot.id)
        return [engine.name, {name: value for name, value in call.args.items() if name not in engine.ignores}]

    def _findings(self, planned: Planned) -> list[Finding]:
        request = self.request()
        aspect = request.width / request.height
        return [finding for plan in planned.plans for finding in lint(planned.scenes[plan.scene_id], plan, aspect)]

    async def make(self, shots: Sequence[str]) -> Made:
        async with self.making():
            return await self._make(shots)

    async def _make(self, shots: Sequence[str]) -> Made:
        film = await self.film()
        only = tuple(film.shot(number).shot.id for number in shots)
        request = self.request().model_copy(update={"edits": keep_edits(self.project), "only": only})
        todo = (await self.offer(shots)).shots
        with self.watching(request) as watch:
            await _apart(make(self.project, self.placement(), request, self.output, watch, self.planner()))
        missing = tuple(item.number for item in (await self.offer(())).shots)
        files = () if missing else (str((self.output or Path()) / "film.mp4"),)
        return Made(made=tuple(item.number for item in todo), missing=missing, files=files)


def _to_make(item: Quoted, number: str) -> ToMake:
    seconds = item.seconds + item.device_seconds
    return ToMake(number=number, reasons=item.reasons, renders=item.renders, seconds=round(seconds, 1))


async def _apart(work: Coroutine[Any, Any, object]) -> None:
    """Run a graph of its own from inside a node: in a context that knows nothing of ours, or LangGraph would take it
    for a part of this one and keep its checkpoints with ours."""
    task = asyncio.create_task(work, context=contextvars.Context())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
