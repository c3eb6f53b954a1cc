"""Members of an enum however a model writes them: `Close-Up`, `two_shot`, `props`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BeforeValidator


def spelled(kind: type[StrEnum], also: Mapping[str, str] | None = None) -> BeforeValidator:
    """A validator that takes a value of `kind` in any case, with blanks, hyphens or underscores, or by one of the names
    in `also` (lower case, blanks; to a value). What it does not know it leaves to pydantic to refuse."""
    values = {_folded(member.value): member.value for member in kind}
    values |= {name: value for name, value in (also or {}).items() if name not in values}

    def fold(value: Any) -> Any:
        return values.get(_folded(value), value) if isinstance(value, str) else value

    return BeforeValidator(fold)


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()
