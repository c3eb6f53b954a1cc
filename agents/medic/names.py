"""Which declared name a wrong name means, if it can mean only one.

From sure to less sure: the same name in another spelling, a declared synonym, a declared measure whose unit is said,
the name among words that add nothing, the name with a unit at its end, a slip of the pen, its last word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, get_origin

from pydantic.fields import FieldInfo

from agents.medic.kinds import holds_ids, is_choice, is_object, is_telling, kinds
from agents.medic.quantities import UNIT_WORDS, converts, names_unit
from agents.medic.slips import abbreviated, clear_slip, slip
from vibeboard.hints import meta

_COUNTING = {"num", "number", "count", "total", "n", "nb", "no", "amount", "of", "how", "many"}
_POINTING = {"number", "no", "index", "idx", "nr", "num"}
_IDS = {"id", "ids", "asset", "assets", "ref", "sha256", "sha", "hash", "file", "json", "uri", "take", "clip"}
_CONTRARY = {
    "negative", "anti", "not", "no", "exclude", "avoid", "without", "min", "max", "minimum", "maximum", "old", "prev",
    "previous", "next", "other", "alt", "second", "last", "original", "source", "reference", "default", "thumbnail",
    "preview", "proxy", "audio", "mask", "background", "style", "example",
}  # fmt: skip
_PADDING = {
    "the", "my", "a", "value", "val", "param", "arg", "input", "output", "desired", "requested", "wanted", "video",
    "shot", "clip", "film", "movie", "picture", "image", "img", "visual", "final", "in", "as", "of", "field", "with",
    "for", "use", "set", "lens", "project", "amount", "level", "strength", "intensity",
}  # fmt: skip
_CHOICE = {"type", "kind", "mode", "function", "name"}
_OBJECT = {"settings", "setup", "config", "configuration", "options", "params", "parameters", "spec", "data", "info",
    "details", "object", "motion", "movement"}  # fmt: skip
_TRUTH = {"is", "has", "enable", "enabled", "show", "should", "display", "do"}
_PARTS = {"xyz", "vector", "coords", "coordinates"}
_PIXELS = {"frame", "pixel", "pixels", "px", "screen", "canvas"}
"""What adds nothing to the name of a choice, an object, a yes or no, a point, a number of pixels."""


class Meant(NamedTuple):
    """The field that a name means, and the unit that the name itself says (`duration_s`)."""

    field: str
    unit: str = ""


def snake(name: str) -> str:
    """`numFrames`, `num-frames`, `Num Frames`, `num.frames` -> `num_frames`."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[\W_]+", "_", spread).strip("_").casefold()


def meant(
    name: str, value: Any, fields: Mapping[str, FieldInfo], within: Collection[str] = (), missing: Collection[str] = ()
) -> Meant | None:
    """The one of `fields` that `name` can only mean, given what stands under it. `within` are words of what they are
    in, which may be part of a name: `figure_colour`; `missing` those of them that are wanted and not there."""
    wanted = re.sub(r"^n[or]_of_", "number_of_", snake(name))
    for found in (
        _exactly(wanted, fields),
        _measured(wanted, value, fields, within),
        _padded(wanted, fields, within),
        _with_unit(wanted, value, fields, within),
        _slipped(wanted, fields),
        _last_word(wanted, fields, missing),
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
    """The name in another spelling, a synonym, a number of it (`nframes`), or its part of a joint name (`pos_x`)."""
    squeezed = _one_spelling(wanted)
    found = set()
    for field, info in fields.items():
        said = meta(info)
        names = [field, *said.get("synonyms", ()), *(f"{joint}_{field}" for joint in said.get("joint", ()))]
        names += [f"{sign}_{field}" for sign in ("n", "num") if field.endswith("s")]
        if bool in kinds(info.annotation):
            names.append(field.removesuffix("ed"))
        if any(squeezed == _one_spelling(other) or _cut_short(wanted, other) for other in names):
            found.add(Meant(field))
    return found


def _one_spelling(name: str) -> str:
    """A name without what joins its words, in British spelling."""
    return name.replace("_", "").replace("color", "colour").replace("center", "centre").replace("gray", "grey")


def _cut_short(short: str, whole: str) -> bool:
    """Whether words are cut short, each to three letters at least: `neg_prompt`, `color_temp`."""
    pairs = list(zip(short.split("_"), whole.split("_"), strict=False))
    same = len(short.split("_")) == len(whole.split("_")) > 1 and short != whole
    return same and all(one == other or (len(one) > 2 and other.startswith(one)) for one, other in pairs)


def _measured(wanted: str, value: Any, fields: Mapping[str, FieldInfo], within: Collection[str]) -> set[Meant]:
    """A name of the quantity, with a value that says its unit."""
    if not isinstance(value, str) or not names_unit(value):
        return set()
    idle = {"total", *within}
    return {
        Meant(field)
        for field, info in fields.items()
        if any(padded_to(wanted, other, idle) for other in measures_of(info))
    }


def _padded(wanted: str, fields: Mapping[str, FieldInfo], within: Collection[str]) -> set[Meant]:
    """The name among words that add nothing: `video_width`, `number_of_frames`, `frame_index`, `take_id`."""
    found = set()
    words = sorted(word for word in wanted.split("_") if word != "of")
    for field, info in fields.items():
        names = (field, *meta(info).get("synonyms", ()))
        idle = {*within, *_idle(info)}
        twice = any(words == sorted(f"{one}_{other}".split("_")) for one in names for other in names if one != other)
        if _is_position(wanted, field) or _is_path(wanted, field, info):
            continue
        if twice or any(padded_to(wanted, other, idle) for other in names):
            found.add(Meant(field))
    return found


def _is_path(wanted: str, field: str, info: FieldInfo) -> bool:
    """Whether a name is of a field inside the field: `fps_num`."""
    models = [kind for kind in kinds(info.annotation) if is_object(kind)]
    return any(wanted == f"{field}_{inner}" for model in models for inner in model.model_fields)


def _idle(info: FieldInfo) -> set[str]:
    """Words that say of a field's name what its type says anyway."""
    idle = set(_IDS) if holds_ids(info) else set()
    unit = str(meta(info).get("unit", ""))
    if unit == "px":
        idle |= _PIXELS
    for kind in kinds(info.annotation):
        if is_choice(kind):
            idle |= _CHOICE
        elif is_object(kind):
            idle |= _OBJECT
        elif kind is bool:
            idle |= _TRUTH
        elif kind is int and not unit:
            idle |= _COUNTING
        elif get_origin(kind) is tuple:
            idle |= _PARTS
    return idle


def _last_word(wanted: str, fields: Mapping[str, FieldInfo], missing: Collection[str]) -> set[Meant]:
    """What is missing, by the last word of its name, if no other field's name has that word: `seed` for
    `dressing_seed`."""
    having = [field for field in fields if wanted in field.split("_")]
    whole = len(wanted) > 3 and len(having) == 1 and having[0] in missing and having[0].endswith(f"_{wanted}")
    return {Meant(having[0])} if whole else set()


def _is_position(wanted: str, field: str) -> bool:
    """Whether a name is of one frame, where a field counts frames."""
    words = set(wanted.split("_"))
    return field.endswith("frames") and "frame" in words and not words & _COUNTING


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


def _with_unit(wanted: str, value: Any, fields: Mapping[str, FieldInfo], within: Collection[str]) -> set[Meant]:
    """A name that ends in a unit (`duration_s`, `focal_length_in_mm`), or is one (`seconds`)."""
    stem, _, word = wanted.rpartition("_")
    if word not in UNIT_WORDS or isinstance(value, bool):
        return set()
    stem, unit = stem.removesuffix("_in"), "" if isinstance(value, str) and names_unit(value) else word
    stem = "" if set(stem.split("_")) <= _COUNTING - {"no"} else stem
    return {
        Meant(field, unit)
        for field, info in fields.items()
        if (kept := str(meta(info).get("unit", "")))
        and not _is_position(wanted, field)
        and converts(word, kept)
        and _named(stem, word, field, info, within)
    }


def _named(stem: str, word: str, field: str, info: FieldInfo, within: Collection[str]) -> bool:
    """Whether a name without its unit is that of the field. `frames_s` may be frames a second, and so is nothing."""
    unit = str(meta(info).get("unit", ""))
    if not stem:
        return bool(measures_of(info))
    own = {*measures_of(info), field.removesuffix(f"_{unit}"), *meta(info).get("synonyms", ())}
    clear = {name for name in own if unit != "frame" or word.startswith("f") or "frame" not in name}
    return any(padded_to(stem, name, within) for name in clear)


def _slipped(wanted: str, fields: Mapping[str, FieldInfo]) -> set[Meant]:
    """The name mistyped. Where any number or text would do as a value, the slip must make no other word: `speed` is no
    seed. An object or a choice tells by itself whether it is the field's."""
    return {
        Meant(field)
        for field, info in fields.items()
        for slipped in [slip if is_telling(info.annotation) else clear_slip]
        if not _is_position(wanted, field)
        and any(slipped(wanted, other) or abbreviated(wanted, other) for other in _spellings(field, info))
    }


def _spellings(field: str, info: FieldInfo) -> tuple[str, ...]:
    singular = (field.removesuffix("s"),) if field.endswith("s") else ()
    return (field, *singular, *meta(info).get("synonyms", ()))
