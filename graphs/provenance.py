"""Where an asset came from: the job that made it, what that job was given, and what the Medic did to it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from agents.medic import Change
from agents.medic.slots import Slot, leaves
from gpu_runtime.engine import Engine, Quality
from gpu_runtime.engine import registry as engines
from graphs.repairs import changes_told
from storage.assets import FilmAsset, FilmAssets
from storage.tables import JobRow
from tools.declare import registry as tools
from vibeboard.events import Event, EventType
from vibeboard.model import Frozen


class Making(Frozen):
    """A job that made an asset of a film. `params` are those that its engine reads and so names its result by; `inputs`
    the assets among them. `revision` is the engine's (with the versions of its libraries), null if this service has
    another one now and so cannot tell. `repairs` are the Medic's, `runs` those that took the result up, in order.
    `seconds` is what the newest attempt took."""

    job: str
    task: str
    engine: str
    quality: Quality | None
    revision: str | None
    params: dict[str, JsonValue]
    seed: int | None
    inputs: tuple[str, ...]
    repairs: tuple[Change, ...]
    seconds: float
    runs: tuple[str, ...]


def makings(assets: FilmAssets, asset: FilmAsset) -> tuple[Making, ...]:
    """Every job that made it for the film, by key."""
    told = assets.happened({use.unit for use in asset.uses}, EventType.CALL_REPAIRED, EventType.ASSET_PERSISTED)
    return tuple(_making(row, told) for _, row in sorted(assets.jobs(asset).items()))


def _making(row: JobRow, told: list[tuple[str, Event]]) -> Making:
    engine, args = engines().get(row.engine), json.loads(row.params)
    read = {name: value for name, value in args.items() if engine and name not in engine.ignores}
    seed = read.get("seed")
    return Making(
        job=row.key,
        task=row.task,
        engine=row.engine,
        quality=engine.quality if engine else None,
        revision=_revision(engine, row, args),
        params=read,
        seed=seed if isinstance(seed, int) else None,
        inputs=inputs_of(row.task, read),
        repairs=_repairs(row.key, told),
        seconds=row.seconds,
        runs=tuple(dict.fromkeys(run for run, event in told if event.data.get("job") == row.key)),
    )


def _revision(engine: Engine | None, row: JobRow, args: Mapping[str, JsonValue]) -> str | None:
    """The revision of now, if the job would have the same name with it."""
    if engine is None or row.task not in tools():
        return None
    try:
        same = engine.key(tools()[row.task].params.model_validate(args)) == row.key
    except ValidationError:
        return None
    return engine.full_revision if same else None


def inputs_of(task: str, args: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The assets that a call of a tool names, each once."""
    if task not in tools():
        return ()
    found = leaves(Slot(tools()[task].params), args)
    return tuple(dict.fromkeys(str(value) for slot, value in found if slot.is_asset and value is not None))


def _repairs(key: str, told: list[tuple[str, Event]]) -> tuple[Change, ...]:
    """Of the run that first took the result up: those of its step since the step's result before."""
    open_repairs: dict[tuple[str, str, str], list[Change]] = {}
    for run, event in told:
        step = (run, event.unit, str(event.data.get("step")))
        if event.type is EventType.CALL_REPAIRED:
            open_repairs.setdefault(step, []).extend(changes_told(event))
        elif event.data.get("job") == key:
            return tuple(open_repairs.get(step, ()))
        else:
            open_repairs.pop(step, None)
    return ()
