"""Wan 2.1 and 2.2. What the numbers below come from is in `docs/wan.md`."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pydantic import JsonValue

from gpu_runtime.catalog import wan, wan_adapters
from gpu_runtime.catalog.declare import Adapter, Backbone
from gpu_runtime.engine import Engine, Limits, Quality
from gpu_runtime.needs import Needs
from vibeboard.timing import Rate

P480 = 848 * 480
"""Pixels of a picture that the 480p models are asked for: 832x480 is what they were trained at, this is 16:9."""
P720 = 1280 * 720
P704 = 1280 * 704

_480P = Limits(size_multiple=16, min_size=64, max_size=1280, frames_step=4, frames_offset=1, fps=Rate(num=16))
_720P = Limits(size_multiple=16, min_size=64, max_size=1920, frames_step=4, frames_offset=1, fps=Rate(num=16))
_704P = Limits(size_multiple=32, min_size=64, max_size=1920, frames_step=4, frames_offset=1, fps=Rate(num=24))

_TEXT_ONLY = frozenset({"first_frame", "references", "control", "regions"})
_IMAGE_ONLY = frozenset({"references", "control", "regions"})
_IMAGE_OR_NOT = frozenset({"references", "regions"})

_DISTILLED = _IMAGE_ONLY | {"steps", "guidance", "negative_prompt"}
"""A model that was trained for a few noise levels without guidance has nothing to choose there."""

_NEGATIVE = (
    "blurred, overexposed, washed out, a still picture, flicker, lettering, subtitles, watermark, compression, "
    "deformed hands, deformed faces, extra fingers, extra limbs, a crowd in the background"
)


def _defaults(
    conditioning: str, pixels: int, chunk: int = 81, overlap: int = 1, **sampling: JsonValue
) -> Mapping[str, JsonValue]:
    fixed: dict[str, JsonValue] = {"conditioning": conditioning, "pixels": pixels, "chunk": chunk, "overlap": overlap}
    return MappingProxyType({**fixed, "negative_prompt": _NEGATIVE, **sampling})


def _engine(
    backbone: Backbone,
    quality: Quality,
    limits: Limits,
    defaults: Mapping[str, JsonValue],
    *,
    ignores: frozenset[str] = frozenset(),
    preference: int,
    seconds_per_frame: float,
    name: str = "",
    summary: str = "",
    on_top: tuple[Adapter, ...] = (),
) -> Engine:
    adapters = tuple(adapter.id for adapter in on_top)
    needs = Needs(name or backbone.id, backbone.id, adapters)
    return Engine(
        name=needs.engine,
        task="generate_shot",
        revision=1,
        implementation="gpu_runtime.models.wan.engine:generate_shot",
        summary=summary or backbone.summary,
        quality=quality,
        limits=limits,
        ignores=ignores,
        libraries=("torch", "diffusers", "transformers", "ftfy", "numpy", "pillow", "av"),
        missing=needs.missing,
        variant=needs.variant,
        consumes=needs.adapter_contents,
        missing_here=needs.missing_here,
        elsewhere=needs.elsewhere,
        preference=preference,
        seconds_per_frame=seconds_per_frame,
        backbone=backbone.id,
        spares="gpu_runtime.models.wan.words:spared",
        defaults=MappingProxyType({**defaults, "adapters": [*adapters]}),
    )


vace_small = _engine(
    wan.vace_small,
    Quality.DRAFT,
    _480P,
    _defaults("vace", P480, overlap=9, steps=30, guidance=5.0, shift=3.0),
    preference=3,
    seconds_per_frame=4.9,
)

ti2v = _engine(
    wan.ti2v,
    Quality.DRAFT,
    _704P,
    _defaults("ti2v", P704, chunk=121, steps=50, guidance=5.0, shift=5.0),
    ignores=_IMAGE_OR_NOT,
    preference=2,
    seconds_per_frame=4.5,
)

t2v_small = _engine(
    wan.t2v_small,
    Quality.DRAFT,
    replace(_480P, max_frames=81),
    _defaults("t2v", P480, steps=50, guidance=6.0, shift=8.0),
    ignores=_TEXT_ONLY,
    preference=1,
    seconds_per_frame=3.2,
)

vace_large = _engine(
    wan.vace_large,
    Quality.FINAL,
    _720P,
    _defaults("vace", P720, overlap=9, steps=50, guidance=5.0, shift=5.0),
    preference=6,
    seconds_per_frame=27.5,
)

i2v_experts = _engine(
    wan.i2v_experts,
    Quality.FINAL,
    _720P,
    _defaults("i2v", P720, steps=40, guidance=3.5, guidance_2=3.5, shift=5.0, boundary=0.9),
    ignores=_IMAGE_ONLY,
    preference=5,
    seconds_per_frame=18.2,
)

i2v_few_steps = _engine(
    wan.i2v_experts,
    Quality.DRAFT,
    _480P,
    _defaults(
        "i2v",
        P480,
        steps=4,
        guidance=1.0,
        guidance_2=1.0,
        shift=5.0,
        boundary=0.9,
        noise_levels=[1.0, 0.75, 0.5, 0.25],
    ),
    ignores=_DISTILLED,
    preference=0,
    seconds_per_frame=0.25,
    name="wan2.2-i2v-a14b-4step",
    summary="A first picture and text to video in four steps, two experts with adapters.",
    on_top=(wan_adapters.distilled_high, wan_adapters.distilled_low),
)

i2v_720p = _engine(
    wan.i2v_720p,
    Quality.FINAL,
    _720P,
    _defaults("i2v", P720, steps=40, guidance=5.0, shift=5.0),
    ignores=_IMAGE_ONLY,
    preference=4,
    seconds_per_frame=18.4,
)

i2v_480p = _engine(
    wan.i2v_480p,
    Quality.FINAL,
    _480P,
    _defaults("i2v", P480, steps=40, guidance=5.0, shift=3.0),
    ignores=_IMAGE_ONLY,
    preference=3,
    seconds_per_frame=4.8,
)

t2v_experts = _engine(
    wan.t2v_experts,
    Quality.FINAL,
    replace(_720P, max_frames=81),
    _defaults("t2v", P720, steps=40, guidance=4.0, guidance_2=3.0, shift=12.0, boundary=0.875),
    ignores=_TEXT_ONLY,
    preference=2,
    seconds_per_frame=18.2,
)

t2v_large = _engine(
    wan.t2v_large,
    Quality.FINAL,
    replace(_720P, max_frames=81),
    _defaults("t2v", P720, steps=50, guidance=5.0, shift=5.0),
    ignores=_TEXT_ONLY,
    preference=1,
    seconds_per_frame=22.7,
)
