"""How the mannequins of a cast differ: colour, height and build, from their names alone."""

from __future__ import annotations

from collections.abc import Iterable

from vibeboard.digest import derive_seed
from vibeboard.model import Frozen
from vibeboard.stage import Colour

_PALETTE: tuple[Colour, ...] = (
    (0.85, 0.33, 0.28),
    (0.25, 0.47, 0.78),
    (0.38, 0.66, 0.36),
    (0.92, 0.69, 0.24),
    (0.56, 0.37, 0.68),
    (0.22, 0.65, 0.65),
    (0.91, 0.52, 0.22),
    (0.84, 0.46, 0.63),
    (0.20, 0.29, 0.47),
    (0.61, 0.71, 0.24),
    (0.36, 0.36, 0.62),
    (0.79, 0.25, 0.52),
    (0.43, 0.72, 0.86),
    (0.62, 0.22, 0.36),
    (0.23, 0.46, 0.36),
    (0.74, 0.70, 0.82),
)
"""None of them near a skin tone, or a clothed mannequin would look naked."""

_CHILDREN = frozenset({"boy", "girl", "kid", "child", "son", "daughter"})


class CastLook(Frozen):
    """What tells one mannequin from the others; `height` in metres, `build` scales its girth."""

    colour: Colour
    height: float
    build: float


def cast_looks(names: Iterable[str]) -> dict[str, CastLook]:
    """A look for every name, from the name alone, but for a colour that somebody before it already wears.

    Such a one takes the next free colour, so that adding a character at the end of the cast changes nobody else.
    """
    looks: dict[str, CastLook] = {}
    worn: set[int] = set()
    for name in dict.fromkeys(names):
        slot = _free_slot(name, worn)
        worn.add(slot)
        looks[name] = CastLook(colour=_PALETTE[slot], height=_height(name), build=_build(name))
    return looks


def _free_slot(name: str, worn: set[int]) -> int:
    first = derive_seed("colour", name.casefold()) % len(_PALETTE)
    slots = [(first + step) % len(_PALETTE) for step in range(len(_PALETTE))]
    return next((slot for slot in slots if slot not in worn), first)


def _height(name: str) -> float:
    if _CHILDREN & set(name.casefold().split()):
        return 1.25
    return round(1.62 + 0.01 * (derive_seed("height", name.casefold()) % 25), 2)


def _build(name: str) -> float:
    return round(0.9 + 0.01 * (derive_seed("build", name.casefold()) % 26), 2)
