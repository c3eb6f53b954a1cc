"""The demo's shots with every camera on a push in: the worst case for a renderer that keeps what stands still."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import NamedTuple

from agents.screenplay import read_file
from api.making import STATE_FOLDER, workers
from gpu_runtime.placement.embedded import Embedded
from graphs import planning
from graphs.chain import StepDone, Unit, UnitDone
from graphs.cut import CutShot, cut, length
from graphs.request import MakeRequest, pin_engines
from graphs.services import CallContext, Services
from graphs.units import deliverable_units, shot_units
from storage.project import Project
from tools.declare import registry
from vibeboard.asset import Result
from vibeboard.camera import CameraKey, lerp
from vibeboard.shot import Shot


class Measured(NamedTuple):
    film_seconds: float
    seconds: float


def measure(script: Path, output: Path) -> Measured:
    """Render, finish and assemble every shot of the script, its camera moving in all frames."""
    with Project(output / STATE_FOLDER) as project:
        request = MakeRequest(script="", name="moving", engines=pin_engines())
        breakdown, plans = planning.plan(project, request, read_file(script))
        scenes = {scene.id: scene for scene in read_file(script).scenes}
        laid = cut(plans, scenes, {scene.scene_id: scene for scene in breakdown.scenes})
        pushed = [placed._replace(shot=_pushed(placed.shot)) for placed in laid]
        command = [sys.executable, "-m", "api.worker", str(project.root)]
        services = Services(project, Embedded(command, workers(), project.root / "log"), request, "", lambda _: None)
        begin = time.perf_counter()
        asyncio.run(_make(pushed, services))
        return Measured(request.fps.seconds(length(pushed)), time.perf_counter() - begin)


def _pushed(shot: Shot) -> Shot:
    key = shot.camera.keys[0]
    nearer = CameraKey.model_validate(
        {**key.model_dump(), "frame": shot.frames, "position": lerp(key.position, key.target, 0.12)}
    )
    return shot.model_copy(update={"camera": shot.camera.model_copy(update={"keys": (key, nearer)})})


async def _make(laid: list[CutShot], services: Services) -> None:
    try:
        units = shot_units(laid, "moving", services.request)
        done = {item.unit: item for item in await asyncio.gather(*(_unit(unit, services) for unit in units))}
        film = deliverable_units("moving", laid, done, services.request)
        await asyncio.gather(*(_unit(unit, services) for unit in film))
    finally:
        await services.close()


async def _unit(unit: Unit, services: Services) -> UnitDone:
    results: dict[str, Result] = {}
    for place, call in enumerate(unit.calls):
        tool = registry()[call.tool]
        params = tool.params.model_validate(call.arguments(results))
        results[call.step] = await tool.call(params, CallContext(services, unit.id, priority=place))
    return UnitDone(unit=unit.id, steps={step: StepDone(key="", result=result) for step, result in results.items()})
