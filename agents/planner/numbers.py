"""Numbers for the slate: scene number and letter, given when a film is put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vibeboard.shot import ScenePlan

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without I and O, which read as 1 and 0."""


def number_shots(plans: Iterable[ScenePlan], scene_numbers: Mapping[str, str] | None = None) -> dict[str, str]:
    """`12A` by shot id. A scene has the writer's number (`scene_numbers`, by scene id) or else its ordinal; after a
    number that ends in a letter a hyphen keeps `12A-B` and `12AB` apart."""
    numbers: dict[str, str] = {}
    for ordinal, plan in enumerate(plans, start=1):
        scene = (scene_numbers or {}).get(plan.scene_id) or str(ordinal)
        hyphen = "-" if scene[-1].isalpha() else ""
        for place, shot in enumerate(plan.shots):
            numbers[shot.id] = f"{scene}{hyphen}{letters(place)}"
    return numbers


def letters(place: int) -> str:
    """A, B ... Z, AA, AB ...: the letters of the shot at a place from 0."""
    text = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, len(_LETTERS))
        text = _LETTERS[letter] + text
    return text
