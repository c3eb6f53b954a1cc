"""Props, vehicles and animals of a scene as solids: which shape a name gets, how big it is and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vibeboard.breakdown import Category, SceneBreakdown
from vibeboard.digest import derive_seed
from vibeboard.sets import Layout
from vibeboard.stage import Colour, Prop, PropKind, SetKind, Vec3

_WORDS: dict[PropKind, str] = {
    PropKind.PAPER: "photograph photo picture polaroid letter ticket note paper page map envelope card receipt bill"
    " check newspaper document file folder passport postcard contract drawing list money cash banknote",
    PropKind.PHONE: "phone cellphone cell mobile smartphone telephone handset walkie-talkie remote",
    PropKind.KEY: "key keys ring coin",
    PropKind.GUN: "gun pistol revolver rifle shotgun weapon handgun",
    PropKind.KNIFE: "knife blade dagger scissors razor scalpel sword machete screwdriver spoon fork pen pencil",
    PropKind.BOTTLE: "bottle flask vial whiskey wine beer vodka thermos",
    PropKind.CUP: "cup mug glass coffee tea teacup tumbler drink bowl",
    PropKind.BOOK: "book notebook diary journal bible novel ledger laptop tablet menu album magazine",
    PropKind.BAG: "bag backpack handbag purse sack satchel rucksack duffel",
    PropKind.SUITCASE: "suitcase briefcase case trunk toolbox luggage crate",
    PropKind.LAMP: "lamp lantern candle",
    PropKind.FLASHLIGHT: "flashlight torch",
    PropKind.RADIO: "radio stereo speaker recorder cassette",
    PropKind.UMBRELLA: "umbrella parasol cane stick broom",
    PropKind.BALL: "ball apple orange globe egg stone rock",
    PropKind.CYLINDER: "can bucket jar tin barrel vase pot pan extinguisher",
    PropKind.CHAIR: "chair stool armchair wheelchair",
    PropKind.TABLE: "table desk counter",
    PropKind.BED: "bed cot stretcher mattress",
    PropKind.SOFA: "sofa couch bench",
    PropKind.CAR: "car sedan taxi cab coupe convertible jeep cruiser suv hatchback limousine wagon vehicle",
    PropKind.TRUCK: "truck van lorry bus pickup ambulance tanker camper",
    PropKind.BICYCLE: "bicycle bike motorcycle motorbike scooter moped",
    PropKind.BOAT: "boat ship rowboat dinghy canoe yacht ferry raft",
    PropKind.DOG: "dog puppy hound wolf fox",
    PropKind.CAT: "cat kitten",
    PropKind.BIRD: "bird crow pigeon gull seagull raven owl chicken parrot",
    PropKind.HORSE: "horse pony mule donkey cow deer",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}

SIZES: dict[PropKind, Vec3] = {
    PropKind.BOX: (0.22, 0.14, 0.16),
    PropKind.CYLINDER: (0.12, 0.2, 0.12),
    PropKind.BALL: (0.14, 0.14, 0.14),
    PropKind.BOTTLE: (0.08, 0.28, 0.08),
    PropKind.CUP: (0.09, 0.1, 0.09),
    PropKind.PHONE: (0.075, 0.012, 0.15),
    PropKind.BOOK: (0.16, 0.03, 0.22),
    PropKind.PAPER: (0.15, 0.004, 0.1),
    PropKind.KEY: (0.03, 0.008, 0.08),
    PropKind.GUN: (0.04, 0.13, 0.2),
    PropKind.KNIFE: (0.03, 0.02, 0.26),
    PropKind.BAG: (0.36, 0.3, 0.18),
    PropKind.SUITCASE: (0.6, 0.42, 0.2),
    PropKind.LAMP: (0.25, 0.45, 0.25),
    PropKind.FLASHLIGHT: (0.05, 0.05, 0.22),
    PropKind.RADIO: (0.3, 0.18, 0.1),
    PropKind.UMBRELLA: (0.08, 0.08, 0.85),
    PropKind.CHAIR: (0.48, 0.9, 0.5),
    PropKind.TABLE: (1.2, 0.75, 0.8),
    PropKind.BED: (1.5, 0.55, 2.0),
    PropKind.SOFA: (1.8, 0.8, 0.85),
    PropKind.CAR: (1.8, 1.4, 4.2),
    PropKind.TRUCK: (2.3, 2.6, 6.0),
    PropKind.BICYCLE: (0.5, 1.05, 1.7),
    PropKind.BOAT: (1.6, 0.9, 4.2),
    PropKind.DOG: (0.25, 0.6, 0.8),
    PropKind.CAT: (0.15, 0.3, 0.45),
    PropKind.BIRD: (0.12, 0.18, 0.25),
    PropKind.HORSE: (0.6, 1.7, 2.2),
}
"""Width, height and depth in metres."""

_CRATE: Vec3 = (0.5, 0.44, 0.42)
_FURNITURE = frozenset({PropKind.TABLE, PropKind.BED, PropKind.SOFA, PropKind.CHAIR})
_VEHICLES = frozenset({PropKind.CAR, PropKind.TRUCK, PropKind.BOAT})
_COLOURS: tuple[Colour, ...] = (
    (0.72, 0.58, 0.40),
    (0.55, 0.60, 0.66),
    (0.66, 0.42, 0.36),
    (0.48, 0.55, 0.42),
    (0.80, 0.74, 0.62),
    (0.42, 0.44, 0.52),
)
_PAPER_WHITE: Colour = (0.93, 0.90, 0.82)
_TABLE_SLOTS = ((0.0, 0.0), (0.26, 0.03), (-0.26, 0.03), (0.13, -0.12), (-0.13, -0.12), (0.4, -0.05), (-0.4, -0.05))
_PARKED = ((2.3, -2.7, 82.0), (-3.2, -5.2, 100.0), (5.2, -8.0, 80.0))
_AT_KERB = ((3.6, -1.8, 180.0), (3.6, -7.0, 180.0), (3.6, 5.0, 180.0))
"""Along the kerb of the street set."""
_ASIDE = ((-1.35, 0.45, 60.0), (2.5, -1.4, -60.0), (-2.6, -1.6, 70.0))


def kind_of(name: str) -> PropKind:
    """The shape for a name, from the last of its words that has one: `cell phone` is a phone, `car keys` are keys."""
    for word in reversed(re.findall(r"[\w-]+", name.casefold())):
        kind = _KINDS.get(word) or _KINDS.get(word.removesuffix("s"))
        if kind:
            return kind
    return PropKind.BOX


def props_of(breakdown: SceneBreakdown, layout: Layout) -> dict[str, Prop]:
    """What stands and lies on the set, by name, before anybody takes it up.

    Each thing finds its place by its name, so that another thing in the scene does not push it aside unless they meet.
    """
    placed: dict[str, Prop] = {}
    taken: set[tuple[float, ...]] = set()
    for name in _names(breakdown):
        kind = kind_of(name)
        if _fits(kind, breakdown.set_kind, layout):
            position, yaw = _place(name, kind, breakdown.set_kind, layout, taken)
            placed[name] = thing(name, position, yaw)
    return placed


def thing(name: str, position: Vec3, yaw: float = 0.0, of: str = "") -> Prop:
    """A thing by its name at a place; one that is only somebody's (`of`), such as a seat, bears no name."""
    kind = kind_of(name)
    colour = _PAPER_WHITE if kind is PropKind.PAPER else _COLOURS[derive_seed("thing", name.casefold()) % len(_COLOURS)]
    identity = f"{name} of {of}" if of else name
    label = "" if of else name
    return Prop(id=identity, name=label, kind=kind, position=position, size=SIZES[kind], yaw=yaw, colour=colour)


def _names(breakdown: SceneBreakdown) -> Iterable[str]:
    categories = (Category.PROPS, Category.VEHICLES, Category.ANIMALS)
    return dict.fromkeys(name for category in categories for name in breakdown.names(category))


def _fits(kind: PropKind, set_kind: SetKind, layout: Layout) -> bool:
    """Whether the art department brings it: the set has its own furniture, and no car comes into a kitchen."""
    if kind in _VEHICLES:
        return not layout.interior or set_kind in (SetKind.WAREHOUSE, SetKind.STUDIO)
    if set_kind is SetKind.CAR:
        return max(SIZES[kind]) < 0.6
    return kind not in _FURNITURE or not layout.interior


def _place(
    name: str, kind: PropKind, set_kind: SetKind, layout: Layout, taken: set[tuple[float, ...]]
) -> tuple[Vec3, float]:
    if kind in _VEHICLES:
        if set_kind is SetKind.ALLEY:
            return (0.0, 0.0, -6.0), 8.0
        x, z, yaw = _parking(_AT_KERB if set_kind is SetKind.STREET else _PARKED, taken)
        return (x, 0.0, z), yaw
    if max(SIZES[kind]) >= 0.5 or kind in (PropKind.DOG, PropKind.CAT):
        x, z, yaw = _slot(name, _ASIDE, taken)
        limit = layout.size[0] / 2 - 0.4
        return (min(max(x, -limit), limit), 0.0, z), yaw
    x, z = _slot(name, _TABLE_SLOTS, taken)
    narrow = 0.6 if set_kind is SetKind.CAR else 1.0
    yaw = float(derive_seed("lies", name.casefold()) % 50 - 25)
    return (layout.surface[0] + narrow * x, layout.surface[1], layout.surface[2] + narrow * z), yaw


def _parking(slots: tuple[tuple[float, ...], ...], taken: set[tuple[float, ...]]) -> tuple[float, ...]:
    """The first free slot: the nearest belongs to the first vehicle that the scene names."""
    slot = next((slot for slot in slots if slot not in taken), slots[-1])
    taken.add(slot)
    return slot


def _slot(name: str, slots: tuple[tuple[float, ...], ...], taken: set[tuple[float, ...]]) -> tuple[float, ...]:
    first = derive_seed("slot", name.casefold()) % len(slots)
    order = [slots[(first + step) % len(slots)] for step in range(len(slots))]
    slot = next((slot for slot in order if slot not in taken), order[0])
    taken.add(slot)
    return slot


def seat_for(person: str, position: Vec3, yaw: float, layout: Layout) -> Prop:
    """What somebody sits on where the set has no seat: a chair, out of doors a crate."""
    seat = thing("chair", position, yaw, of=person)
    return seat if layout.interior else seat.model_copy(update={"kind": PropKind.BOX, "size": _CRATE})


def holder_of(held: Mapping[str, str], person: str) -> str:
    """What a person has in hand, or ``""``."""
    return next((name for name, holder in held.items() if holder == person), "")
