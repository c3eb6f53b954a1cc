"""How weights are declared. Nothing here says whether they are on this machine: `gpu_runtime.weights` does."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

import gpu_runtime.catalog

T = TypeVar("T")


class Kind(StrEnum):
    """What a component is. Tokenizers and schedulers are configuration: they take no device memory."""

    TRANSFORMER = "transformer"
    TEXT_ENCODER = "text encoder"
    IMAGE_ENCODER = "image encoder"
    VAE = "vae"
    TOKENIZER = "tokenizer"
    SCHEDULER = "scheduler"
    IMAGE_PROCESSOR = "image processor"


CONFIGURATION = frozenset({Kind.TOKENIZER, Kind.SCHEDULER, Kind.IMAGE_PROCESSOR})


@dataclass(frozen=True)
class Licence:
    """`gate` says what a person has to do before the files can be had, such as accepting terms on the hub."""

    name: str
    commercial: bool = True
    gate: str = ""


@dataclass(frozen=True)
class Component:
    """One set of files that is loaded as a whole and may be shared by backbones.

    `bytes` is its size in memory in `dtype`, about; the exact size and the sha256 of each file are in the manifest that
    is written when it is installed; nobody here knows them before. It comes from `folder` of the hub repository `repo`,
    in diffusers' layout.
    """

    id: str
    kind: Kind
    bytes: int
    dtype: str
    licence: Licence
    repo: str
    folder: str

    @property
    def is_weights(self) -> bool:
        return self.kind not in CONFIGURATION


@dataclass(frozen=True)
class Backbone:
    """Components that together can make something, by the role that a pipeline knows them under
    (`transformer`, `transformer_2`, `text_encoder`, `vae`, ...)."""

    id: str
    roles: Mapping[str, Component]
    summary: str

    @property
    def components(self) -> tuple[Component, ...]:
        return tuple(dict.fromkeys(self.roles.values()))

    @property
    def weights(self) -> tuple[Component, ...]:
        return tuple(component for component in self.components if component.is_weights)


@dataclass(frozen=True)
class Adapter:
    """Low-rank weights over `base`, the transformer they were trained on."""

    id: str
    base: Component
    bytes: int
    licence: Licence
    repo: str
    file: str


def _declared(kind: type[T]) -> list[T]:
    found: list[T] = []
    for module in pkgutil.iter_modules(gpu_runtime.catalog.__path__):
        names = vars(importlib.import_module(f"gpu_runtime.catalog.{module.name}"))
        found += [value for value in names.values() if isinstance(value, kind)]
    return found


@cache
def backbones() -> Mapping[str, Backbone]:
    """Every backbone declared in a module of the package `gpu_runtime.catalog`, by id."""
    return {backbone.id: backbone for backbone in sorted(_declared(Backbone), key=lambda item: item.id)}


@cache
def components() -> Mapping[str, Component]:
    """Every component of every backbone, by id."""
    return {component.id: component for backbone in backbones().values() for component in backbone.components}


@cache
def adapters() -> Mapping[str, Adapter]:
    return {adapter.id: adapter for adapter in sorted(_declared(Adapter), key=lambda item: item.id)}
