"""One of several declared values, as a text spells it, names it, or nearly spells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args, get_origin

from agents.medic.names import snake
from agents.medic.slips import clear_slip
from vibeboard.hints import other_names

_TWICE = re.compile(r"([^()]+?)\s*\(([^()]+)\)")
_IDLE = frozenset(
    {"a", "an", "the", "at", "in", "on", "is", "set", "type", "kind", "mode", "pass", "map", "interpolation", "easing"}
)
"""What may stand around a choice."""


def chosen(kind: Any, value: Any, field: str = "") -> tuple[Any, str] | None:
    """The one value of `kind` that is meant, and why; nothing if it cannot be told. The words of the field's own name
    may stand in it."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    choices = _choices(kind)
    bare = _without_class(str(value), kind.__name__) if isinstance(kind, type) else str(value)
    spelt, known = plain(bare), {plain(name): choice for name, choice in choices.items()}
    if spelt in known:
        return known[spelt], "the same in its spelling"
    if twice := _TWICE.fullmatch(bare):
        parts = [part[0] for text in twice.groups() if (part := chosen(kind, text, field))]
        if len(parts) == 2:
            return (parts[0], "said twice") if parts[0] == parts[1] else None
    found = _unique(known[name] for name in known if _one_form(spelt, name) or clear_slip(spelt, name))
    if found is None:
        found = _among_idle_words(bare, choices, field)
    return None if found is None else (found, f"{value} can only be that")


def plain(value: Any) -> str:
    """A text without blanks and signs, in lower case."""
    return re.sub(r"[\s_\-./\\()\[\]\"']+", "", str(value).replace("&", "and")).casefold()


def _choices(kind: Any) -> dict[str, Any]:
    """Each value by everything that it is called."""
    if get_origin(kind) is Literal:
        return {str(choice): choice for choice in get_args(kind)}
    others = {name: member.value for name, member in other_names(kind).items()}
    return others | {member.name: member.value for member in kind} | {str(one.value): one.value for one in kind}


def _without_class(text: str, name: str) -> str:
    """`DUSK` of `TimeOfDay.DUSK` and `<TimeOfDay.DUSK: 'DUSK'>`."""
    written = re.fullmatch(rf"<?{name}\.(\w+)(?::.*>)?", text.strip(), re.IGNORECASE)
    return written[1] if written else text


def _among_idle_words(text: str, choices: Mapping[str, Any], field: str) -> Any:
    """The one choice whose words stand in a text with nothing else but words that add nothing: `in the kitchen`."""
    words: list[str] = snake(text).split("_")
    idle = (_IDLE | set(snake(field).split("_"))) - {plain(name) for name in choices}
    found = []
    for name, choice in choices.items():
        own = snake(name).split("_")
        at = next((at for at in range(len(words)) if words[at : at + len(own)] == own), None)
        if at is not None and idle >= {*words[:at], *words[at + len(own) :]}:
            found.append(choice)
    return _unique(found)


def _unique(values: Iterable[Any]) -> Any:
    distinct = list(dict.fromkeys(values))
    return distinct[0] if len(distinct) == 1 else None


def _one_form(a: str, b: str) -> bool:
    """Singular and plural."""
    return a + "s" == b or b + "s" == a
