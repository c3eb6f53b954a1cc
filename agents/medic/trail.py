"""What a repair did, field by field, and what it says about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from agents.medic.strict_json import as_json
from vibeboard.digest import canonical, sha256
from vibeboard.model import Frozen


class Change(Frozen):
    """One edit of the arguments, as it is logged, shown, refused or undone.

    `id` is the same whenever the same edit is made of the same tool's arguments. A field that was not there has
    `before` null, one that is left out `after` null. A `declared` change is not only another spelling: something gave
    way within the bounds that its declaration allows.
    """

    id: str
    path: str
    before: JsonValue
    after: JsonValue
    why: str
    declared: bool = False


@dataclass
class Trail:
    """Collects reasons while arguments are worked on; a reason holds for its path and what is below."""

    reasons: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def say(self, path: str, why: str, declared: bool = False) -> None:
        known, was = self.reasons.get(path, ("", False))
        text = why if not known or why in known else f"{known}; {why}"
        self.reasons[path] = (text, declared or was)

    def about(self, path: str) -> tuple[str, bool]:
        """The reason given for a path, for one above it, or for one below."""
        steps = path.split(".")
        for end in range(len(steps), 0, -1):
            if found := self.reasons.get(".".join(steps[:end])):
                return found
        below = [reason for other, reason in self.reasons.items() if other.startswith(f"{path}.")]
        return ("; ".join(dict.fromkeys(why for why, _ in below)) or "read", any(declared for _, declared in below))


def changes(tool: str, before: Any, after: Mapping[str, Any], trail: Trail) -> tuple[Change, ...]:
    """Every edit that leads from `before` (text, if the arguments came as text) to `after`."""
    found = []
    for path, was, now in _edits(as_json(before) if isinstance(before, Mapping) else {"": before}, after, ""):
        why, declared = trail.about(path)
        name = sha256(canonical([tool, path, was, now]))[:12]
        found.append(Change(id=name, path=path, before=was, after=now, why=why, declared=declared))
    return tuple(found)


def _edits(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping) and (not path or before.keys() & after.keys()):
        for name in [*before, *(name for name in after if name not in before)]:
            below = f"{path}.{name}" if path else str(name)
            if name in before and name in after:
                yield from _edits(before[name], after[name], below)
            else:
                yield (below, before.get(name), after.get(name))
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple) and len(before) == len(after):
        for index, (was, now) in enumerate(zip(before, after, strict=True)):
            yield from _edits(was, now, f"{path}.{index}")
    elif before != after or type(before) is not type(after):
        yield (path, before, after)
