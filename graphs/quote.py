"""What a build would do, and why, before it does anything."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import JsonValue

from agents.medic.legality import legal_on
from gpu_runtime.engine import Engine
from graphs.chain import Call, StepDone, Unit, UnitDone
from graphs.request import MakeRequest
from graphs.services import Services
from graphs.units import SEGMENT, TAKE
from storage.tables import JobRow
from tools.declare import registry
from vibeboard.asset import Result
from vibeboard.model import Frozen

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
    "burn_in": "slate or timecode moved",
}
_SECONDS_A_LINE = 0.2


class Quoted(Frozen):
    """A unit that is not current: which steps will be made and why, and which are `found`, made before for an older
    cut and only to be taken up again."""

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
    """Sort the units into what stands and what is to be made."""
    judged = [_judge(unit, services) for unit in units]
    return Quote(
        current=tuple(item for item in judged if isinstance(item, UnitDone)),
        todo=tuple(item for item in judged if isinstance(item, Quoted)),
    )


def _judge(unit: Unit, services: Services) -> UnitDone | Quoted:
    steps: dict[str, StepDone] = {}
    found: list[str] = []
    stale: list[Call] = []
    reasons: list[str] = []
    for call in unit.calls:
        active = services.project.active_job(unit.id, call.step)
        done = _known(call, steps, services)
        if done is None:
            stale.append(call)
            reasons += _why(call, active, services.request)
            continue
        steps[call.step] = done
        if active is None or active.key != done.key:
            found.append(call.step)
    if not stale and not found:
        return UnitDone(unit=unit.id, steps=steps)
    return Quoted(
        unit=unit.id,
        label=unit.label,
        steps=tuple(call.step for call in stale),
        found=tuple(found),
        reasons=tuple(dict.fromkeys(reasons)),
        seconds=sum(_cost(call, services.request.engine(call.tool), device=False) for call in stale),
        device_seconds=sum(_cost(call, services.request.engine(call.tool), device=True) for call in stale),
    )


def _known(call: Call, steps: dict[str, StepDone], services: Services) -> StepDone | None:
    """The step's result if it is there already under the name that it would have now."""
    if any(step not in steps for step, _ in call.inputs.values()):
        return None
    key = _key(call, {name: step.result for name, step in steps.items()}, services.request)
    result = services.known(key)
    return StepDone(key=key, result=result) if result else None


def _key(call: Call, results: dict[str, Result], request: MakeRequest) -> str:
    """The name of the call's result, its arguments made legal on the engine as the Medic would."""
    engine = request.engine(call.tool)
    legal = legal_on(engine, engine.limits.violations(call.arguments(results)), call.arguments(results))
    return engine.key(registry()[call.tool].params.model_validate(legal))


def _why(call: Call, active: JobRow | None, request: MakeRequest) -> list[str]:
    if active is None:
        return ["new"]
    engine = request.engine(call.tool)
    if active.engine != engine.name:
        return [f"engine {active.engine} became {engine.name}"]
    before: dict[str, JsonValue] = json.loads(active.params)
    changed = [name for name, value in call.args.items() if name not in engine.ignores and before.get(name) != value]
    if "frames" in changed:
        return [f"length {before.get('frames')} became {call.args['frames']} frames"]
    if changed:
        return [_WORDS.get(name, f"{name} changed") for name in changed]
    return ["its take changed"] if call.step == SEGMENT else ["the program or its files changed"]


def _cost(call: Call, engine: Engine, *, device: bool) -> float:
    """Seconds that the call is expected to take on a worker, or on a device."""
    if bool(engine.backbone) is not device:
        return 0.0
    frames = call.args.get("frames", 0)
    per_frame = engine.seconds_per_frame * (frames if isinstance(frames, int) else 0)
    return per_frame or _SECONDS_A_LINE
