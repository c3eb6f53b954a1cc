"""What a job on a device is expected to take here: as measured, or as its engine declares until something was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpu_runtime.engine import Engine
from gpu_runtime.engine import registry as engines
from gpu_runtime.peaks import Peaks
from vibeboard.settings import Settings

WHOLE_JOB = "job"
"""The stage under which a job is remembered from its start to its end, time in the queue left out."""


def measurements(settings: Settings) -> Peaks:
    """What this machine has measured so far."""
    return Peaks(cache_folder(settings) / "peaks.json")


def cache_folder(settings: Settings) -> Path:
    """Beside the weights: what can be made again."""
    return settings.models_folder / ".cache"


def job_seconds(peaks: Peaks, engine: Engine, params: Mapping[str, Any]) -> float:
    """Seconds of service that a request is expected to need."""
    frames = params.get("frames")
    declared = engine.seconds_per_frame * (frames if isinstance(frames, int) else 1)
    return peaks.seconds(engine.name, WHOLE_JOB, volume(params), declared)


def step_seconds() -> float:
    """The longest time between two points at which a job can make way, in seconds: a step over a whole chunk, by what
    engines declare."""
    return max(_declared_step(engine) for engine in engines().values() if engine.backbone)


def _declared_step(engine: Engine) -> float:
    recipe: dict[str, Any] = dict(engine.defaults)
    seconds: float = engine.seconds_per_frame * recipe["chunk"] / recipe["steps"]
    return seconds


def volume(params: Mapping[str, Any]) -> int:
    """Pixels times frames of a request, which its memory and its time grow with."""
    pixels = 1
    for name in ("width", "height", "frames"):
        number = params.get(name)
        pixels *= number if isinstance(number, int) else 1
    return pixels
