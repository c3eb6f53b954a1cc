"""Which declared name a wrong name means, if it can mean only one.

From sure to less sure: the same name in another spelling, a declared synonym, a declared measure whose unit is said,
the name with a unit at its end, a slip of the pen. A slip never changes a first letter, a digit or a word of one or two
letters: `weight` is not `height`, and shot `12A` not `12B`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agents.medic.quantities import UNIT_WORDS, converts, names_unit
from vibeboard.hints import meta

_COUNTING = {"num", "number", "count", "total", "n", "nb", "no", "amount", "of", "how", "many"}
_POINTING = {"number", "no", "index", "idx", "nr", "num"}
ASSET = r"^[0-9a-f]{64}$"
_IDS = {"id", "ids", "asset", "assets", "ref", "sha256", "hash"}
_CONTRARY = {
    "negative", "anti", "not", "no", "exclude", "avoid", "without", "min", "max", "minimum", "maximum", "old", "prev",
    "previous", "next", "other", "alt", "second", "last", "original", "source", "reference", "default", "thumbnail",
    "preview", "proxy", "audio", "mask", "background", "style", "example",
}  # fmt: skip
_PADDING = {
    "the", "my", "a", "value", "val", "param", "arg", "input", "output", "desired", "requested", "wanted", "video",
    "shot", "clip", "film", "movie", "picture", "image", "final", "in", "as", "field", "with", "for", "use", "set",
}  # fmt: skip


class Meant(NamedTuple):
    """The field that a name means, and the unit that the name itself says (`duration_s`)."""

    field: str
    unit: str = ""


def snake(name: str) -> str:
    """`numFrames`, `num-frames`, `Num Frames`, `num.frames` -> `num_frames`."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[\W_]+", "_", spread).strip("_").casefold()


def meant(name: str, value: Any, fields: Mapping[str, FieldInfo], within: str = "") -> Meant | None:
    """The one of `fields` that `name` can only mean, given what stands under it. `within` is the name of the object
    that they are in, which may be part of a name: `figure_colour`."""
    wanted = snake(name)
    for found in (
        _exactly(wanted, fields),
        _measured(wanted, value, fields),
        _padded(wanted, fields, within),
        _with_unit(wanted, value, fields),
        _slipped(wanted, fields),
    ):
        if len(found) == 1:
            return found.pop()
        if found:
            return None
    return None


def surely(name: str, fields: Mapping[str, FieldInfo]) -> str | None:
    """The field that a name is a spelling or declared synonym of; never a guess."""
    found = _exactly(snake(name), fields)
    return found.pop().field if len(found) == 1 else None


def contrary(name: str) -> bool:
    """Whether a word of a name says that it is of something else: `negative_prompt`, `thumbnail.width`."""
    return bool(set(snake(name).split("_")) & _CONTRARY)


def measures_of(info: FieldInfo) -> set[str]:
    return set(meta(info).get("measures", ()))


def _exactly(wanted: str, fields: Mapping[str, FieldInfo]) -> set[Meant]:
    squeezed = wanted.replace("_", "")
    return {
        Meant(field)
        for field, info in fields.items()
        if any(squeezed == other.replace("_", "") for other in (field, *meta(info).get("synonyms", ())))
    }


def _measured(wanted: str, value: Any, fields: Mapping[str, FieldInfo]) -> set[Meant]:
    """A name of the quantity, with a value that says its unit."""
    if not isinstance(value, str) or not names_unit(value):
        return set()
    return {
        Meant(field) for field, info in fields.items() if any(padded_to(wanted, other) for other in measures_of(info))
    }


def _padded(wanted: str, fields: Mapping[str, FieldInfo], within: str) -> set[Meant]:
    """The name among words that add nothing: `video_width`, `number_of_frames`, `frame_index`, `take_id`."""
    found = set()
    for field, info in fields.items():
        names = (field, *meta(info).get("synonyms", ()))
        idle = set(_singular(within.split("_"))) | {within} | (_IDS if _holds_ids(info) else set())
        twice = any(wanted == f"{one}_{other}" for one in names for other in names if one != other)
        if _is_position(wanted, field):
            continue
        if twice or any(padded_to(wanted, other, idle) for other in names):
            found.add(Meant(field))
    return found


def _is_position(wanted: str, field: str) -> bool:
    """Whether a name is of one frame, where a field counts frames."""
    words = set(wanted.split("_"))
    return field.endswith("frames") and "frame" in words and not words & _COUNTING


def _holds_ids(info: FieldInfo) -> bool:
    """Whether a field is of assets; then `id` in a name says nothing."""
    inner = [part for argument in get_args(info.annotation) for part in getattr(argument, "__metadata__", ())]
    return any(getattr(part, "pattern", None) == ASSET for part in [*info.metadata, *inner])


def padded_to(wanted: str, other: str, more: Collection[str] = ()) -> bool:
    """Whether a name is another one with words that add nothing."""
    own = other.split("_")
    idle = _PADDING | (_COUNTING if own[-1].endswith("s") else _POINTING) | set(more)
    words = wanted.split("_")
    if contrary("_".join(word for word in words if word not in own and word != words[-1])):
        return False
    kept = [word for word in words if word in own or word not in idle]
    return bool(kept) and _singular(kept) == _singular(own)


def _singular(words: Iterable[str]) -> list[str]:
    """Words without plural and in order of the alphabet: `frames_num` and `num_frame` are alike."""
    return sorted(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def _with_unit(wanted: str, value: Any, fields: Mapping[str, FieldInfo]) -> set[Meant]:
    """A name that ends in a unit (`duration_s`, `focal_length_in_mm`), or is one (`seconds`)."""
    stem, _, word = wanted.rpartition("_")
    if word not in UNIT_WORDS or isinstance(value, bool):
        return set()
    stem, unit = stem.removesuffix("_in"), "" if isinstance(value, str) and names_unit(value) else word
    return {
        Meant(field, unit)
        for field, info in fields.items()
        if (kept := str(meta(info).get("unit", "")))
        and not _is_position(wanted, field)
        and converts(word, kept)
        and _named(stem, word, field, info)
    }


def _named(stem: str, word: str, field: str, info: FieldInfo) -> bool:
    """Whether a name without its unit is that of the field. `frames_s` may be frames a second, and so is nothing."""
    unit = str(meta(info).get("unit", ""))
    if not stem:
        return bool(measures_of(info))
    own = {*measures_of(info), field.removesuffix(f"_{unit}"), *meta(info).get("synonyms", ())}
    clear = {name for name in own if unit != "frame" or word.startswith("f") or "frame" not in name}
    return any(padded_to(stem, name) for name in clear)


def _slipped(wanted: str, fields: Mapping[str, FieldInfo]) -> set[Meant]:
    """The name mistyped. Where any number or text would do as a value, the slip must make no other word: `speed` is no
    seed. An object or a choice tells by itself whether it is the field's."""
    return {
        Meant(field)
        for field, info in fields.items()
        for slipped in [slip if _telling(info.annotation) else clear_slip]
        if not _is_position(wanted, field)
        and any(slipped(wanted, other) for other in (field, *meta(info).get("synonyms", ())))
    }


def _telling(annotation: Any) -> bool:
    """Whether a value of a type is hardly one of another field's by accident: objects and choices."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel | Enum):
        return True
    return any(_telling(part) for part in get_args(annotation))


def slip(wrong: str, right: str) -> bool:
    """Whether one is the other mistyped: letters swapped, doubled, left out or mistaken, and nothing that counts.

    Short words are too near to each other for a mistaken letter: `test` is not `text`.
    """
    if not wrong or wrong == right or len(right) < 3 or _weighty(wrong) != _weighty(right):
        return wrong == right
    if sorted(wrong) == sorted(right):
        return len(right) > 3 or _edits(wrong, right) == 1
    if wrong[0] != right[0] and wrong[1:] != right and wrong != right[1:] and wrong[:2] != right[1::-1]:
        return False
    if len(right) < 5 and len(wrong) == len(right):
        return False
    allowed = 0 if len(right) < 4 else 1 if len(right) < 8 else 2
    return _edits(wrong, right) <= allowed


def clear_slip(wrong: str, right: str) -> bool:
    """A slip that makes no other word, for values, where other words are likely: neighbours swapped, a letter doubled
    or not, one left out of a longer word, one mistaken in a long one. `store` is not `shore`, `valley` not `alley`."""
    if not wrong or wrong == right or _weighty(wrong) != _weighty(right):
        return wrong == right
    one = _edits(wrong, right) == 1
    if one and sorted(wrong) == sorted(right):
        return len(right) > 3
    if len(right) < 4 or wrong[0] != right[0]:
        return False
    if re.sub(r"(.)\1", r"\1", wrong) == re.sub(r"(.)\1", r"\1", right):
        return True
    return one and ((len(right) > 5 and len(wrong) < len(right)) or len(right) > 7)


def _weighty(name: str) -> tuple[list[str], list[str]]:
    """What a slip may not change: digits, and words of one or two letters (`mm` and `m`, `A` and `B`)."""
    return re.findall(r"\d+", name), [word for word in re.findall(r"[a-z]+", name) if len(word) < 3]


def _edits(a: str, b: str) -> int:
    """Optimal string alignment distance: inserts, deletes, replacements and swaps of neighbours."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, last, row = row, before, [i] + [0] * len(b)
        for j, other in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
