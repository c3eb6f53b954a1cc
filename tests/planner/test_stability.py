"""What an edit changes, and what it must leave alone: the point of an incremental build."""

from __future__ import annotations

import pytest

from agents.breakdown import break_down
from agents.planner import cast_looks, plan_scene
from agents.screenplay import read_fountain
from vibeboard.screenplay import Element, Kind, Scene
from vibeboard.timing import Rate

FPS = Rate(num=24)
SCRIPT = """INT. KITCHEN - NIGHT

ANNA sits at the table. TOM comes in.

ANNA
You were out late again.

TOM
The train broke down outside the city.

ANNA
Three nights in a row it broke down.

Tom picks up the LETTER.

TOM
I can't help what the railway does at night.

ANNA
Put that down.

TOM
Why should I?

ANNA
Because it was never yours to read.

TOM
It has my name on it.

ANNA
It has your father's name on it!

Tom leaves.
"""


@pytest.fixture(scope="module")
def kitchen():
    script = read_fountain(SCRIPT)
    breakdown = break_down(script)
    return script.scenes[0], breakdown.scenes[0], cast_looks(breakdown.scenes[0].cast)


def shots(scene, breakdown, looks):
    return {shot.id: shot for shot in plan_scene(scene, breakdown, looks, FPS, 16 / 9).shots}


def with_element(scene: Scene, index: int, **update: object) -> Scene:
    elements = list(scene.elements)
    elements[index] = elements[index].model_copy(update=update)
    return scene.model_copy(update={"elements": tuple(elements)})


def dialogue(scene: Scene) -> list[int]:
    return [i for i, element in enumerate(scene.elements) if element.kind is Kind.DIALOGUE]


def test_other_words_of_the_same_number_change_the_shots_that_say_them_only(kitchen):
    scene, breakdown, looks = kitchen
    before = shots(scene, breakdown, looks)
    for index in dialogue(scene):
        element = scene.elements[index]
        words = " ".join("never" if word.isalpha() else word for word in element.text.split())
        after = shots(with_element(scene, index, text=words), breakdown, looks)
        assert list(after) == list(before)
        changed = [shot for shot in before if before[shot] != after[shot]]
        assert all(element.id in {line.element_id for line in before[shot].lines} for shot in changed)
        assert len(changed) == 1


def test_a_longer_line_makes_its_shot_longer_and_nothing_else_different(kitchen):
    scene, breakdown, looks = kitchen
    before = shots(scene, breakdown, looks)
    index = dialogue(scene)[1]
    longer = "The train broke down outside the city, and nobody came to tell us why."
    after = shots(with_element(scene, index, text=longer), breakdown, looks)
    assert list(after) == list(before)
    (changed,) = [shot for shot in before if before[shot] != after[shot]]
    old, new = before[changed], after[changed]
    assert new.frames > old.frames
    assert (new.seed, new.size, new.framing, new.movement) == (old.seed, old.size, old.framing, old.movement)
    assert new.camera.keys[0] == old.camera.keys[0]


def test_an_inserted_line_leaves_every_other_shot_as_it_was(kitchen):
    scene, breakdown, looks = kitchen
    before = shots(scene, breakdown, looks)
    lines = dialogue(scene)
    at = lines[2] + 1
    new = tuple(
        Element(id=f"new-{kind}", kind=kind, text=text, line=99, last_line=99, speaker="TOM")
        for kind, text in ((Kind.CUE, "TOM"), (Kind.DIALOGUE, "And a fourth one before them as well."))
    )
    edited = scene.model_copy(update={"elements": (*scene.elements[:at], *new, *scene.elements[at:])})
    after = shots(edited, breakdown, looks)
    assert set(before) <= set(after)
    assert len(after) == len(before) + 1
    assert [shot for shot in before if before[shot] != after[shot]] == []


def test_what_moves_down_the_page_keeps_its_shots_but_for_its_line_numbers(kitchen):
    scene, breakdown, looks = kitchen
    moved = tuple(
        element.model_copy(update={"line": element.line + 7, "last_line": element.last_line + 7})
        for element in scene.elements
    )
    before = shots(scene, breakdown, looks)
    after = shots(scene.model_copy(update={"elements": moved}), breakdown, looks)
    lines = {"first_line": 0, "last_line": 0}
    assert [s.model_copy(update=lines) for s in before.values()] == [s.model_copy(update=lines) for s in after.values()]


def test_a_change_in_one_scene_never_touches_another():
    other = SCRIPT.replace("KITCHEN", "OFFICE").replace("Three nights", "Two days")

    def plans(text):
        script = read_fountain(text)
        breakdown = break_down(script)
        looks = cast_looks(["ANNA", "TOM"])
        pairs = zip(script.scenes, breakdown.scenes, strict=True)
        return [plan_scene(scene, needs, looks, FPS, 16 / 9) for scene, needs in pairs]

    first, second = plans(other + "\n" + SCRIPT)
    edited, same = plans(other.replace("Two days", "Many a day") + "\n" + SCRIPT)
    assert edited != first
    assert same == second


def test_ids_and_seeds_do_not_depend_on_rate_or_format(kitchen):
    scene, breakdown, looks = kitchen
    one = plan_scene(scene, breakdown, looks, FPS, 16 / 9)
    two = plan_scene(scene, breakdown, looks, Rate(num=25), 2.39)
    assert [(shot.id, shot.seed) for shot in one.shots] == [(shot.id, shot.seed) for shot in two.shots]


def test_one_place_has_one_dressing(kitchen):
    scene, breakdown, looks = kitchen
    assert len({shot.stage.dressing_seed for shot in shots(scene, breakdown, looks).values()}) == 1
