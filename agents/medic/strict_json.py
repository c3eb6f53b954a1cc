"""JSON as its standard has it (RFC 8259), and nothing lost: no name twice, no number that is none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None,
    "undefined": None}  # fmt: skip


class Unreadable(ValueError):
    """The text is no JSON that can be read in one way only; the sentence says where it fails."""


def strict_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        Unreadable: a name is given twice with different values, or a number is none.
        ValueError, RecursionError: it is no JSON.
    """
    return json.loads(text, object_pairs_hook=one_object, parse_constant=_no_constant, parse_float=finite)


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Unreadable(f"{text} is larger than any number")
    return number


def one_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its members; one that is given twice says the same twice."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made and made[name] != value:
            raise Unreadable(f"{name} is given twice, as {made[name]!r} and {value!r}")
        made[name] = value
    return made


def plain_value(text: str) -> Any:
    """A value that stands without quotation marks: JSON if it is, else the text itself."""
    try:
        return strict_json(text)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        return LITERALS.get(text.strip(), text.strip())


def as_json(value: Any) -> Any:
    """A value as JSON can hold it: numbers that are none as text, so that they can be shown."""
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _no_constant(name: str) -> Any:
    raise Unreadable(f"{name} is not a number")
