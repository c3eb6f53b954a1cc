from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.planner import cast_looks, number_shots
from agents.planner.numbers import letters
from vibeboard.shot import ScenePlan

NAMES = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ ", min_size=1, max_size=12), unique=True, max_size=20)


@given(NAMES, st.text("ABCDEFG", min_size=1))
def test_a_new_member_at_the_end_of_the_cast_changes_nobody(names, newcomer):
    before = cast_looks(names)
    after = cast_looks([*names, newcomer])
    assert {name: after[name] for name in names} == before


@given(NAMES)
def test_height_and_build_come_from_the_name_alone(names):
    together = cast_looks(names)
    for name in names:
        (alone,) = cast_looks([name]).values()
        assert (together[name].height, together[name].build) == (alone.height, alone.build)
        assert 0.9 <= alone.build <= 1.2
        assert 1.2 <= alone.height <= 1.9


def test_sixteen_people_wear_sixteen_colours_that_tell_them_apart():
    colours = [look.colour for look in cast_looks(f"PERSON {n}" for n in range(16)).values()]
    assert len(set(colours)) == 16
    assert min(math.dist(a, b) for i, a in enumerate(colours) for b in colours[:i]) > 0.12
    assert len(cast_looks(f"PERSON {n}" for n in range(40))) == 40


def test_a_child_is_smaller_than_anyone_grown():
    looks = cast_looks(["BOY", "LITTLE GIRL", "ANNA", "TOM", "RUTH", "MILO"])
    small, tall = [looks.pop("BOY").height, looks.pop("LITTLE GIRL").height], [look.height for look in looks.values()]
    assert max(small) < min(tall)


def test_letters_skip_i_and_o():
    row = [letters(place) for place in range(26)]
    assert "".join(row[:24]) == "ABCDEFGHJKLMNPQRSTUVWXYZ"
    assert row[24:] == ["AA", "AB"]


@pytest.mark.parametrize(("own", "expected"), [("", ["1A", "1B"]), ("42", ["42A", "42B"]), ("12A", ["12A-A", "12A-B"])])
def test_a_shot_is_numbered_after_its_scene(own, expected, plan):
    (scene,) = plan("INT. ROOM - DAY\n\nANNA\nIs everybody here already?\n\nTOM\nAs far as I can see.\n")
    shots = scene.shots[:2]
    plan_ = ScenePlan(scene_id=scene.scene.id, shots=shots)
    numbers = number_shots([plan_], {scene.scene.id: own})
    assert [numbers[shot.id] for shot in shots] == expected


def test_scenes_without_a_number_count_on(plan):
    scenes = plan("INT. ROOM - DAY\n\nRain.\n\nEXT. FIELD - DAY\n\nWind.\n")
    assert sorted(number_shots(scene.plan for scene in scenes).values()) == ["1A", "2A"]
