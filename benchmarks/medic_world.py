"""The world of the Medic's benchmark: calls that fail as real ones do, on a simulated clock, and the four verdicts."""

from __future__ import annotations

import json
import wave
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from pydantic import ValidationError

from agents.acceptance import probe
from agents.medic.legality import AREA_TOLERANCE, ASPECT_TOLERANCE, LENGTH_TOLERANCE
from agents.medic.slots import Slot, fields, leaves
from gpu_runtime.engine import Engine, Limits
from gpu_runtime.executor import validation_fault
from storage.blobs import FolderBlobs
from tools.declare import Tool, registry
from vibeboard.asset import Result
from vibeboard.digest import sha256
from vibeboard.faults import Failure, Fault, FaultKind
from vibeboard.timing import Rate

POISON = ("black", "silent", "truncated", "short", "frozen")
WAN_LIKE = Limits(size_multiple=16, frames_step=4, frames_offset=1, max_frames=241)


class Wants(StrEnum):
    REPAIR = "repair"
    ESCALATE = "escalate"


class Verdict(StrEnum):
    REPAIRED = "repaired"
    INTENT_CHANGED = "intent changed"
    BAD_PERSISTED = "bad result persisted"
    ESCALATED = "properly escalated"
    WASTEFUL = "escalated after what should not be tried"
    GAVE_UP = "gave up"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Case:
    """One faulty call. `args` as sent, `meant` as a person would have them (none: nothing can be right); `script` the
    outcomes of the jobs one after the other, the last for ever if `forever`; `assets` names to ids, `newer` ids to the
    ones that took their place; `free` arguments that nobody asked for by value."""

    fault: str
    seed: int
    tool: str
    args: dict[str, Any] | str
    meant: dict[str, Any] | None
    wants: Wants = Wants.REPAIR
    limits: Limits = field(default_factory=Limits)
    script: tuple[str, ...] = ()
    forever: bool = False
    assets: Mapping[str, str] = field(default_factory=dict)
    newer: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    own: Tool | None = None

    @property
    def declared(self) -> Tool:
        return self.own or registry()[self.tool]

    @property
    def engine(self) -> Engine:
        return Engine(
            name="engine", task=self.tool, revision=1, implementation="none:none", summary="", limits=self.limits
        )

    def named(self) -> Mapping[str, str]:
        return self.assets

    def newest(self, sha256: str) -> str:
        return self.newer.get(sha256, sha256 if sha256 in self.assets.values() else "")


_FAULTS = {
    "network": (FaultKind.TRANSIENT, "network", "connection reset by peer", None),
    "rate_limit": (FaultKind.TRANSIENT, "rate_limit", "rate limit reached, please retry after 12 s (1002)", None),
    "throttled": (FaultKind.TRANSIENT, "rate_limit", "token limit (1039)", 20.0),
    "oom": (FaultKind.TRANSIENT, "out_of_memory", "memory ran out before the job could begin to use it", None),
    "hang": (FaultKind.TRANSIENT, "hang", "no sign of life for 120 s", None),
    "auth": (FaultKind.REJECTED, "auth", "login fail: please carry the API key (1004)", None),
    "balance": (FaultKind.REJECTED, "balance", "insufficient balance (1008)", None),
    "policy": (FaultKind.REJECTED, "policy", "input new_sensitive: please rewrite the prompt (1026)", None),
}


@dataclass
class World:
    """Takes calls of one case and counts them."""

    case: Case
    blobs: FolderBlobs
    clock: float = 0.0
    submits: int = 0
    jobs: int = 0
    llm_calls: int = 0
    made: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""

    def submit(self, args: Any) -> None:
        """Make the call. Afterwards `made` and `outcome` say what came of it.

        Raises:
            Failure: as the runtime and the providers would.
        """
        self.submits += 1
        self.outcome = ""
        case, data = self.case, self._read(args)
        try:
            params = case.declared.params.model_validate(data)
        except ValidationError as error:
            raise Failure(validation_fault(error)) from error
        plain = params.model_dump(mode="json")
        if wrong := case.limits.violations(plain):
            message = f"the engine cannot do {wrong[0].path} {wrong[0].got}: it needs {wrong[0].expected}"
            raise Failure(Fault(kind=FaultKind.REPAIRABLE, code="not_legal_on_engine", message=message, fields=wrong))
        self._references(plain)
        self.jobs += 1
        step = min(self.jobs, len(case.script)) - 1 if case.forever else self.jobs - 1
        outcome = case.script[step] if 0 <= step < len(case.script) else "good"
        if outcome in _FAULTS:
            kind, code, message, after = _FAULTS[outcome]
            raise Failure(Fault(kind=kind, code=code, message=message, retry_after_s=after))
        self.made, self.outcome = plain, outcome

    def _read(self, args: Any) -> Any:
        if not isinstance(args, str):
            return args
        try:
            return json.loads(args, object_pairs_hook=_once)
        except ValueError as error:
            message = f"invalid function arguments json string: {error} (2013)"
            raise Failure(Fault(kind=FaultKind.REPAIRABLE, code="invalid_json", message=message)) from error

    def _references(self, plain: dict[str, Any]) -> None:
        if not self.case.assets:
            return
        for slot, value in leaves(Slot(type=self.case.declared.params), plain):
            newest = self.case.newest(value) if slot.is_asset else value
            if newest == value:
                continue
            code = "stale_asset" if newest else "missing_asset"
            message = f"{slot.path}: {value[:12]} {'was superseded' if newest else 'does not exist'}"
            raise Failure(Fault(kind=FaultKind.REJECTED, code=code, message=message))

    def probed(self) -> Fault | None:
        """The real probe on a real file, for what the script spoils."""
        if self.outcome == "good" and not set(self.case.script) & set(POISON):
            return None
        media = "video/mp4" if self.case.declared.produces == "video" else "audio/wav"
        ref = self.blobs.put(_file(self.case.tool, self.outcome, json.dumps(self.made, sort_keys=True)), media)
        params = self.case.declared.params.model_validate(self.made)
        return probe(self.case.declared, params, Result(outputs={"main": ref}), self.blobs)


@cache
def _file(tool: str, outcome: str, made: str) -> bytes:
    """A small real file, good or spoilt."""
    asked = json.loads(made)
    return _video(asked, outcome) if tool == "generate_shot" else _sound(asked, outcome)


def _video(asked: dict[str, Any], outcome: str) -> bytes:
    buffer, rate = BytesIO(), Rate.model_validate(asked["fps"])
    frames = asked["frames"] - (4 if outcome == "short" else 0)
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate.fraction, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = asked["width"], asked["height"], "yuv420p"
        for at in range(frames):
            level = 16 if outcome == "black" else 180 if outcome == "frozen" else 60 + 3 * at % 160
            picture = np.full((asked["height"], asked["width"]), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "gray8")))
        container.mux(stream.encode())
    data = buffer.getvalue()
    return data[: len(data) // 2] if outcome == "truncated" else data


def _sound(asked: dict[str, Any], outcome: str) -> bytes:
    rate = Rate.model_validate(asked["fps"])
    count = round(48000 * (asked["frames"] - (2 if outcome == "short" else 0)) * rate.den / rate.num)
    wave_form = np.sin(np.arange(count) * 0.05) * (0 if outcome == "silent" else 8000)
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(wave_form.astype("<i2").tobytes())
    data = buffer.getvalue()
    return data[: len(data) // 2] if outcome == "truncated" else data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name is given twice; which of two values counts is nobody's guess."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name is given twice")
    return made


def judge(case: Case, world: World, ended: str) -> Verdict:
    """What a run of a system came to. `ended` is `success`, `escalated` or `crashed`."""
    if ended == "crashed":
        return Verdict.CRASHED
    if ended == "escalated":
        if case.wants is Wants.REPAIR:
            return Verdict.GAVE_UP
        return Verdict.WASTEFUL if _wasteful(case, world) else Verdict.ESCALATED
    if world.outcome in POISON:
        return Verdict.BAD_PERSISTED
    if case.meant is None or not keeps_intent(case, world.made):
        return Verdict.INTENT_CHANGED
    return Verdict.REPAIRED


def _wasteful(case: Case, world: World) -> bool:
    """Whether somebody tried again, or asked a model, where a person has to act at once."""
    stops = set(case.script) & {"auth", "balance", "policy"}
    return (bool(stops) and (world.jobs > len(case.script) or world.llm_calls > 0)) or world.jobs > 8


def keeps_intent(case: Case, made: Mapping[str, Any]) -> bool:
    """The intent predicate: duration within 6 %, aspect 4 %, area 8 %; a free seed may differ; all else is equal."""
    meant = case.declared.params.model_validate(case.meant).model_dump(mode="json")
    near = {"frames", "fps", "width", "height"} & set(fields(Slot(type=case.declared.params)))
    if any(made[name] != value for name, value in meant.items() if name not in near and name not in case.free):
        return False
    return _same_time(meant, made) and _same_picture(meant, made)


def _same_time(meant: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    if "frames" not in meant:
        return True
    seconds = [
        values["frames"] / (Rate.model_validate(values["fps"]).fraction if "fps" in values else 1)
        for values in (meant, made)
    ]
    return abs(float(seconds[1] / seconds[0]) - 1) <= LENGTH_TOLERANCE


def _same_picture(meant: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    if "width" not in meant:
        return True
    area = made["width"] * made["height"] / (meant["width"] * meant["height"])
    aspect = made["width"] / made["height"] / (meant["width"] / meant["height"])
    return abs(area - 1) <= AREA_TOLERANCE and abs(aspect - 1) <= ASPECT_TOLERANCE


@dataclass
class Tally:
    """Verdicts of one system over many cases."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    by_fault: dict[str, Counter[Verdict]] = field(default_factory=dict)
    wants: Counter[Wants] = field(default_factory=Counter)
    llm_calls: int = 0
    jobs: int = 0
    wasted: int = 0
    waited_s: float = 0.0

    def add(self, case: Case, world: World, ended: str) -> Verdict:
        verdict = judge(case, world, ended)
        self.verdicts[verdict] += 1
        self.by_fault.setdefault(case.fault, Counter())[verdict] += 1
        self.wants[case.wants] += 1
        self.llm_calls += world.llm_calls
        self.jobs += world.jobs
        self.wasted += max(0, world.jobs - _needed(case))
        self.waited_s += world.clock
        return verdict


def _needed(case: Case) -> int:
    """How many jobs the best possible run takes."""
    if case.wants is Wants.ESCALATE:
        return 1 if case.script else 0
    return len(case.script) + 1


def asset(name: str) -> str:
    return sha256(name.encode())


def blobs_in(folder: Path) -> FolderBlobs:
    return FolderBlobs(folder)
