"""The episode trace: what a film of 15 scenes asks of one card, and what a person edits meanwhile.

The model is assumed, not recorded: service times, component sizes and arrival patterns are those of the project's
notes on scheduling, so that policies can be compared; only the orders and waits that follow are measured. Reshoot and
portrait are adapters over Wan 14B here, as the trace was defined; the released checkpoints sit on other transformers.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from vibeboard.jobs import JobClass

GB = 1_000_000_000
SCENES, SHOTS = 15, 8
CHARACTERS = tuple(f"character {number}" for number in range(6))

SIZES_GB: Mapping[str, float] = {
    "wan14b": 28.0, "flux": 23.8, "umt5": 11.0, "t5xxl": 9.5, "spatia-5b": 10.0, "qc": 1.7, "depth": 1.3,
    "genfocus": 1.2, "optics": 1.0, "seg": 0.9, "pose": 0.3, "upscale": 0.2, "flow": 0.1, "distill": 0.7,
    "infcam": 2.2, "flashportrait": 3.1, **dict.fromkeys(CHARACTERS, 0.35),
}  # fmt: skip
"""Sizes in bf16. An adapter counts as a small component."""
BACKBONES = ("wan14b", "flux", "spatia-5b")
"""What a swap is counted for."""
HALVED = ("wan14b", "flux", "umt5", "t5xxl", "spatia-5b")
"""What the fp8 variant stores in half the bytes."""


class Part(NamedTuple):
    """A stage: what it holds, its activations, and its share of the service and of the steps."""

    weights: tuple[str, ...]
    work_gb: float
    share: float
    steps: int


class Kind(NamedTuple):
    """A task of the trace. `character` adds the shot's character adapter to the last part."""

    family: str
    seconds: float
    parts: tuple[Part, ...]
    character: bool = False


_WAN_TEXT = Part(("umt5",), 2.0, 0.03, 1)
_FLUX_TEXT = Part(("t5xxl",), 2.0, 0.05, 1)
KINDS: Mapping[str, Kind] = {
    # a picture: text, then 20 steps
    "board": Kind("flux", 14, (_FLUX_TEXT, Part(("flux",), 4.0, 0.95, 20))),
    # a new prompt is encoded; 4 distilled steps of about 9 s, the coarsest of all, and the character's adapter
    "draft": Kind("wan14b", 38, (_WAN_TEXT, Part(("wan14b", "distill"), 6.0, 0.97, 4)), character=True),
    "qc": Kind("qc", 2, (Part(("qc",), 2.0, 1.0, 1),)),
    # Spatia conditions on text with the encoder that all Wan models share
    "set": Kind("spatia-5b", 45, (_WAN_TEXT, Part(("spatia-5b",), 6.0, 0.97, 20))),
    # head poses come from a small detector; the draft's prompt embedding is kept
    "portrait": Kind(
        "wan14b", 55, (Part(("pose",), 2.0, 0.04, 1), Part(("wan14b", "flashportrait"), 8.0, 0.96, 20)), character=True
    ),
    # the camera is moved with a depth map; the draft's prompt embedding is kept
    "reshoot": Kind("wan14b", 60, (Part(("depth",), 2.0, 0.03, 1), Part(("wan14b", "infcam"), 8.0, 0.97, 20))),
    "mask": Kind("seg", 2, (Part(("seg",), 2.0, 1.0, 1),)),
    "lens": Kind("optics", 3, (Part(("depth", "optics"), 2.0, 1.0, 1),)),
    # refocusing is an adapter over Flux, the board's prompt embedding is kept
    "rack": Kind("flux", 16, (Part(("depth",), 2.0, 0.06, 1), Part(("flux", "genfocus"), 4.0, 0.94, 20))),
    # 40 full steps, the draft's prompt embedding is kept
    "final": Kind("wan14b", 290, (Part(("wan14b",), 10.0, 1.0, 40),), character=True),
    "upscale": Kind("upscale", 9, (Part(("upscale", "flow"), 6.0, 1.0, 9),)),
    # not of the episode: the long 720p job of a variant
    "long": Kind("wan14b", 1200, (_WAN_TEXT, Part(("wan14b",), 10.0, 0.97, 50))),
}
CHANCES: Mapping[str, float] = {
    "board": 1.0, "draft": 1.0, "qc": 1.0, "set": 0.2, "portrait": 0.25, "reshoot": 0.2, "mask": 0.6, "lens": 0.4,
    "rack": 0.15, "final": 0.3,
}  # fmt: skip
"""The chain of a shot, in this order, each link with its chance; what was made final is upscaled."""
EDITS: Mapping[str, int] = {"lens": 4, "mask": 3, "rack": 2, "board": 2, "draft": 1}


@dataclass(frozen=True)
class Task:
    """`service` in seconds is what it takes, KINDS what is expected. `cancel_after` seconds somebody gives it up."""

    key: str
    kind: str
    job_class: JobClass
    service: float
    parts: tuple[Part, ...]
    cancel_after: float | None = None


class Arrival(NamedTuple):
    """Tasks of which each is submitted when the one before has ended, the first at `time` seconds."""

    time: float
    chain: tuple[Task, ...]


class Variant(NamedTuple):
    """How a trace differs from the plain one. `spread` stretches the releases of scenes."""

    name: str
    spread: float = 1.0
    fp8: bool = False
    cancelled: float = 0.0
    long_job: bool = False
    crash_at: float | None = None

    def sizes(self) -> dict[str, int]:
        factor = 0.5 if self.fp8 else 1.0
        return {name: int(gb * GB * (factor if name in HALVED else 1.0)) for name, gb in SIZES_GB.items()}


def episode(seed: int, variant: Variant) -> list[Arrival]:
    """One day's work. Scenes come one by one, a person edits in bursts for two and a half hours."""
    chance = random.Random(seed)
    arrivals = [arrival for scene in range(SCENES) for arrival in _scene(scene, variant, chance)]
    arrivals += _edits(chance)
    if variant.long_job:
        arrivals.append(Arrival(1800.0, (_task("long", "long", JobClass.BATCH, chance),)))
    if variant.cancelled:
        arrivals = [_with_cancels(arrival, variant.cancelled, chance) for arrival in arrivals]
    return sorted(arrivals, key=lambda arrival: arrival.time)


def _scene(scene: int, variant: Variant, chance: random.Random) -> list[Arrival]:
    time = scene * chance.uniform(240.0, 420.0) * variant.spread
    return [Arrival(time, _shot(f"{scene}.{shot}", chance)) for shot in range(SHOTS)]


def _shot(name: str, chance: random.Random) -> tuple[Task, ...]:
    kinds = [kind for kind, likely in CHANCES.items() if chance.random() < likely]
    kinds += ["upscale"] if "final" in kinds else []
    character = chance.choice(CHARACTERS)
    classes = {"final": JobClass.FINAL}
    return tuple(_task(f"{name} {kind}", kind, classes.get(kind, JobClass.BATCH), chance, character) for kind in kinds)


def _edits(chance: random.Random) -> list[Arrival]:
    """Bursts of 2 to 7 edits about 25 s apart; about 260 s after the last of a burst comes the next burst."""
    edits: list[Arrival] = []
    time = chance.expovariate(1 / 260)
    while time < 9000.0:
        for _ in range(chance.randint(2, 7)):
            (kind,) = chance.choices(list(EDITS), list(EDITS.values()))
            task = _task(f"edit {len(edits)} {kind}", kind, JobClass.INTERACTIVE, chance, chance.choice(CHARACTERS))
            edits.append(Arrival(time, (task,)))
            time += chance.expovariate(1 / 25)
        time += chance.expovariate(1 / 260)
    return edits


def _task(key: str, kind: str, job_class: JobClass, chance: random.Random, character: str = CHARACTERS[0]) -> Task:
    declared = KINDS[kind]
    *first, last = declared.parts
    if declared.character:
        last = last._replace(weights=(*last.weights, character))
    return Task(key, kind, job_class, declared.seconds * chance.uniform(0.85, 1.15), (*first, last))


def _with_cancels(arrival: Arrival, share: float, chance: random.Random) -> Arrival:
    """Some are given up, most of them while they wait; what would have followed them is not asked for."""
    chain: list[Task] = []
    for task in arrival.chain:
        if chance.random() < share:
            chain.append(replace(task, cancel_after=chance.uniform(0.0, 600.0)))
            break
        chain.append(task)
    return arrival._replace(chain=tuple(chain))
