"""Things in the action: found where they are there, left where a word means something else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.breakdown import break_down, isolated_objects
from agents.breakdown.lexicon import NOUNS
from agents.breakdown.text import singular
from agents.screenplay import read_fountain
from vibeboard.breakdown import BreakdownItem, Category


def items(action: str, heading: str = "INT. ROOM - DAY") -> tuple[BreakdownItem, ...]:
    (scene,) = break_down(read_fountain(f"{heading}\n\n{action}\n")).scenes
    return scene.items


def names(action: str, heading: str = "INT. ROOM - DAY") -> set[tuple[Category, str]]:
    return {(item.category, item.name) for item in items(action, heading)}


@pytest.mark.parametrize(
    ("action", "category", "name"),
    [
        ("She holds a knife.", Category.PROPS, "knife"),
        ("She holds two knives.", Category.PROPS, "knife"),
        ("A small wooden box.", Category.PROPS, "small wooden box"),
        ("A set of car keys.", Category.PROPS, "key"),
        ("Three wine glasses.", Category.PROPS, "wine glass"),
        ("The KEY.", Category.PROPS, "key"),
        ("The phone rings.", Category.PROPS, "phone"),
        ("Empty bottles everywhere.", Category.PROPS, "bottle"),
        ("A red car waits.", Category.VEHICLES, "red car"),
        ("A police car waits.", Category.VEHICLES, "police car"),
        ("Two black horses.", Category.ANIMALS, "black horse"),
        ("Mice run.", Category.ANIMALS, "mouse"),
        ("She takes off her leather jacket.", Category.WARDROBE, "leather jacket"),
        ("He wears glasses.", Category.WARDROBE, "glasses"),
        ("A bruise on her cheek.", Category.MAKEUP, "bruise"),
        ("Rain. Fog.", Category.SPECIAL_EFFECTS, "rain"),
        ("The truck explodes.", Category.SPECIAL_EFFECTS, "explosion"),
        ("Lightning.", Category.VISUAL_EFFECTS, "lightning"),
        ("BANG!", Category.SOUND, "bang"),
        ("The phone rings.", Category.SOUND, "ringing"),
        ("Jazz from next door.", Category.MUSIC, "jazz"),
        ("A neon sign.", Category.SET_DRESSING, "neon sign"),
        ("He sits at the kitchen table.", Category.SET_DRESSING, "kitchen table"),
        ("A potted plant.", Category.GREENERY, "potted plant"),
        ("He punches the wall.", Category.STUNTS, "fight"),
        ("A crowd of children.", Category.EXTRAS, "child"),
        ("Two uniformed OFFICERS wait.", Category.EXTRAS, "uniformed officer"),
        ("A WOMAN walks past.", Category.EXTRAS, "woman"),
    ],
)
def test_found(action: str, category: Category, name: str) -> None:
    assert (category, name) in names(action)


@pytest.mark.parametrize(
    ("action", "absent"),
    [
        ("The car door slams.", "car"),
        ("The phone number.", "phone"),
        ("There is no gun.", "gun"),
        ("He comes without his coat.", "coat"),
        ("She books a flight.", "book"),
        ("He guns the engine.", "gun"),
        ("She watches the road.", "watch"),
        ("They match.", "match"),
        ("Birds fly.", "fly"),
        ('A sign: "THE GUN IN THE BOX".', "gun"),
        ("The woman waits.", "woman"),
        ("RUTH (60), a woman of few words, waits.", "woman"),
        ("He moves like a boy.", "boy"),
        ("ROSE enters.", "rose"),
        ("RUTH\nI have a gun and a horse.", "gun"),
        ("[[Needs a horse?]]", "horse"),
        ("= A horse arrives.", "horse"),
    ],
)
def test_left(action: str, absent: str) -> None:
    assert absent not in {name for _, name in names(action)}


def test_a_thing_is_one_item_with_all_its_lines() -> None:
    found = items("A red car waits.\n\nThe car starts.\n\nThe red car leaves. A blue car comes.")
    assert [(item.name, item.lines) for item in found] == [("red car", (3, 5, 7)), ("blue car", (7,))]


def test_a_thing_takes_the_better_name_that_comes_later() -> None:
    assert [(item.name, item.lines) for item in items("A car waits.\n\nThe red car starts.")] == [("red car", (3, 5))]


def test_lines_are_counted_inside_a_paragraph() -> None:
    found = items("She puts down\na knife\nand a spoon.")
    assert [(item.name, item.lines) for item in found] == [("knife", (4,)), ("spoon", (5,))]


def test_the_car_that_a_scene_plays_in_is_needed() -> None:
    assert (Category.VEHICLES, "taxi") in names("She drives.", "INT. RUTH'S TAXI - NIGHT")


def test_a_thing_that_speaks_is_still_a_thing() -> None:
    assert (Category.PROPS, "radio") in names("She lifts the radio.\n\nRADIO (V.O.)\nGood morning.")


def test_items_come_in_the_order_of_the_categories() -> None:
    order = list(Category)
    found = [order.index(item.category) for item in items("Rain. ANNA (30) has a knife, a dog, a hat and a red car.")]
    assert found == sorted(found)
    assert len(set(found)) == 6


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("INSERT - THE LETTER", ["letter"]),
        ("INSERT: HIS GOLD WATCH", ["gold watch"]),
        ("CLOSE ON a red button.", ["red button"]),
        ("CLOSE UP OF THE KEY", ["key"]),
        ("A KEY falls.", ["key"]),
        ("The COFFEE CUPS rattle.", ["coffee cup"]),
        ("We see a small box under the chair.", ["small box"]),
        ("RUTH lifts the box.", []),
        ("BANG! The lamp goes out.", []),
        ("A dog sleeps.", []),
    ],
)
def test_what_stands_out(action: str, expected: list[str]) -> None:
    (scene,) = read_fountain(f"INT. ROOM - DAY\n\n{action}\n").scenes
    assert [name for _, name in isolated_objects(scene)] == expected
    assert all(element == scene.elements[0].id for element, _ in isolated_objects(scene))


def test_no_word_stands_in_two_tables() -> None:
    """It would be two items, or whichever comes last."""
    listed = [word for nouns in NOUNS.values() for word in nouns]
    assert sorted(listed) == sorted(set(listed))


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("boxes", "box"),
        ("candies", "candy"),
        ("shelves", "shelf"),
        ("glass", "glass"),
        ("dresses", "dress"),
        ("bus", "bus"),
    ],
)
def test_singulars(plural: str, one: str) -> None:
    assert singular(plural) == one


words = st.sampled_from([*NOUNS[Category.PROPS], "the", "a", "red", "RUTH", "no", ".", ",", "(", "rings", "of", "—"])


@given(st.lists(words, max_size=40).map(" ".join) | st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_action_breaks_down_without_repeats(action: str) -> None:
    screenplay = read_fountain(f"INT. ROOM - DAY\n\n{action}\n")
    for scene in break_down(screenplay).scenes:
        found = [(item.category, item.name) for item in scene.items]
        assert len(found) == len(set(found))
        assert all(item.name and item.lines for item in scene.items)
