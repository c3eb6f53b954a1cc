"""From a slugline's place to the kind of set that the art department builds."""

from __future__ import annotations

from agents.screenplay.word_table import word_table
from vibeboard.screenplay import IntExt, Slugline
from vibeboard.stage import SetKind

CARS = word_table("""
    car, taxi, cab, taxicab, truck, pickup, van, bus, limo, limousine, sedan, ambulance, cruiser, police car, squad
    car, patrol car, jeep, suv, minivan, hearse, convertible, station wagon, moving car, front seat, back seat,
    backseat, chevy, ford, mercedes, bmw, cadillac, mustang, camper, rv
    """)

_INSIDE: dict[SetKind, frozenset[str]] = {
    SetKind.CAR: CARS,
    SetKind.KITCHEN: word_table("kitchen, kitchenette, galley, pantry, bakery"),
    SetKind.BEDROOM: word_table("""
        bedroom, hotel room, motel room, hospital room, dormitory, dorm, dorm room, nursery, master bedroom, guest
        room, hospital ward, ward, bunk room, barracks, cell, attic bedroom
        """),
    SetKind.OFFICE: word_table("""
        office, study, interrogation room, conference room, boardroom, meeting room, police station, precinct,
        classroom, bank, reception, library, newsroom, dispatch, cubicle, agency, headquarters, lab, laboratory,
        clinic, courtroom, squad room, doctor's office, principal's office, control room, embassy, studio office,
        workspace, school
        """),
    SetKind.BAR: word_table("""
        bar, pub, tavern, saloon, diner, cafe, café, coffee shop, coffeehouse, restaurant, nightclub, club, bistro,
        lounge, cafeteria, canteen, pizzeria, brewery, cantina, speakeasy, tea room, burger joint, cocktail bar, ice
        cream parlor, strip club, jazz club, inn, dining car, steakhouse
        """),
    SetKind.CORRIDOR: word_table("""
        corridor, hallway, hall, passage, passageway, tunnel, stairwell, staircase, stairs, elevator, lift, landing,
        subway car, train, train car, carriage, train carriage, subway, plane, airplane, airplane cabin, jet bridge,
        subway train, sewer, air duct, catacombs, mine shaft, bus aisle, foyer, entryway
        """),
    SetKind.WAREHOUSE: word_table("""
        warehouse, factory, hangar, garage, parking garage, barn, stable, gym, gymnasium, supermarket, grocery store,
        mall, church, cathedral, chapel, temple, train station, station, airport, terminal, theater, theatre, cinema,
        arena, stadium, museum, gallery, workshop, shed, boathouse, depot, power plant, plant, loading dock, hospital
        lobby, auditorium, ballroom, courthouse, market, bunker, cave, cavern, parking structure, swimming pool, ice
        rink
        """),
    SetKind.STUDIO: word_table("""
        studio, sound stage, soundstage, stage, limbo, void, white void, black, blackness, darkness, photo studio,
        space, tv studio, recording studio, dream, nowhere
        """),
    SetKind.ROOM: word_table("""
        room, living room, dining room, sitting room, apartment, flat, house, home, bathroom, basement, attic, cellar,
        lobby, waiting room, hotel, motel, trailer, cabin, tent, shop, store, bookstore, mansion, parlor, den, closet,
        loft, salon, barbershop, laundromat, locker room, hotel lobby, conservatory, boat, ship, hut, cottage
        """),
}

_OUTSIDE: dict[SetKind, frozenset[str]] = {
    SetKind.ALLEY: word_table("""
        alley, alleyway, back alley, backstreet, lane, passage, passageway, back door, rear entrance
        """),
    SetKind.ROAD: word_table("""
        road, highway, freeway, motorway, interstate, country road, dirt road, bridge, overpass, car, taxi, truck,
        van, bus, moving car, gas station, petrol station, crossroads, roadside, rest stop, driveway, mountain road,
        turnpike, motel, parkway, toll booth, convoy, train, railroad, train tracks, tracks, tarmac, runway, border
        """),
    SetKind.FOREST: word_table("""
        forest, wood, jungle, grove, woodland, clearing, swamp, campsite, camp, cabin, rainforest, trail, orchard,
        forest clearing, hunting lodge, treehouse, park, ravine
        """),
    SetKind.SHORE: word_table("""
        stream, creek, beach, shore, seashore, coast, sea, ocean, lake, river, riverbank, lakeside, pier, dock,
        harbor, harbour, marina, cliff, lighthouse, island, boat, ship, pond, waterfront, seaside, jetty, deck, water,
        quay, bay
        """),
    SetKind.FIELD: word_table("""
        field, mount, foothill, peak, summit, ridge, plateau, wilderness, meadow, prairie, desert, hill, hillside,
        mountain, farm, farmhouse, ranch, plain, valley, garden, backyard, yard, lawn, cemetery, graveyard,
        playground, vineyard, battlefield, cornfield, wheat field, football field, canyon, dune, savanna, tundra,
        moor, countryside, barn, golf course, stadium, baseball field, camp site, estate, airfield, quarry, snowfield,
        glacier
        """),
    SetKind.STUDIO: word_table("space, outer space, sky, void, limbo, heaven, orbit, clouds, nowhere"),
    SetKind.STREET: word_table("""
        street, avenue, sidewalk, pavement, boulevard, town, city, square, plaza, market, parking lot, car park,
        corner, main street, house, building, office, apartment, diner, bar, restaurant, school, hospital, hotel,
        church, station, police station, courthouse, bank, store, shop, mall, theater, theatre, rooftop, roof,
        balcony, porch, doorway, front door, terrace, patio, bus stop, neighborhood, suburb, village, downtown, club,
        museum, factory, warehouse, garage, mansion, library, fire escape, train station, train platform, platform,
        prison, airport
        """),
}

_WHERE = frozenset(
    {"behind", "outside", "near", "by", "of", "at", "opposite", "above", "below", "under", "beside", "in"}
)
_DEFAULT = {IntExt.INT: SetKind.ROOM, IntExt.EXT: SetKind.STREET, IntExt.INT_EXT: SetKind.ROOM}


def set_kind(slug: Slugline) -> SetKind:
    """The kind of set of a scene: the area decides before the place, a phrase's last noun before its first."""
    for phrase in (slug.area, slug.place):
        for place_table in _tables(slug.int_ext):
            kind = _match(phrase, place_table)
            if kind is not None:
                return kind
    if any("MOVING" in note.upper() for note in slug.notes) and slug.int_ext is not IntExt.EXT:
        return SetKind.CAR
    return _DEFAULT[slug.int_ext]


def _tables(int_ext: IntExt) -> tuple[dict[str, SetKind], ...]:
    """An interior that no interior knows may be an exterior by mistake, and the other way round it may not."""
    return (_BY_WORD_OUTSIDE,) if int_ext is IntExt.EXT else (_BY_WORD_INSIDE, _BY_WORD_OUTSIDE)


def _by_word(tables: dict[SetKind, frozenset[str]]) -> dict[str, SetKind]:
    return {word: kind for kind, entries in tables.items() for word in entries}


_BY_WORD_INSIDE, _BY_WORD_OUTSIDE = _by_word(_INSIDE), _by_word(_OUTSIDE)


def _match(phrase: str, by_word: dict[str, SetKind]) -> SetKind | None:
    """The kind of the longest entry that ends last in the phrase, before what only says where it is: an `alley behind
    the club` is an alley."""
    words = [
        word.strip(".,'\"!?#").removesuffix("'s") for word in phrase.replace("’", "'").replace("/", " ").lower().split()
    ]
    placed = next((i for i, word in enumerate(words) if i and word in _WHERE), 0)
    if placed and (kind := _last_entry(words[:placed], by_word)):
        return kind
    return _last_entry(words, by_word)


def _last_entry(words: list[str], by_word: dict[str, SetKind]) -> SetKind | None:
    for end in range(len(words), 0, -1):
        for start in (end - 2, end - 1):
            name = " ".join(words[max(start, 0) : end])
            kind = by_word.get(name) or by_word.get(name.removesuffix("s"))
            if start >= 0 and kind is not None:
                return kind
    return None
