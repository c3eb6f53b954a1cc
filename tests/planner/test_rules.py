"""Rules that hold for any scene, whatever is in it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.planner import cast_looks, lint, number_shots, plan_scene
from agents.planner.lint import Fault
from vibeboard.breakdown import SceneBreakdown
from vibeboard.digest import canonical
from vibeboard.screenplay import Element, IntExt, Kind, Scene, Slugline, TimeOfDay
from vibeboard.shot import ScenePlan
from vibeboard.stage import SetKind
from vibeboard.timing import Rate

PEOPLE = ("ANNA", "TOM", "OLD MAN", "THE COP")
ACTIONS = (
    "Anna enters.",
    "Tom walks to Anna.",
    "Tom leaves.",
    "She sits down. He kneels.",
    "Anna looks at Tom. A long silence.",
    "Tom raises a GUN.",
    "We see a knife on the floor.",
    "INSERT - THE PHONE",
    "BACK TO SCENE",
    "The old man lies on the bed, asleep.",
    "Rain.",
    "They fight! Suddenly Tom spins around.",
    "The cop runs down the street. Anna watches.",
    "They kiss.",
    "Anna realizes what it means.",
    "",
)
WORDS = ("Yes.", "What do you want from me?", "GET OUT OF HERE NOW!", "I don't know... " + "and so on " * 15)
EXTENSIONS = ((), ("V.O.",), ("O.S.",), ("CONT'D",))


def element(number: int, kind: Kind, text: str, speaker: str = "", extensions: tuple[str, ...] = ()) -> Element:
    return Element(
        id=f"e{number}", kind=kind, text=text, line=number, last_line=number, speaker=speaker, extensions=extensions
    )


action = st.builds(lambda text: [(Kind.ACTION, text, "", ())], st.sampled_from(ACTIONS))
speech = st.builds(
    lambda who, how, text: [(Kind.CUE, who, who, how), (Kind.DIALOGUE, text, who, how)],
    st.sampled_from(PEOPLE),
    st.sampled_from(EXTENSIONS),
    st.sampled_from(WORDS),
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Scene, SceneBreakdown]:
    parts = [part for group in draw(st.lists(action | speech, max_size=14)) for part in group]
    elements = tuple(element(i + 2, *part) for i, part in enumerate(parts))
    set_kind = draw(st.sampled_from(SetKind))
    heading = element(1, Kind.HEADING, "INT. SOMEWHERE - DAY")
    scene = Scene(
        id="e1",
        number="",
        slug=Slugline(int_ext=IntExt.INT, place="SOMEWHERE"),
        heading=heading,
        elements=elements,
    )
    needs = SceneBreakdown(
        scene_id="e1",
        number="1",
        set_kind=set_kind,
        time=TimeOfDay.DAY,
        new_place=draw(st.booleans()),
        eighths=1,
        cast=PEOPLE,
        items=(),
    )
    return scene, needs


def planned(case: tuple[Scene, SceneBreakdown], aspect: float = 16 / 9) -> ScenePlan:
    return plan_scene(*case, cast_looks(PEOPLE), Rate(num=24), aspect)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(scenes(), st.sampled_from([16 / 9, 2.39, 4 / 3, 9 / 16]))
def test_a_script_supervisor_has_nothing_to_object_to(case, aspect):
    assert lint(case[0], planned(case, aspect), aspect) == []


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_every_line_is_said_once_by_its_own_speaker_in_its_own_words(case):
    plan = planned(case)
    said = Counter((line.element_id, line.speaker, line.text) for shot in plan.shots for line in shot.lines)
    written = Counter((e.id, e.speaker, " ".join(e.text.split())) for e in case[0].elements if e.kind is Kind.DIALOGUE)
    assert said == written


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_shots_are_whole_and_of_a_length_one_can_watch(case):
    for shot in planned(case).shots:
        silent = not shot.lines
        assert 24 * 1.2 <= shot.frames <= (24 * 12 if silent else 24 * 60)
        assert shot.description
        assert shot.reason
        assert shot.first_line <= shot.last_line
        assert shot.covers
        assert all(key.frame < shot.frames for key in shot.camera.keys)
        assert [key.frame for key in shot.camera.keys] == sorted({key.frame for key in shot.camera.keys})
        assert all(a.start + a.frames <= b.start for a, b in zip(shot.lines, shot.lines[1:], strict=False))


@settings(max_examples=30, deadline=None)
@given(scenes())
def test_the_same_scene_gives_the_same_bytes(case):
    assert canonical(planned(case)) == canonical(planned(case))


def test_a_dropped_line_and_a_lost_action_are_found(plan):
    (scene,) = plan("INT. ROOM - DAY\n\nANNA waits.\n\nANNA\nWhere is everybody tonight?\n")
    nothing = ScenePlan(scene_id=scene.scene.id, shots=())
    assert {finding.fault for finding in lint(scene.scene, nothing)} == {Fault.LINE_COUNT, Fault.ACTION_LOST}


def test_a_camera_on_the_wrong_side_or_off_its_speaker_is_found(plan):
    (scene,) = plan(
        "INT. ROOM - DAY\n\nANNA\nWhere is everybody tonight?\n\n"
        "TOM\nGone to see the fireworks.\n\nANNA\nAll of them?\n"
    )
    *others, last = scene.shots
    key = last.camera.keys[0]
    mirrored = [
        value.model_copy(update={"position": (value.position[0], value.position[1], -value.position[2])})
        for value in last.camera.keys
    ]
    wrong = last.model_copy(update={"camera": last.camera.model_copy(update={"keys": tuple(mirrored)})})
    away = key.model_copy(update={"target": (key.position[0] * 3, 1.5, key.position[2] * 3)})
    astray = last.model_copy(update={"camera": last.camera.model_copy(update={"keys": (away,)})})
    for shot, fault in ((wrong, Fault.CROSSES_LINE), (astray, Fault.SPEAKER_UNSEEN)):
        plan_ = ScenePlan(scene_id=scene.scene.id, shots=(*others, shot))
        assert fault in {finding.fault for finding in lint(scene.scene, plan_)}


def test_a_thousand_scenes_are_planned_and_numbered(plan):
    part = (
        "INT. ROOM {n} - DAY\n\nANNA walks in. TOM looks at her.\n\n"
        "ANNA\nAre you ready for it?\n\nTOM\nAlways have been.\n\n"
    )
    scenes_ = plan("".join(part.format(n=n) for n in range(1000)))
    numbers = number_shots(scene.plan for scene in scenes_)
    assert len(scenes_) == 1000
    assert len(numbers) == len(set(numbers.values())) == sum(len(scene.shots) for scene in scenes_)


@pytest.mark.parametrize(("num", "den"), [(24, 1), (25, 1), (30000, 1001), (1, 1)])
def test_any_rate_of_frames_works(num, den, plan):
    (scene,) = plan("INT. ROOM - DAY\n\nANNA walks in.\n\nANNA\nReady?\n", fps=Rate(num=num, den=den))
    assert lint(scene.scene, scene.plan) == []
