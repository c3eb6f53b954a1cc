"""What kind of values a declared type takes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

ASSET = r"^[0-9a-f]{64}$"
"""The pattern of an asset's id, its sha256."""


def kinds(annotation: Any) -> Iterator[Any]:
    """The alternatives of a type."""
    if get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            yield from kinds(part)
    elif get_origin(annotation) is Annotated:
        yield from kinds(get_args(annotation)[0])
    else:
        yield annotation


def is_choice(kind: Any) -> bool:
    """Whether a type lists its values: an enum or a `Literal`."""
    return get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum))


def is_object(kind: Any) -> bool:
    """Whether a type is of objects with declared fields."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def is_telling(annotation: Any) -> bool:
    """Whether a value of a type is hardly one of another field's by accident: objects and choices."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel | Enum):
        return True
    return any(is_telling(part) for part in get_args(annotation))


def holds_ids(info: FieldInfo) -> bool:
    """Whether a field is of assets; then `id` in a name says nothing."""
    inner = [part for argument in get_args(info.annotation) for part in getattr(argument, "__metadata__", ())]
    return any(getattr(part, "pattern", None) == ASSET for part in [*info.metadata, *inner])
