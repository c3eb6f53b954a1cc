"""`generate_shot` on a backbone of Wan: words, what steers, noise, denoising, pictures, chunk after chunk."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gpu_runtime.catalog import declare
from gpu_runtime.models.previs.take import Take
from gpu_runtime.models.video import TAKE, from_rgb, writer
from gpu_runtime.models.wan import coding, text
from gpu_runtime.models.wan.chunks import Chunk, chunks, joined
from gpu_runtime.models.wan.condition import Condition, FirstLatent
from gpu_runtime.models.wan.denoise import Denoising, Progress, denoise
from gpu_runtime.models.wan.recipe import Conditioning, Geometry, Recipe, Roles, coding_bytes
from gpu_runtime.models.wan.steering import Steering, first_picture, steer
from gpu_runtime.models.wan.stills import filling, pixels, read_still
from gpu_runtime.run import AdapterUse, DeviceRun, Stage, Step, Work
from gpu_runtime.weights import refusal
from tools.generate_shot import Control, GenerateShotParams
from vibeboard.asset import Result
from vibeboard.digest import canonical
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

Footage = Generator[Stage | Step, None, Tensor]
"""Yields as `Work` does and returns frames `[n, h, w, 3]` uint8."""


class Shot(NamedTuple):
    """All of a shot that its chunks share."""

    params: GenerateShotParams
    recipe: Recipe
    roles: Roles
    geometry: Geometry
    texts: text.Texts
    steering: Steering
    first: Image.Image | None
    references: tuple[Image.Image, ...]
    adapters: tuple[AdapterUse, ...]

    @property
    def parts(self) -> tuple[Chunk, ...]:
        return chunks(self.params.frames, self.recipe.chunk, self.recipe.overlap)


def generate_shot(params: GenerateShotParams, run: DeviceRun) -> Work:
    """Make a shot. Outputs `video` (H.264, no sound) and `scene` (a `Take`, its `renderer` being this engine).

    `frames`, `width`, `height` and `fps` must be legal on the engine: `gpu_runtime.fitting.fit` makes them so.

    Raises:
        Rejected: `unreadable_image`, `unknown_adapter`, `licence`, `prompt_too_long`.
        Transient: `not_finite`.
    """
    shot = yield from prepared(params, run)
    frames = yield from footage(shot, run)
    return _kept(frames, shot.steering.scene, run)


def prepared(params: GenerateShotParams, run: DeviceRun) -> Generator[Stage | Step, None, Shot]:
    """What comes before any noise: pictures read, the previs rendered, words encoded."""
    recipe, roles = Recipe.of(run.engine, params), Roles.of(run.engine)
    adapters = _adapters(recipe, params, roles)
    given = None if params.first_frame is None else read_still(run.input(params.first_frame), "first_frame")
    references = tuple(read_still(run.input(sha256), "references") for sha256 in params.references)
    control = params.control if recipe.conditioning is Conditioning.CONTROL else Control.NONE
    steps = recipe.steps * len(chunks(params.frames, recipe.chunk, recipe.overlap))
    steering = yield from steer(params, run.engine, control, steps)
    negative = recipe.negative_prompt if recipe.guided else None
    texts = yield from text.encode(params.prompt, negative, roles, steps, run)
    first = _first(given, params, recipe, steering)
    return Shot(params, recipe, roles, Geometry.of(run, roles), texts, steering, first, references, adapters)


def footage(shot: Shot, run: DeviceRun) -> Footage:
    """Every chunk after the first goes on from the last frames of the one before. The noise comes from one generator
    on the CPU, so that it is the same for every device."""
    noise = torch.Generator().manual_seed(shot.params.seed)
    film: Tensor | None = None
    for number, chunk in enumerate(shot.parts):
        known = None if film is None else film[-chunk.known :]
        progress = Progress(number * shot.recipe.steps, len(shot.parts) * shot.recipe.steps)
        made = yield from _chunk(shot, chunk, known, noise, progress, run)
        film = joined(film, made, chunk.known)
    assert film is not None
    return film


def _chunk(
    shot: Shot, chunk: Chunk, known: Tensor | None, noise: torch.Generator, progress: Progress, run: DeviceRun
) -> Footage:
    height, width = shot.params.height, shot.params.width
    coding_work = coding_bytes(chunk.frames, height, width)
    before = Step(progress.before, progress.total)
    condition = yield from _condition(shot, chunk, known, coding_work, before, run)
    frames = chunk.frames + condition.lead * shot.geometry.temporal
    shape = shot.geometry.shape(frames, height, width)
    latents = torch.randn(shape, generator=noise, dtype=torch.float32).to(run.device)
    work = shot.geometry.denoise_bytes(shape)
    job = Denoising(shot.recipe, shot.roles, shot.texts, condition, shot.adapters, progress, work, frames)
    latents = yield from denoise(job, latents, run)
    yield Stage("decode", (shot.roles["vae"],), work=coding_work, frames=chunk.frames)
    after = Step(progress.before + shot.recipe.steps, progress.total)
    return (yield from coding.decoded(latents, shot.roles, after, run))


def _condition(
    shot: Shot, chunk: Chunk, known: Tensor | None, work: int, at: Step, run: DeviceRun
) -> Generator[Stage | Step, None, Condition]:
    """What the chunk is given beside the words: from the frames that are known, else from what the call gave."""
    kind, roles = shot.recipe.conditioning, shot.roles
    still = shot.first if known is None else Image.fromarray(known[-1].numpy())
    if kind is Conditioning.TEXT:
        return Condition()
    if kind is Conditioning.FIRST_LATENT and still is None:
        return FirstLatent(None)
    encoders = tuple(roles[role] for role in ("vae", "image_encoder") if role in roles)
    yield Stage("encode", encoders, work=work, frames=chunk.frames)
    if kind is Conditioning.CONTROL:
        given = pixels(still) if known is None and still is not None else known
        control = _control(shot, chunk)
        return (yield from coding.control_video(control, given, shot.references, shot.geometry, roles, at, run))
    assert still is not None
    if kind is Conditioning.FIRST_LATENT:
        return (yield from coding.first_latent(still, roles, at, run))
    return (yield from coding.image_channels(still, chunk.frames, shot.geometry, roles, at, run))


def _control(shot: Shot, chunk: Chunk) -> Tensor:
    if shot.steering.control is None:
        return torch.zeros(1, 3, chunk.frames, shot.params.height, shot.params.width)
    return coding.signed(shot.steering.control[chunk.span])


def _first(
    given: Image.Image | None, params: GenerateShotParams, recipe: Recipe, steering: Steering
) -> Image.Image | None:
    """The picture that the shot starts from. Image models need one, so they take the previs' where none is given; the
    model that can do without takes it unless nothing shall steer."""
    if given is not None:
        return filling(given, params.width, params.height)
    wanted = recipe.conditioning is Conditioning.IMAGE
    wanted |= recipe.conditioning is Conditioning.FIRST_LATENT and params.control is not Control.NONE
    return first_picture(steering.scene) if wanted else None


def _adapters(recipe: Recipe, params: GenerateShotParams, roles: Roles) -> tuple[AdapterUse, ...]:
    """The engine's own, then those that are asked for."""
    fitting = {name: item for name, item in declare.adapters().items() if item.base.id in roles.values()}
    for asked in params.adapters:
        if asked.adapter not in fitting:
            known = ", ".join(fitting) or "none"
            raise Rejected("unknown_adapter", f"adapters: {asked.adapter} is none for this engine; there are: {known}")
        if reason := refusal(fitting[asked.adapter].licence, Settings()):
            raise Rejected("licence", f"adapters: {asked.adapter}: {reason}")
    own = tuple(AdapterUse(adapter=name) for name in recipe.adapters)
    return (*own, *(AdapterUse(adapter=asked.adapter, scale=asked.scale) for asked in params.adapters))


def _kept(frames: Tensor, scene: Take, run: DeviceRun) -> Result:
    path = run.scratch / "take.mp4"
    with writer(path, scene.width, scene.height, scene.fps, TAKE) as write:
        for frame in frames:
            write(from_rgb(frame.numpy()))
    video, data = run.keep(path, "video/mp4"), run.keep_bytes(canonical(scene), "application/json")
    return Result(outputs={"video": video, "scene": data})
