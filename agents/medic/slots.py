"""A place for a value in the arguments: its type, what its declaration says, and where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from agents.medic.kinds import ASSET, is_object
from vibeboard.hints import meta


@dataclass(frozen=True)
class Slot:
    """`type` may be annotated, `path` is dotted: `camera.keys.0.focal_mm`. Below what is protected all is. `called` are
    the words by which it and what it is in are known."""

    type: Any
    path: str = ""
    unit: str = ""
    soft: bool = False
    protected: bool = False
    called: tuple[frozenset[str], ...] = ()

    def fits(self, value: Any) -> bool:
        try:
            _adapter(self.type).validate_python(value)
        except (ValidationError, RecursionError):
            return False
        return True

    @property
    def bare(self) -> Any:
        return get_args(self.type)[0] if get_origin(self.type) is Annotated else self.type

    @property
    def metadata(self) -> tuple[Any, ...]:
        return get_args(self.type)[1:] if get_origin(self.type) is Annotated else ()

    @property
    def arms(self) -> tuple[Slot, ...]:
        """The alternatives of a union, without None; of any other type the slot itself."""
        if get_origin(self.bare) not in (Union, UnionType):
            return (self,)
        return tuple(replace(self, type=arm) for arm in get_args(self.bare) if arm is not NoneType)

    @property
    def optional(self) -> bool:
        return NoneType in get_args(self.bare)

    @property
    def model(self) -> type[BaseModel] | None:
        model: type[BaseModel] | None = self.bare if is_object(self.bare) else None
        return model

    @property
    def is_asset(self) -> bool:
        return self.bare is str and any(getattr(item, "pattern", None) == ASSET for item in self.metadata)

    def item(self, index: int | str) -> Slot | None:
        """The slot of an item of a list, a tuple or an object with free keys; none for other types."""
        origin, parts = get_origin(self.bare), get_args(self.bare)
        path = self.below(str(index))
        if origin is dict:
            return replace(self, type=parts[1], path=path)
        if origin is list or (origin is tuple and len(parts) == 2 and parts[1] is Ellipsis):
            return replace(self, type=parts[0], path=path)
        if origin is tuple and isinstance(index, int) and index < len(parts):
            return replace(self, type=parts[index], path=path)
        return None

    @property
    def is_list(self) -> bool:
        parts = get_args(self.bare)
        origin = get_origin(self.bare)
        return origin is list or (origin is tuple and len(parts) == 2 and parts[1] is Ellipsis)

    @property
    def width(self) -> int:
        """How many parts a fixed tuple has; 0 for other types."""
        return len(get_args(self.bare)) if get_origin(self.bare) is tuple and not self.is_list else 0

    def below(self, name: str) -> str:
        """The path of what is named in it."""
        return f"{self.path}.{name}" if self.path else name

    def field(self, name: str, info: FieldInfo) -> Slot:
        said = meta(info)
        return Slot(
            type=Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation,
            path=self.below(name),
            unit=str(said.get("unit", "")),
            soft=bool(said.get("soft")),
            protected=self.protected or bool(said.get("protected")),
            called=(*self.called[-1:], words(name, *said.get("synonyms", ()))),
        )


def words(*names: str) -> frozenset[str]:
    """The words of names, each as it is and without its plural."""
    found = {word for name in names for word in name.split("_")}
    return frozenset(found | {word.removesuffix("s") for word in found})


def infos(slot: Slot) -> Mapping[str, FieldInfo]:
    """The declarations of a model's fields; of another type none."""
    return slot.model.model_fields if slot.model else {}


def fields(slot: Slot) -> Mapping[str, Slot]:
    """The slots of a model's fields."""
    model = slot.model
    return {name: slot.field(name, info) for name, info in model.model_fields.items()} if model else {}


def leaves(slot: Slot, value: Any) -> Iterator[tuple[Slot, Any]]:
    """Every value that holds no other, with its slot, as far as the arguments follow the declaration."""
    for arm in slot.arms:
        if arm.model and isinstance(value, Mapping):
            for name, below in fields(arm).items():
                if name in value:
                    yield from leaves(below, value[name])
        elif isinstance(value, list | tuple) and arm.item(0):
            for index, item in enumerate(value):
                if below_item := arm.item(index):
                    yield from leaves(below_item, item)
        elif not isinstance(value, Mapping | list | tuple):
            yield arm, value


def _adapter(kind: Any) -> TypeAdapter[Any]:
    try:
        return _cached_adapter(kind)
    except TypeError:
        return TypeAdapter(kind)


@cache
def _cached_adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
