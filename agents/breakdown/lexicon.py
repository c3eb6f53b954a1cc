"""Word tables of the breakdown. Singular and lower case; entries of several words are parted by commas.

They prefer precision: a word that is as often a verb or a figure of speech stands in `AMBIGUOUS` too, and then counts
only where an article, a number or a possessive shows that a thing is meant.
"""

from __future__ import annotations

from agents.screenplay.word_table import word_table
from vibeboard.breakdown import Category

NOUNS: dict[Category, frozenset[str]] = {
    Category.VEHICLES: word_table("""
        car, taxi, cab, taxicab, truck, pickup, pickup truck, van, bus, school bus, ambulance, police car, squad car,
        patrol car, cruiser, limousine, limo, sedan, convertible, hearse, jeep, suv, station wagon, motorcycle,
        motorbike, scooter, bicycle, bike, boat, rowboat, sailboat, speedboat, ferry, ship, canoe, train, subway
        train, tram, plane, airplane, jet, helicopter, tractor, fire truck, fire engine, tow truck, trailer, camper,
        rv, wagon, spaceship, hatchback, minivan, snowmobile, carriage, tank
        """),
    Category.PROPS: word_table("""
        key, phone, cell phone, cellphone, mobile, smartphone, telephone, receiver, photograph, photo, picture,
        polaroid, letter, envelope, note, notebook, book, diary, newspaper, magazine, map, paper, document, file,
        folder, contract, ticket, passport, badge, card, business card, credit card, wallet, purse, handbag, bag,
        backpack, briefcase, suitcase, duffel bag, box, cardboard box, package, parcel, gift, present, bottle, wine
        bottle, beer bottle, whiskey bottle, glass, wine glass, whiskey glass, cup, coffee cup, paper cup, mug,
        coffee, tea, beer, wine, whiskey, champagne, coffee pot, teapot, kettle, plate, bowl, tray, spoon, fork,
        knife, kitchen knife, pan, pot, sandwich, burger, cake, birthday cake, pizza, bread, apple, cigarette, cigar,
        lighter, match, matchbook, ashtray, gun, pistol, revolver, rifle, shotgun, handgun, sword, axe, hammer,
        screwdriver, wrench, crowbar, rope, chain, handcuffs, flashlight, torch, lantern, candle, umbrella, cane,
        crutch, wheelchair, camera, laptop, tablet, radio, walkie-talkie, microphone, guitar, violin, trumpet, ball,
        football, basketball, doll, toy, teddy bear, teddy, pen, pencil, marker, scissors, needle, syringe, pill, pill
        bottle, bandage, ring, wedding ring, coin, money, cash, banknote, bill, check, receipt, menu, clipboard,
        remote, remote control, shovel, broom, mop, bucket, rag, towel, blanket, pillow, ladder, toolbox, gas can,
        fuel can, meter, stopwatch, pocket watch, telescope, binoculars, compass, dice, chessboard, playing card, urn,
        trophy, medal, basket, flag, rose, bouquet, knapsack, lunchbox, thermos, megaphone, whistle, cassette, record,
        usb stick, hard drive, vial, pitcher, jug, jar, cigarette pack, bat, baseball bat, stick, fishing rod,
        luggage, crate, bill of sale
        """),
    Category.ANIMALS: word_table("""
        dog, puppy, cat, kitten, horse, pony, cow, bull, sheep, goat, pig, chicken, rooster, duck, goose, bird, crow,
        raven, pigeon, seagull, owl, eagle, parrot, rat, mouse, rabbit, fox, wolf, deer, bear, snake, lizard, spider,
        fish, goldfish, shark, monkey, elephant, lion, tiger, donkey, mule, fly, moth, butterfly, bee, frog, toad
        """),
    Category.WARDROBE: word_table("""
        jacket, leather jacket, coat, overcoat, raincoat, trench coat, parka, hoodie, sweater, cardigan, shirt,
        t-shirt, blouse, dress, wedding dress, gown, skirt, suit, tuxedo, tie, bow tie, uniform, apron, robe,
        bathrobe, pajamas, jeans, pants, trousers, shorts, vest, hat, cowboy hat, cap, baseball cap, beanie, helmet,
        scarf, gloves, glove, mask, veil, glasses, sunglasses, boot, shoe, high heels, sneaker, slipper, sock,
        fedora, belt, watch, wristwatch, necklace, earring, bracelet, swimsuit, bikini, costume, cloak, cape, lab coat,
        scrubs, overalls, kimono, sari, turban, crown
        """),
    Category.MAKEUP: word_table("""
        blood, bruise, black eye, scar, wound, gash, tattoo, wig, stubble, sweat, tears, lipstick, mascara, burn mark,
        bloody nose, split lip, cut lip, bullet wound, dreadlocks, fake beard, fake mustache
        """),
    Category.SPECIAL_EFFECTS: word_table("""
        rain, snow, sleet, hail, fog, mist, smoke, steam, fire, flame, bonfire, campfire, explosion, spark, dust
        storm, sandstorm, downpour, drizzle, blizzard, squib, muzzle flash, gunfire
        """),
    Category.VISUAL_EFFECTS: word_table("""
        lightning, hologram, ghost, portal, force field, laser beam, apparition, meteor, tornado, tidal wave
        """),
    Category.SOUND: word_table("""
        thunder, siren, gunshot, knock, knocking, scream, footsteps, alarm, doorbell, dial tone, car horn, buzzer,
        ringtone, applause, laughter, heartbeat, church bell, bell, static, birdsong, whimper, bang, crash, thud,
        boom, click, beep, buzz, honk, splash, screech, creak, bark
        """),
    Category.MUSIC: word_table("""
        music, song, melody, lullaby, jazz, rock music, piano music, anthem, hymn, tune, organ music, dance music
        """),
    Category.SET_DRESSING: word_table("""
        desk, chair, armchair, rocking chair, table, kitchen table, coffee table, counter, stool, bar stool, sofa,
        couch, bench, bed, hospital bed, crib, lamp, desk lamp, floor lamp, chandelier, curtain, blind, mirror,
        rear-view mirror, clock, wall clock, grandfather clock, painting, poster, portrait, calendar, bookshelf,
        shelf, bookcase, cabinet, filing cabinet, wardrobe, dresser, nightstand, drawer, rug, carpet, fireplace,
        television, tv, tv set, computer, monitor, jukebox, piano, fridge, refrigerator, stove, oven, microwave, sink,
        bathtub, toilet, sign, neon sign, stop sign, billboard, street lamp, streetlight, streetlamp, traffic light,
        mailbox, phone booth, dumpster, trash can, vending machine, safe, altar, cross, gravestone, headstone, coffin,
        statue, fountain, swing, fence, whiteboard, blackboard, christmas tree, aquarium, typewriter, cash register,
        pool table, ceiling fan, fan, hammock
        """),
    Category.GREENERY: word_table("""
        potted plant, houseplant, plant, flower, flowerpot, bush, hedge, ivy, palm tree, fern, tumbleweed, vine
        """),
    Category.EXTRAS: word_table("""
        crowd, customer, patron, passenger, guard, soldier, officer, police officer, cop, pedestrian, passerby,
        onlooker, bystander, guest, student, nurse, doctor, waiter, waitress, bartender, barman, barmaid, driver,
        reporter, photographer, musician, dancer, worker, tourist, commuter, prisoner, child, kid, couple, mourner,
        worshipper, juror, shopper, villager, townspeople, partygoer, diner patron, security guard, paramedic,
        firefighter, teenager, audience, clerk, cashier, people, stranger, regular, drinker, jogger, cyclist, farmer,
        monk, rider, bandit, man, woman, boy, girl, old man, old woman, guy, nun
        """),
}

AMBIGUOUS = word_table("""
    bat, bear, bill, blind, book, box, check, cross, cruiser, cut lip, duck, fan, file, fire, fly, glass, hail, hood,
    horn, jet, key, knock, map, mask, match, meter, mobile, model, note, pan, paper, park, phone, picture, pilot,
    plant, pot, present, record, regular, remote, rifle, ring, rose, safe, scream, ship, shovel, sign, sink, spark,
    static, stick, suit, swing, tank, tie, torch, toy, train, watch, wound, bowl, card, chain, coin, cup, drawer,
    hammer, plane, steam, smoke, tear, bus, desk, counter, table, stool, ball, bag, badge, burn mark, dress, flag,
    couple, belt, cap, vest, bench, bed, photograph, light, crate, guard, driver, kid, mirror, clock, cab, tears,
    tune, tablet, shotgun, rope
    """)
"""Nouns that are verbs or figures of speech as well."""

ADJECTIVES = word_table("""
    red, blue, green, yellow, black, white, grey, gray, brown, orange, pink, purple, golden, silver, dark, pale,
    bright, old, new, young, ancient, battered, broken, cracked, torn, crumpled, folded, faded, worn, dusty, dirty,
    muddy, wet, bloody, rusty, burning, smoking, sealed, small, little, tiny, big, large, huge, long, short, tall,
    heavy, thick, thin, leather, wooden, metal, steel, plastic, glass, paper, silk, wool, woollen, denim, cotton,
    gold, brass, stone, cheap, expensive, fancy, elegant, vintage, antique, loaded, sharp, stray, wild, dead, giant,
    stolen, abandoned, wrecked, rented, expired, unopened, framed, neon, electric, portable, handwritten, yellowed,
    striped, checkered, plaid, oversized, elderly, drunk, armed, uniformed, masked, hooded, cardboard, tin
    """)

INDEFINITE = word_table("man, woman, boy, girl, old man, old woman, guy, kid, child, couple, stranger, driver")
"""People who are extras when the text brings in one of them (`a woman`), and somebody known when not (`the woman`)."""

EVENTS: dict[str, tuple[Category, str]] = {
    "explodes": (Category.SPECIAL_EFFECTS, "explosion"),
    "explode": (Category.SPECIAL_EFFECTS, "explosion"),
    "shatters": (Category.SPECIAL_EFFECTS, "breakage"),
    "ignites": (Category.SPECIAL_EFFECTS, "fire"),
    "rings": (Category.SOUND, "ringing"),
    "buzzes": (Category.SOUND, "buzz"),
    "beeps": (Category.SOUND, "beep"),
    "honks": (Category.SOUND, "honk"),
    "barks": (Category.SOUND, "bark"),
    "knocks": (Category.SOUND, "knock"),
    "screams": (Category.SOUND, "scream"),
    "slams": (Category.SOUND, "slam"),
    "punches": (Category.STUNTS, "fight"),
    "tackles": (Category.STUNTS, "fight"),
    "brawl": (Category.STUNTS, "fight"),
    "somersaults": (Category.STUNTS, "fall"),
    "plummets": (Category.STUNTS, "fall"),
}
"""Verbs that ask for a department by themselves."""

STATES = word_table("""
    empty, full, half-empty, half-full, open, closed, locked, hot, cold, frozen, fresh, steaming, single, parked,
    same, other, last, first, waiting, whole, loose
    """)
"""Adjectives of the moment: passed over, never part of a thing's name."""

NUMBERS = word_table("""
    one, two, three, four, five, six, seven, eight, nine, ten, dozen, several, many, few, some, pair, half
    """)
DETERMINERS = (
    word_table("""
        a, an, the, his, her, their, its, my, your, our, this, that, these, those, another, each, every, of, with
        """)
    | NUMBERS
)
PRONOUNS = word_table("i, you, he, she, it, we, they, who, to")
ARTICLES = word_table("a, an, the, his, her, their, its, my, your, our")
NEGATIONS = word_table("no, without, never, nor, not")

OTHER_HEADS = word_table("""
    door, seat, window, park, light, number, call, shop, store, station, stop, handle, owner, driver, booth, line,
    dealer, salesman, thief, chase, crash, keys, engine, wheel, tire, roof, hood, trunk, top, edge, leg, drawer, case,
    cover, bag, rack, stand, holder, market, office, factory, house, floor, room, lid, cap, label, screen, button,
    battery, card, trade, fight, battle, show, track, hall, yard, collar, food, bone, fur, skin, hair, bark, box,
    clip, ring, barrel, butt, shot, fire, belt, buckle, sleeve, pocket, brim, lace, strap, tail, stain, type,
    pressure, alcohol, drops, flakes, machine, player, dial, tower, signal, tag, cloth, linen, service, clerk, lot
    """)
"""Nouns that make a compound of the noun before them, which then is no thing of its own: a car door is no car."""

IRREGULAR = {
    "knives": "knife",
    "wives": "wife",
    "shelves": "shelf",
    "wolves": "wolf",
    "mice": "mouse",
    "geese": "goose",
    "children": "child",
    "men": "man",
    "women": "woman",
    "people": "people",
    "passersby": "passerby",
    "calves": "calf",
    "leaves": "leaf",
    "policemen": "policeman",
}
INVARIABLE = word_table("""
    glasses, sunglasses, handcuffs, jeans, pants, trousers, shorts, scissors, binoculars, tears, footsteps, overalls,
    pajamas, scrubs, gloves, high heels, dice, bus, glass, dress, compass, static, headphones, walkie-talkie
    """)

ROLE_NOUNS = word_table("""
    man, woman, boy, girl, driver, cop, officer, guard, waiter, waitress, nurse, doctor, clerk, teacher, mother,
    father, mom, dad, mum, soldier, captain, bartender, voice, stranger, child, kid, priest, judge, old man, old
    woman, detective, manager, boss, neighbor, neighbour, passenger, reporter, operator, announcer, narrator, host
    """)
"""Names of roles that are common nouns: in action only capitals say that the role is meant."""

GROUP_CUES = word_table("""
    all, both, everyone, everybody, together, group, crowd, the others, others, people, voices, mob, class
    """)

TITLES = word_table("""
    mr, mrs, ms, miss, dr, old, young, big, little, aunt, uncle, detective, officer, captain, sergeant, the, sir
    """)

GIVEN_NAMES = word_table("""
    rose, ivy, bill, lily, daisy, pearl, ruby, amber, cliff, dale, reed, rusty, art, grant, dawn, mark, wade, jasmine,
    olive, buck, drew, jack, frank, ginger, hazel, holly, iris, joy, june, may, april, summer, autumn, sky, jade,
    robin, wren, jay, misty, sandy, rocky, chip, pat, chuck, rod, bud, cash, penny, coral, fern, bunny, kitty, rob,
    will, hope
    """)
"""Names that are words of the tables as well."""
