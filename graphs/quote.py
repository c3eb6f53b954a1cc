"""What a build would do, and why, before it does anything."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from pydantic import JsonValue

from agents.medic.legality import legal_on
from agents.medic.trail import Trail, changes
from gpu_runtime.engine import Engine
from gpu_runtime.measured import job_seconds, measurements
from gpu_runtime.peaks import Peaks
from graphs.chain import Call, StepDone, Unit, UnitDone
from graphs.request import TAKE_TASK
from graphs.services import Services
from graphs.takes import TAKE
from storage.tables import JobRow
from tools.declare import registry
from vibeboard.asset import Result
from vibeboard.model import Frozen
from vibeboard.settings import Settings

_WORDS = {
    "stage": "blocking, set or cast changed",
    "camera": "camera changed",
    "seed": "new seed",
    "width": "size changed",
    "height": "size changed",
    "fps": "frame rate changed",
    "text": "words changed",
    "speaker": "speaker changed",
    "voice": "voice changed",
    "take": "its take changed",
    "scene": "its take changed",
    "first_frame": "it begins with another picture",
    "burn_in": "slate or timecode moved",
}
_SECONDS_A_LINE = 0.2
Used = Mapping[tuple[str, str], JobRow]
"""What a film uses now, by unit and step."""


class Quoted(Frozen):
    """A unit that is not current: which steps will be made and why, and which are `found`, made before for an older
    cut and only to be taken up again. `seconds` are those of one worker, `device_seconds` those of a GPU."""

    unit: str
    label: str
    steps: tuple[str, ...]
    found: tuple[str, ...]
    reasons: tuple[str, ...]
    seconds: float
    device_seconds: float = 0.0

    @property
    def renders(self) -> bool:
        """Whether a picture is made again, and not only what is laid over or beside it."""
        return TAKE in self.steps


class Quote(Frozen):
    """`current` units need nothing. Previs costs no money."""

    current: tuple[UnitDone, ...]
    todo: tuple[Quoted, ...]


def quote(units: Sequence[Unit], services: Services) -> Quote:
    """Sort the units into what stands and what is to be made. A take that several need counts for the first of them."""
    peaks, counted, used = measurements(Settings()), set[str](), services.project.active_jobs()
    judged = [_judge(unit, services, peaks, counted, used) for unit in units]
    return Quote(
        current=tuple(item for item in judged if isinstance(item, UnitDone)),
        todo=tuple(item for item in judged if isinstance(item, Quoted)),
    )


def _judge(unit: Unit, services: Services, peaks: Peaks, counted: set[str], used: Used) -> UnitDone | Quoted:
    steps: dict[str, StepDone] = {}
    found: list[str] = []
    stale: list[Call] = []
    reasons: list[str] = []
    for call in unit.calls:
        active = used.get((unit.id, call.step))
        engine = services.request.engine(call.tool, unit.owner(call))
        done = _known(call, steps, services, engine)
        if done is None:
            stale.append(call)
            reasons += why_stale(call, active, engine, steps)
            continue
        steps[call.step] = done
        if active is None or active.key != done.key:
            found.append(call.step)
    if not stale and not found:
        return UnitDone(unit=unit.id, steps=steps)
    owned = [(call, unit.owner(call)) for call in stale]
    fresh = [(call, owner) for call, owner in owned if call.tool != TAKE_TASK or owner not in counted]
    counted.update(owner for call, owner in owned if call.tool == TAKE_TASK)
    costs = [_cost(call, services.request.engine(call.tool, owner), peaks) for call, owner in fresh]
    return Quoted(
        unit=unit.id,
        label=unit.label,
        steps=tuple(call.step for call in stale),
        found=tuple(found),
        reasons=tuple(dict.fromkeys(reasons)),
        seconds=sum(cost for on_device, cost in costs if not on_device),
        device_seconds=sum(cost for on_device, cost in costs if on_device),
    )


def _known(call: Call, steps: dict[str, StepDone], services: Services, engine: Engine) -> StepDone | None:
    """The step's result if it is there already under the name that it would have now."""
    if any(step not in steps for step, _ in call.inputs.values()):
        return None
    key = call_key(call, {name: step.result for name, step in steps.items()}, engine, services.refused)
    result = services.known(key) if key else None
    return StepDone(key=key, result=result) if result else None


def call_key(call: Call, results: dict[str, Result], engine: Engine, refused: Collection[str]) -> str:
    """The name of the call's result, its arguments made legal on the engine as the Medic would; none if a person
    refused how."""
    args = call.arguments(results)
    legal = legal_on(engine, engine.limits.violations(args), args)
    if any(change.id in refused for change in changes(call.tool, args, legal, Trail())):
        return ""
    return engine.key(registry()[call.tool].params.model_validate(legal))


def why_stale(call: Call, active: JobRow | None, engine: Engine, steps: Mapping[str, StepDone]) -> list[str]:
    """Why a call is to be made, `steps` being those before it that stand. What is made again for another shot is that
    shot's to explain."""
    if call.shot:
        return []
    if active is None:
        return ["new"]
    if active.engine != engine.name:
        return [f"engine {active.engine} became {engine.name}"]
    before: dict[str, JsonValue] = json.loads(active.params)
    given = [name for name, value in call.args.items() if name not in call.inputs]
    changed = [name for name in given if name not in engine.ignores and before.get(name) != call.args[name]]
    if "frames" in changed:
        return [f"length {before.get('frames')} became {call.args['frames']} frames"]
    if changed:
        return [_WORDS.get(name, f"{name} changed") for name in changed]
    return _came(call, before, steps) or ["the program or its files changed"]


def _came(call: Call, before: Mapping[str, JsonValue], steps: Mapping[str, StepDone]) -> list[str]:
    """Which inputs are others than those of the call `before`, or are to be made again."""
    now = {name: steps[step].result.outputs[role].sha256 for name, (step, role) in call.inputs.items() if step in steps}
    other = [name for name in call.inputs if name not in now or now[name] != before.get(name)]
    if "first_frame" in other and before.get("first_frame"):
        return ["the take that it goes on from changed"]
    return [_WORDS[name] for name in other]


def _cost(call: Call, engine: Engine, peaks: Peaks) -> tuple[bool, float]:
    """Whether the call is for a device, and the seconds that it is expected to take there or on a worker."""
    if engine.backbone:
        return True, job_seconds(peaks, engine, call.args)
    frames = call.args.get("frames", 0)
    per_frame = engine.seconds_per_frame * (frames if isinstance(frames, int) else 0)
    return False, per_frame or _SECONDS_A_LINE
