"""References to assets: the one that was nearly named, or the newest version of one that was superseded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from agents.medic.names import snake
from agents.medic.slips import clear_slip
from agents.medic.slots import Slot, leaves
from agents.medic.values import Reading
from vibeboard.faults import FieldError

_ID = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{8,63}")
_VERSION = re.compile(r"^(.*?)_?v?(\d+)$")
_CUT = re.compile(r"(?:…|\.\.\.)$")
_LATEST = re.compile(r"[\s_@:(-]*\b(?:latest|newest|current)\)?$", re.IGNORECASE)
_MEDIUM = re.compile(r"\.(?:mp4|mov|mkv|webm|wav|flac|mp3|png|jpe?g|json)$", re.IGNORECASE)
_IDLE = {"the", "asset", "ref", "reference", "file"}
"""What may stand before a name."""


class Known(Protocol):
    """What assets there are."""

    def named(self) -> Mapping[str, str]:
        """Every name that people and tools use for an asset, to its sha256 of now."""

    def newest(self, sha256: str) -> str:
        """The sha256 that took the place of another; the same if it is current, empty if it was never known."""


def resolved(root: Slot, args: dict[str, Any], known: Known, follow: bool, call: Reading) -> dict[str, Any]:
    """Every reference as an id that exists, where there is only one that it can mean. Others stay, and are reported
    by `unknown`. An id that was superseded is left alone unless `follow`: somebody may want just that one."""
    made = args
    for slot, value in list(leaves(root, args)):
        if slot.is_asset and isinstance(value, str) and (found := _resolve(value, known, follow)):
            sha256, why, declared = found
            if sha256 != value:
                made = _put(made, slot.path.split("."), sha256)
                call.trail.say(slot.path, why, declared)
    return made


def unknown(root: Slot, args: Mapping[str, Any], known: Known) -> tuple[FieldError, ...]:
    """References that lead nowhere."""
    return tuple(
        FieldError(path=slot.path, expected="an asset that exists", got=str(value)[:80], rule="asset")
        for slot, value in leaves(root, args)
        if slot.is_asset and isinstance(value, str) and not known.newest(value)
    )


def _resolve(value: str, known: Known, follow: bool) -> tuple[str, str, bool] | None:
    if _ID.fullmatch(value):
        newest = known.newest(value) if follow else ""
        return (newest, "superseded: its newest version", True) if newest else None
    names = known.named()
    value = _CUT.sub("", value.strip())
    if found := _one({sha256 for name, sha256 in names.items() if name.strip() == value.strip()}):
        return found, f"the id of {value}", False
    if latest := _LATEST.search(value):
        return _newest(value[: latest.start()], names)
    spelt = _spelt(value)
    if found := _one({sha256 for name, sha256 in names.items() if _squeezed(snake(name)) == _squeezed(spelt)}):
        return found, f"the id of {value}", False
    if _PREFIX.fullmatch(value.lower()):
        found = _one({sha256 for sha256 in names.values() if sha256.startswith(value.lower())})
        return (found, "the only id that begins so", False) if found else None
    near = {sha256: name for name, sha256 in names.items() if _mistyped(spelt, snake(name))}
    if len(near) == 1:
        (sha256, name), *_ = near.items()
        return sha256, f"{value} can only be {name}", True
    return None if near else _version(spelt, names)


def _spelt(value: str) -> str:
    """A name without the path and the ending of its file, and what may stand before it."""
    last = value.rpartition("://")[2]
    last = last.rpartition("/")[2] if last != value or _MEDIUM.search(value) else last
    words = snake(_MEDIUM.sub("", last)).split("_")
    while len(words) > 1 and words[0] in _IDLE:
        words = words[1:]
    return "_".join(words)


def _squeezed(name: str) -> str:
    """A name without what joins its words but between digits, and a version without zeros before it."""
    joined = re.sub(r"(?<=\d)_(?=\d)", "-", name).replace("_", "")
    return re.sub(r"(?<=v)0+(?=\d)", "", joined)


def _newest(value: str, names: Mapping[str, str]) -> tuple[str, str, bool] | None:
    """The newest version of what is named, or the one of that name that has no versions."""
    spelt = _spelt(value)
    if found := _version(spelt, names):
        return found
    only = _one({sha256 for name, sha256 in names.items() if snake(name) == spelt})
    return (only, f"the id of {value}", False) if only else None


def _mistyped(wrong: str, right: str) -> bool:
    """A slip that leaves how words end and mistakes no letter of a short one: `ann` is not `anna`."""
    ends = [[word[-1] for word in name.split("_") if word] for name in (wrong, right)]
    if len(wrong) >= len(right) and sorted(wrong) != sorted(right):
        pairs = list(zip(wrong.split("_"), right.split("_"), strict=False))
        if not all(one == other or clear_slip(one, other) for one, other in pairs):
            return False
    return (ends[0] == ends[1] or sorted(wrong) == sorted(right)) and clear_slip(wrong, right)


def _version(spelt: str, names: Mapping[str, str]) -> tuple[str, str, bool] | None:
    """An older version of a name, or the name without one: the newest that there is."""
    stem = match[1] if (match := _VERSION.match(spelt)) else spelt
    versions = {
        int(found[2]): (sha256, name)
        for name, sha256 in names.items()
        if (found := _VERSION.match(snake(name))) and found[1] == stem and stem and "v" in snake(name)[len(stem) :]
    }
    if not versions or (match and int(match[2]) >= max(versions)):
        return None
    sha256, name = versions[max(versions)]
    return sha256, f"{spelt} is superseded by {name}", True


def _one(found: set[str]) -> str:
    return found.pop() if len(found) == 1 else ""


def _put(node: Any, steps: list[str], value: str) -> Any:
    if not steps:
        return value
    if isinstance(node, Mapping):
        return {**node, steps[0]: _put(node[steps[0]], steps[1:], value)}
    at = int(steps[0])
    return [*node[:at], _put(node[at], steps[1:], value), *node[at + 1 :]]
