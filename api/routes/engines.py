"""Engines and weights: what is installed, what it can make, under which licence, and why not."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter
from pydantic import Field

from api.service import Reader, TheService
from gpu_runtime.catalog.declare import Adapter, Licence, adapters, backbones, components
from gpu_runtime.engine import Engine, Limits, Quality
from gpu_runtime.engine import registry as engines
from gpu_runtime.installing import Item
from gpu_runtime.weights import Weights, refusal
from vibeboard.model import Frozen
from vibeboard.settings import Settings
from vibeboard.timing import Rate

router = APIRouter(tags=["engines"])


class EngineLimits(Frozen):
    """A legal size is a multiple of `size_multiple` from `min_size` to `max_size` pixels in both directions; a legal
    frame count is `frames_step * k + frames_offset`, up to `max_frames` if there is such a bound; `fps` is the only
    legal rate if there is one."""

    size_multiple: int
    min_size: int
    max_size: int
    frames_step: int
    frames_offset: int
    max_frames: int | None
    fps: Rate | None

    @classmethod
    def of(cls, limits: Limits) -> Self:
        return cls.model_validate(vars(limits))


class EngineFacts(Frozen):
    """Who does a task. `revision` is part of its results' names. `weights` are those that it needs; `why_not` says what
    is missing here and with the workers that are there, empty if it can be used. `seconds_per_frame` is what is
    expected of one worker."""

    name: str
    task: str
    summary: str
    quality: Quality
    licence: str
    revision: str
    limits: EngineLimits
    weights: tuple[str, ...]
    why_not: str
    preference: int
    seconds_per_frame: float = Field(ge=0)

    @classmethod
    def of(cls, engine: Engine) -> Self:
        backbone = backbones().get(engine.backbone)
        return cls(
            name=engine.name,
            task=engine.task,
            summary=engine.summary,
            quality=engine.quality,
            licence=engine.licence,
            revision=engine.full_revision,
            limits=EngineLimits.of(engine.limits),
            weights=tuple(component.id for component in backbone.components) if backbone else (),
            why_not=engine.missing(),
            preference=engine.preference,
            seconds_per_frame=engine.seconds_per_frame,
        )


class EngineList(Frozen):
    items: tuple[EngineFacts, ...]


class LicenceFacts(Frozen):
    """`gate` is what a person has to do before the files can be had; `why_not` why they are not used here."""

    name: str
    commercial: bool
    gate: str
    why_not: str

    @classmethod
    def of(cls, licence: Licence, settings: Settings) -> Self:
        return cls(
            name=licence.name,
            commercial=licence.commercial,
            gate=licence.gate,
            why_not=refusal(licence, settings),
        )


class WeightFacts(Frozen):
    """A component or an adapter. `size` is in bytes: of what is installed, else about what it will be. `revision` is
    the repository's commit that was installed."""

    id: str
    kind: str
    size: int
    licence: LicenceFacts
    repo: str
    installed: bool
    revision: str | None = None


class BackboneFacts(Frozen):
    """Weights that together can make something."""

    id: str
    summary: str
    weights: tuple[str, ...]
    installed: bool


class ModelList(Frozen):
    backbones: tuple[BackboneFacts, ...]
    weights: tuple[WeightFacts, ...]


@router.get("/api/engines")
def list_engines(_caller: Reader) -> EngineList:
    """Every engine: its task, quality, limits and licence, and what is missing before it can be used, here and with
    the workers that are there."""
    return EngineList(items=tuple(EngineFacts.of(engine) for engine in engines().values()))


@router.get("/api/models")
def list_models(service: TheService, _caller: Reader) -> ModelList:
    """Every set of weights that is known: whether it is on this machine, its size and licence."""
    weights = Weights(service.settings.models_folder)
    items: list[Item] = [*components().values(), *adapters().values()]
    return ModelList(
        backbones=tuple(
            BackboneFacts(
                id=backbone.id,
                summary=backbone.summary,
                weights=tuple(component.id for component in backbone.components),
                installed=not weights.missing(component.id for component in backbone.components),
            )
            for backbone in backbones().values()
        ),
        weights=tuple(_weight_facts(item, weights, service.settings) for item in items),
    )


def _weight_facts(item: Item, weights: Weights, settings: Settings) -> WeightFacts:
    manifest = weights.installed(item.id)
    return WeightFacts(
        id=item.id,
        kind="adapter" if isinstance(item, Adapter) else str(item.kind),
        size=manifest.tensor_bytes if manifest else item.bytes,
        licence=LicenceFacts.of(item.licence, settings),
        repo=item.repo,
        installed=manifest is not None,
        revision=manifest.revision if manifest else None,
    )
