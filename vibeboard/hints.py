"""What a declaration says beyond its type: units, other names, what may give way. The Medic and the forms read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from pydantic.fields import FieldInfo

_MARK = "x-vibeboard"
_NAMES = "also_called_"
E = TypeVar("E", bound=type[Enum])


def hints(
    *,
    unit: str = "",
    soft: bool = False,
    synonyms: tuple[str, ...] = (),
    measures: tuple[str, ...] = (),
    joint: tuple[str, ...] = (),
    ratio: tuple[str, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """`json_schema_extra` of a field.

    `unit` is what its numbers count: `mm`, `m`, `deg`, `px`, `frame`, `s`, `frame/s`, `dB`, or nothing for a plain
    number or share. A `soft` field may be clamped to its bounds. `synonyms` are other names of exactly this field,
    unit included; `measures` names of the same quantity that leave the unit open, such as `duration` for frames.
    Fields in a row that share a `joint` name are what that name holds together (`size: "1280x720"` is width and
    height); two of them with a `ratio` name stand in that ratio (`aspect_ratio`).
    """
    said: dict[str, Any] = {"unit": unit, "soft": soft, **more}
    lists = {"synonyms": synonyms, "measures": measures, "joint": joint, "ratio": ratio}
    said |= {name: list(value) for name, value in lists.items() if value}
    return {_MARK: {name: value for name, value in said.items() if value not in ("", False)}}


def meta(info: FieldInfo) -> Mapping[str, Any]:
    """What `hints` recorded of a field; empty if nothing."""
    extra = info.json_schema_extra
    marked = extra.get(_MARK) if isinstance(extra, dict) else None
    return marked if isinstance(marked, dict) else {}


@dataclass(frozen=True)
class Components:
    """Names of the parts of a fixed tuple, for those who give it as an object: `{"x": 0, "y": 1.6, "z": 3}`."""

    names: tuple[tuple[str, ...], ...]


def also_called(**names: tuple[str, ...]) -> Callable[[E], E]:
    """Decorates an enum with other names of its members, by the member's name; each means that member only."""

    def declare(kind: E) -> E:
        setattr(kind, _NAMES, {other: kind[member] for member, others in names.items() for other in others})
        return kind

    return declare


def other_names(kind: type[Enum]) -> Mapping[str, Enum]:
    found: Mapping[str, Enum] = getattr(kind, _NAMES, {})
    return found
