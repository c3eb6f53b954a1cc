"""A film's request made into what an engine can make: its rate, a legal size of the same shape, a legal length.

The film stays what it is; a take is rendered at its engine's numbers, and finishing scales it and retimes it back.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

from gpu_runtime.engine import Engine, Limits
from tools.generate_shot import GenerateShotParams
from vibeboard.retiming import retimed_camera, retimed_region, retimed_stage
from vibeboard.timing import Rate


def fit(engine: Engine, params: GenerateShotParams) -> GenerateShotParams:
    """The request at the engine's own rate, size and length; as it was for an engine that has no rate of its own.

    The new length covers the old one and is longer by less than `frames_step` of the engine's frames. It may exceed the
    engine's `max_frames`; then the call is refused, as nothing shorter would be what was asked for.
    """
    limits = engine.limits
    if limits.fps is None:
        return params
    timed = _retimed(params, limits.fps)
    width, height = nearest_size(limits, _pixels(engine, params), params.width, params.height)
    return timed.model_copy(update={"width": width, "height": height, "frames": covering(limits, timed.frames)})


def _retimed(params: GenerateShotParams, rate: Rate) -> GenerateShotParams:
    ratio = rate.fraction / params.fps.fraction
    if ratio == 1:
        return params
    return params.model_copy(
        update={
            "fps": rate,
            "frames": math.ceil(params.frames * ratio),
            "stage": retimed_stage(params.stage, ratio),
            "camera": retimed_camera(params.camera, ratio),
            "regions": tuple(retimed_region(region, ratio) for region in params.regions),
        }
    )


def covering(limits: Limits, frames: int) -> int:
    """The smallest legal count of frames that is not below `frames`."""
    step, offset = limits.frames_step, limits.frames_offset
    return offset + step * max(math.ceil(Fraction(frames - offset, step)), 0 if offset else 1)


def nearest_size(limits: Limits, pixels: int, width: int, height: int) -> tuple[int, int]:
    """The legal size nearest in shape to `width` x `height`, of at most `pixels` pixels."""
    scale = min(1.0, math.sqrt(pixels / (width * height)))
    sides = (_around(limits, side * scale) for side in (width, height))
    small = [(w, h) for w, h in product(*sides) if w * h <= pixels]
    return min(small, key=lambda size: (abs(math.log(size[0] / size[1] * height / width)), -size[0] * size[1]))


def _around(limits: Limits, side: float) -> set[int]:
    """The legal sides just below and above."""
    multiple = limits.size_multiple
    low, high = math.ceil(limits.min_size / multiple), limits.max_size // multiple
    near = (math.floor(side / multiple), math.ceil(side / multiple))
    return {min(max(units, low), high) * multiple for units in near}


def _pixels(engine: Engine, params: GenerateShotParams) -> int:
    pixels = engine.defaults.get("pixels")
    return pixels if isinstance(pixels, int) else params.width * params.height
