"""What an engine is: one torch-free declaration of who can do a task, how well, and within which limits."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

import gpu_runtime.engines
from tools.declare import Params
from vibeboard.digest import content_key
from vibeboard.faults import FieldError, Rejected
from vibeboard.timing import Rate

Implementation = Callable[[Any, Any], Any]
"""`(params, run) -> Result`, or a generator of `gpu_runtime.run.Work` for an engine with a backbone."""


class Quality(StrEnum):
    """`previs` needs no weights; `draft` and `final` are neural."""

    PREVIS = "previs"
    DRAFT = "draft"
    FINAL = "final"


@dataclass(frozen=True)
class Limits:
    """What an engine can make. A legal size is a multiple of `size_multiple` in both directions; a legal frame count
    is `frames_step * k + frames_offset`, up to `max_frames` if there is such a bound; `fps` is the only legal rate if
    there is one."""

    size_multiple: int = 1
    min_size: int = 1
    max_size: int = 7680
    frames_step: int = 1
    frames_offset: int = 0
    max_frames: int | None = None
    fps: Rate | None = None

    def violations(self, params: Mapping[str, Any]) -> tuple[FieldError, ...]:
        """Every field that this engine cannot do as it is."""
        sizes = (error for name in ("width", "height") if (error := self._size(name, params.get(name))))
        return (*sizes, *filter(None, [self._frames(params.get("frames")), self._rate(params.get("fps"))]))

    def _size(self, name: str, value: int | None) -> FieldError | None:
        if value is None or (value % self.size_multiple == 0 and self.min_size <= value <= self.max_size):
            return None
        expected = f"a multiple of {self.size_multiple} from {self.min_size} to {self.max_size}"
        return FieldError(path=name, expected=expected, got=str(value), rule="size")

    def _frames(self, value: int | None) -> FieldError | None:
        most = self.max_frames or value
        if value is None or most is None or (value % self.frames_step == self.frames_offset and value <= most):
            return None
        expected = f"{self.frames_step}k+{self.frames_offset} up to {most}"
        return FieldError(path="frames", expected=expected, got=str(value), rule="frames")

    def _rate(self, value: Any) -> FieldError | None:
        if value is None or self.fps is None or Rate.model_validate(value) == self.fps:
            return None
        return FieldError(path="fps", expected=str(self.fps), got=str(Rate.model_validate(value)), rule="fps")


def nothing() -> str:
    """Nothing is missing, nothing varies."""
    return ""


def no_inputs(_params: Any) -> tuple[str, ...]:
    """The parameters say all."""
    return ()


@dataclass(frozen=True)
class Engine:
    """Who does a task.

    `revision` is raised by hand whenever the same parameters would give other bytes; `implementation` is
    `module:function`, imported by a worker only. `libraries` are distributions whose version decides the bytes.
    `ignores` names parameters that do not change the result and so stay out of its name. `missing` says what has to be
    installed before the engine works, or nothing; `variant` what else decides the bytes on this machine, such as the
    hash of a voice that a person chose; `consumes` the content hashes of what a call names by an id. An engine with
    weights is ready too if a worker has them: `missing_here` leaves workers aside, and `elsewhere` is the revision with
    the worker that would make it, or nothing. Of the engines that can do a task at a quality, the one with the highest
    `preference` is taken. `seconds_per_frame` is the expected cost on one worker.

    An engine with a `backbone` (of `gpu_runtime.catalog`) runs on a device, under its runtime; one without runs in a
    worker process on the CPU. `defaults` is what the implementation takes for what a call leaves open; `spares` the
    `module:function` that names, given parameters and run, the components that a call will not use.
    """

    name: str
    task: str
    revision: int
    implementation: str
    summary: str
    quality: Quality = Quality.PREVIS
    licence: str = "Apache-2.0"
    limits: Limits = field(default_factory=Limits)
    ignores: frozenset[str] = frozenset()
    libraries: tuple[str, ...] = ()
    missing: Callable[[], str] = nothing
    variant: Callable[[], str] = nothing
    consumes: Callable[[Any], tuple[str, ...]] = no_inputs
    missing_here: Callable[[], str] = nothing
    elsewhere: Callable[[], str] = nothing
    preference: int = 0
    seconds_per_frame: float = 0.0
    backbone: str = ""
    spares: str = ""
    defaults: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))

    def key(self, params: Params) -> str:
        """The content key of a call on this engine."""
        inputs = self.consumes(params)
        return content_key(self.task, self.name, self.full_revision, self.read_by_me(params), inputs)

    @property
    def full_revision(self) -> str:
        return self.elsewhere() or self.revision_here

    @property
    def is_known(self) -> bool:
        """Whether it is ready, or was so with a worker that may come back. What it made is then found by its name."""
        return not self.missing() or bool(self.elsewhere())

    @property
    def revision_here(self) -> str:
        libraries = (f"{name}-{_version(name)}" for name in self.libraries)
        return "+".join(filter(None, [str(self.revision), *libraries, self.variant()]))

    def read_by_me(self, params: Params) -> dict[str, JsonValue]:
        """The parameters, as JSON, that make a difference on this engine."""
        data: dict[str, JsonValue] = params.model_dump(mode="json")
        return {name: value for name, value in data.items() if name not in self.ignores}

    def load(self) -> Implementation:
        """Import the implementation; only a worker does this."""
        loaded: Implementation = _named(self.implementation)
        return loaded

    def spared(self, params: Params, run: Any) -> tuple[str, ...]:
        """Components of the backbone that the call will not use, as what they would make is kept."""
        return tuple(_named(self.spares)(params, run)) if self.spares else ()


def _named(name: str) -> Any:
    """What a `module:function` names."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


@cache
def _version(distribution: str) -> str:
    """Which build it is (`+cpu`) does not count. Where it is not installed, in a service that leaves rendering to
    workers, it is the version that workers are told to install."""
    try:
        return version(distribution).partition("+")[0]
    except PackageNotFoundError:
        return _pins().get(distribution, "none")


@cache
def _pins() -> Mapping[str, str]:
    """The exact versions that our extras ask for, by distribution."""
    asked = (requirement.partition(";")[0].partition("==") for requirement in requires("vibeboard") or ())
    return {name.strip(): pinned.strip() for name, _, pinned in asked if pinned}


@cache
def registry() -> Mapping[str, Engine]:
    """Every engine declared in a module of the package `gpu_runtime.engines`, by name."""
    found: dict[str, Engine] = {}
    for module in pkgutil.iter_modules(gpu_runtime.engines.__path__):
        for value in vars(importlib.import_module(f"gpu_runtime.engines.{module.name}")).values():
            if isinstance(value, Engine):
                found[value.name] = value
    return MappingProxyType(dict(sorted(found.items())))


def best(task: str, quality: Quality = Quality.PREVIS) -> Engine:
    """The engine to pin for a task: installed, of that quality, preferred.

    Raises:
        Rejected: there is none; the sentence says what to install.
    """
    able = [engine for engine in registry().values() if engine.task == task and engine.quality is quality]
    usable = [engine for engine in able if not engine.missing()]
    if not usable:
        wanted = "; ".join(f"{engine.name} needs {engine.missing()}" for engine in able) or "none is declared"
        raise Rejected("no_engine", f"no engine can do {task} at quality {quality}: {wanted}")
    return max(usable, key=lambda engine: engine.preference)


def chosen(task: str, quality: Quality | None = None, name: str | None = None) -> Engine:
    """The engine that somebody asks for by its name, else the best of a quality, of a previs if none is said.

    Raises:
        Rejected: `no_engine`, if there is none or it is not ready, or `engine_quality`, if the named one has another
            quality; the sentence says what there is.
    """
    if name is None:
        return best(task, quality or Quality.PREVIS)
    engine = registry().get(name)
    if engine is None or engine.task != task:
        able = ", ".join(item.name for item in registry().values() if item.task == task)
        raise Rejected("no_engine", f"engine {name[:80]}: no engine of that name does {task}; there are {able}")
    if quality not in (None, engine.quality):
        told = f"engine {name} makes {engine.quality}, not {quality}: leave one of the two out"
        raise Rejected("engine_quality", told)
    if missing := engine.missing():
        raise Rejected("no_engine", f"engine {name} needs {missing}")
    return engine
