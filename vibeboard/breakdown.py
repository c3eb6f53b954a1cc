"""What a scene needs: its elements by category, its length and its light."""

from __future__ import annotations

from enum import StrEnum

from vibeboard.model import Frozen
from vibeboard.screenplay import TimeOfDay
from vibeboard.stage import SetKind


class Category(StrEnum):
    """The 22 categories that Final Draft and Fade In ship, in their order."""

    CAST = "Cast"
    EXTRAS = "Background Actors"
    STUNTS = "Stunts"
    VEHICLES = "Vehicles"
    PROPS = "Props"
    CAMERA = "Camera"
    SPECIAL_EFFECTS = "Special Effects"
    WARDROBE = "Wardrobe"
    MAKEUP = "Makeup/Hair"
    ANIMALS = "Animals"
    ANIMAL_HANDLER = "Animal Handler"
    MUSIC = "Music"
    SOUND = "Sound"
    SET_DRESSING = "Set Dressing"
    GREENERY = "Greenery"
    SPECIAL_EQUIPMENT = "Special Equipment"
    SECURITY = "Security"
    LABOR = "Additional Labor"
    VISUAL_EFFECTS = "Visual Effects"
    MECHANICAL_EFFECTS = "Mechanical Effects"
    MISCELLANEOUS = "Miscellaneous"
    NOTES = "Notes"


class Status(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class BreakdownItem(Frozen):
    """One thing a scene needs and the source lines that prove it (1-based)."""

    category: Category
    name: str
    lines: tuple[int, ...]
    status: Status = Status.PENDING


class SceneBreakdown(Frozen):
    """`eighths` of a page, at least one; `time` resolved from the heading and the scenes before it;
    `new_place` when no earlier scene plays there; `cast` are speakers and named silent roles, folded."""

    scene_id: str
    number: str
    set_kind: SetKind
    time: TimeOfDay
    new_place: bool
    eighths: int
    cast: tuple[str, ...]
    items: tuple[BreakdownItem, ...]

    def names(self, category: Category) -> tuple[str, ...]:
        return tuple(item.name for item in self.items if item.category is category)


class Breakdown(Frozen):
    scenes: tuple[SceneBreakdown, ...]
