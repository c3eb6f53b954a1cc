"""The denoising loop, which can be left and gone on with between any two steps.

It is diffusers' pipelines' own loop over the same modules and schedulers; what they hold in a call is held in local
variables of a generator here. The scheduler is made for the job, as it has a memory (UniPC, arXiv 2302.04867).
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler
from torch import Tensor

from gpu_runtime.models.wan.condition import Condition
from gpu_runtime.models.wan.recipe import Recipe, Roles
from gpu_runtime.models.wan.text import Texts
from gpu_runtime.run import AdapterUse, DeviceRun, Stage, Step
from vibeboard.faults import Rejected, Transient

_SHIFT = {UniPCMultistepScheduler: "flow_shift", FlowMatchEulerDiscreteScheduler: "shift"}
"""Schedulers that are known, and their name for the shift of the noise schedule."""


class Expert(NamedTuple):
    """A transformer, the guidance at which it works, and its name as a stage."""

    component: str
    guidance: float
    stage: str


class Progress(NamedTuple):
    """Steps of the whole job that were taken before this loop, and all of them."""

    before: int
    total: int


class Denoising(NamedTuple):
    """What one loop works on; `work` is its room in bytes, expected, for so many `frames`."""

    recipe: Recipe
    roles: Roles
    texts: Texts
    condition: Condition
    adapters: tuple[AdapterUse, ...]
    progress: Progress
    work: int
    frames: int


def scheduler_of(folder: Path, shift: float) -> Any:
    """A scheduler of its own, as configured in a component's folder, with another shift.

    Raises:
        Rejected: `unknown_scheduler`.
    """
    name = UniPCMultistepScheduler.load_config(folder)["_class_name"]
    for cls, shift_name in _SHIFT.items():
        if cls.__name__ == name:
            return cls.from_config(cls.load_config(folder), **{shift_name: shift})
    known = ", ".join(cls.__name__ for cls in _SHIFT)
    raise Rejected("unknown_scheduler", f"the scheduler {name} is not known, these are: {known}")


def denoise(job: Denoising, latents: Tensor, run: DeviceRun) -> Generator[Stage | Step, None, Tensor]:
    """From noise `[1, c, f, h, w]` float32 to the shot's latents.

    Raises:
        Transient: `not_finite` when the result has numbers that are none.
    """
    scheduler = _scheduler(job, run)
    experts = [_expert(job, float(t), scheduler.config.num_train_timesteps) for t in scheduler.timesteps]
    current: Expert | None = None
    for index, (expert, t) in enumerate(zip(experts, scheduler.timesteps, strict=True)):
        if expert != current:
            yield Stage(expert.stage, (expert.component,), job.adapters, job.work, job.frames)
            current = expert
        latents = _step(job, expert, scheduler, t, latents, run)
        yield Step(job.progress.before + index + 1, job.progress.total)
    return _finished(job, latents)


def _scheduler(job: Denoising, run: DeviceRun) -> Any:
    """One for this job, at its first step."""
    recipe = job.recipe
    if recipe.noise_levels:
        euler: Any = FlowMatchEulerDiscreteScheduler(shift=recipe.shift)  # type: ignore[no-untyped-call]
        euler.set_timesteps(sigmas=[*recipe.noise_levels], device=run.device)
        return euler
    scheduler = scheduler_of(run.folder(job.roles["scheduler"]), recipe.shift)
    scheduler.set_timesteps(recipe.steps, device=run.device)
    return scheduler


def _expert(job: Denoising, t: float, times: int) -> Expert:
    """Who works at a time: the second transformer below the boundary, if there are two."""
    recipe, roles = job.recipe, job.roles
    if recipe.boundary is None:
        return Expert(roles["transformer"], recipe.guidance, "denoise")
    if t >= recipe.boundary * times:
        return Expert(roles["transformer"], recipe.guidance, "denoise, high noise")
    return Expert(roles["transformer_2"], recipe.guidance_2 or recipe.guidance, "denoise, low noise")


@torch.no_grad()
def _step(job: Denoising, expert: Expert, scheduler: Any, t: Tensor, latents: Tensor, run: DeviceRun) -> Tensor:
    model = run.module(expert.component)
    inputs = job.condition.inputs(latents, t, model.dtype)
    noise = _predicted(model, inputs, job.texts.prompt, run)
    if job.texts.negative is not None:
        away = _predicted(model, inputs, job.texts.negative, run)
        noise = away + expert.guidance * (noise - away)
    stepped: Tensor = scheduler.step(noise, t, latents, return_dict=False)[0]
    return stepped


def _predicted(model: Any, inputs: dict[str, Tensor], text: Tensor, run: DeviceRun) -> Tensor:
    words = text.to(device=run.device, dtype=model.dtype)
    noise: Tensor = model(**inputs, encoder_hidden_states=words, return_dict=False)[0]
    return noise


def _finished(job: Denoising, latents: Tensor) -> Tensor:
    if not torch.isfinite(latents).all():
        raise Transient("not_finite", "the picture came out as numbers that are none (NaN); another try may do better")
    return job.condition.finish(latents)
