"""Several numbers in one text: `1280 x 720`, `8 x 10 x 8 cm`, `z=3, y=1.6, x=0`, `720 high x 1280 wide`.

A unit at the very end holds for all parts. Where some parts have a unit and others have none, or some a label and
others none, it cannot be told what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

_LABEL = re.compile(r"([a-z]+)\s*[:=]\s*(?=[-+.\d])")
_KIND = re.compile(r"^(?:vec(?:tor)?|point|size)\s*[23]?[df]?\s*(?=\()")
"""What programs call several numbers: `Vector3(...)`."""
_OUTER_UNIT = re.compile(r"^[(\[]([^()\[\]]*)[)\]]\s*([a-z°%]+)$")
_LABEL_AFTER = re.compile(r"([-+.\d]+)\s*([a-z]+)")
_BETWEEN = re.compile(r"\s*[×*,;|]\s*|\s+(?:x|by)\s+|(?<=[\da-z])x(?=[\d.])")
_SPACE = re.compile(r"(?<=[.\da-z])\s+(?=[-+.\d]|[a-z]+=)")
_RATIO = re.compile(r"(?<=\d)\s*[:/]\s*(?=\d)")
_UNIT = re.compile(r"[a-z°%\"'′″]+$")
_SAYS = {"wide": "width", "high": "height", "tall": "height", "deep": "depth", "long": "length"}

Parts = list[str] | dict[str, str]


def parts_of(text: str, labels: Collection[str], *, ratio: bool = False) -> Parts | None:
    """The parts in their order, or by their labels if they have some; nothing if it cannot be told. With `ratio` a
    colon or a slash stands between parts too."""
    bare = _OUTER_UNIT.sub(r"\1 \2", _KIND.sub("", text.casefold().strip())).strip("()[]{}<>").strip()
    apart = "|".join(sorted((re.escape(label) for label in labels if len(label) > 1), reverse=True))
    bare = re.sub(rf"\b({apart})\s+(?=[-+.\d])", r"\1=", bare) if apart else bare
    bare = _LABEL.sub(r"\1=", bare)
    between = [_BETWEEN, _SPACE, *([_RATIO] if ratio else [])]
    pieces = [bare]
    for sign in between:
        pieces = [part for piece in pieces for part in sign.split(piece)]
    named = [_labelled(piece.strip(), labels) for piece in pieces if piece.strip()]
    values = with_one_unit([value for _, value in named])
    if values is None:
        return None
    names = [name for name, _ in named]
    if not any(names):
        return values
    return dict(zip(names, values, strict=True)) if all(names) and len(set(names)) == len(names) else None


def _labelled(piece: str, labels: Collection[str]) -> tuple[str, str]:
    name, sign, value = piece.partition("=")
    if sign:
        return _SAYS.get(name, name), value
    after = _LABEL_AFTER.fullmatch(piece)
    word = _SAYS.get(after[2], after[2]) if after else ""
    return (word, after[1]) if after and word in labels else ("", piece)


def with_one_unit(values: Sequence[str]) -> list[str] | None:
    """The parts, each with the unit that ends the last one if only that has one; nothing if only some have one."""
    units = [_UNIT.search(value.strip()) for value in values]
    if not any(units[:-1]) and values and (last := units[-1]):
        return [*(f"{value} {last[0]}" for value in values[:-1]), values[-1]]
    return None if mixed(values) else list(values)


def is_zero(value: Any) -> bool:
    """Whether it is nothing in any unit."""
    return bool(re.fullmatch(r"\s*[-+]?0*\.?0*\s*", str(value))) and "0" in str(value)


def mixed(values: Sequence[Any]) -> bool:
    """Whether some parts say a unit and others, that are not zero, none."""
    said = [isinstance(value, str) and bool(_UNIT.search(value.strip().casefold())) for value in values]
    return any(said) and any(not unit and not is_zero(value) for unit, value in zip(said, values, strict=True))


def by_label(value: Mapping[str, Any], names: Sequence[Collection[str]]) -> list[Any] | None:
    """Labelled parts in the order of `names`, each of which lists the labels of one part; nothing unless each part is
    there once and nothing else is."""
    found = [[value[label] for label in labels if label in value] for labels in names]
    whole = all(len(part) == 1 for part in found) and len(value) == len(names)
    return [part[0] for part in found] if whole else None
