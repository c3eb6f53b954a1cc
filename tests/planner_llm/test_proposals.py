"""What a model may choose, and what becomes of it: whatever it proposes, the plan that comes of it can be shot."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.breakdown import break_down
from agents.planner import cast_looks
from agents.planner.beats import read_beats
from agents.planner.lint import Fault, lint
from agents.planner.plan import plan_setups
from agents.planner.proposals import ProposedShot, ProposedShots, Reading, objections, setups_of
from agents.screenplay import read_fountain
from vibeboard.shot import Angle, Framing, Movement, ScenePlan, ShotSize, Voice
from vibeboard.timing import Rate

DEMO = (Path(__file__).parents[2] / "examples" / "the-last-fare.fountain").read_text()
KITCHEN = """INT. KITCHEN - NIGHT

ANNA sits at the table with a LETTER. TOM comes in.

ANNA
You were out late again.

TOM
The train broke down.

Tom looks at the letter.

TOM
What is that?
"""


@cache
def readings(text: str) -> list[Reading]:
    script = read_fountain(text)
    scenes = zip(script.scenes, break_down(script).scenes, strict=True)
    return [Reading(scene, needs, read_beats(scene, needs)) for scene, needs in scenes]


def kitchen() -> Reading:
    return readings(KITCHEN)[0]


def planned(reading: Reading, proposal: ProposedShots) -> ScenePlan:
    looks = cast_looks(reading.breakdown.cast)
    setups = setups_of(proposal, reading)
    return plan_setups(reading.scene, reading.breakdown, looks, Rate(num=24), 16 / 9, reading.beats, setups)


def shots(*given: dict[str, object]) -> ProposedShots:
    filled = [{"size": "MS", "framing": "single", "subjects": ["ANNA"], "reason": "why not", **shot} for shot in given]
    return ProposedShots.model_validate({"shots": filled})


GOOD = (
    {"beats": [], "size": "EST", "framing": "empty", "subjects": []},
    {"beats": [1, 2], "size": "WS", "framing": "master", "subjects": []},
    {"beats": [3], "size": "MCU", "toward": "TOM"},
    {"beats": [4, 5], "subjects": ["TOM"], "framing": "OTS", "toward": "ANNA", "lens_mm": 75, "movement": "push in"},
    {"beats": [], "framing": "POV", "subjects": ["TOM"], "thing": "letter", "size": "INSERT"},
    {"beats": [6], "size": "CU", "framing": "reaction", "toward": "TOM"},
)


def test_choices_become_shots_in_order_with_every_beat_once():
    plan = planned(kitchen(), shots(*GOOD))
    assert [(s.size, s.framing) for s in plan.shots] == [
        (ShotSize.EST, Framing.EMPTY),
        (ShotSize.WS, Framing.MASTER),
        (ShotSize.MCU, Framing.SINGLE),
        (ShotSize.MS, Framing.OTS),
        (ShotSize.INSERT, Framing.POV),
        (ShotSize.CU, Framing.REACTION),
    ]
    assert lint(kitchen().scene, plan) == []
    assert plan.shots[1].subjects == ("ANNA", "TOM")
    assert [line.voice for line in plan.shots[5].lines] == [Voice.OFF_SCREEN]


def test_a_shot_keeps_its_name_when_the_choices_for_it_change():
    before = planned(kitchen(), shots(*GOOD))
    closer = [*GOOD[:2], {**GOOD[2], "size": "ECU", "angle": "low", "movement": "zoom"}, *GOOD[3:]]
    after = planned(kitchen(), shots(*closer))
    assert [s.id for s in before.shots] == [s.id for s in after.shots]
    assert before.shots[2].camera != after.shots[2].camera


def test_a_lens_is_a_wish_that_the_room_may_cut_short():
    wide, long = (
        planned(kitchen(), shots(*GOOD[:2], {**GOOD[2], "lens_mm": lens}, *GOOD[3:])).shots[2].focal_mm
        for lens in (24, 85)
    )
    assert wide <= 24
    assert 24 < long <= 85


@pytest.mark.parametrize(
    ("place", "change", "path"),
    [
        (1, {"beats": [1]}, "shots.2.beats"),
        (2, {"beats": [4]}, "shots.2.beats"),
        (5, {"beats": [6, 7]}, "shots.5.beats"),
        (5, {"beats": []}, "shots"),
        (2, {"subjects": ["NOBODY"]}, "shots.2.subjects"),
        (2, {"subjects": []}, "shots.2.subjects"),
        (2, {"size": "INSERT"}, "shots.2.size"),
        (3, {"toward": "TOM"}, "shots.3.toward"),
        (4, {"thing": ""}, "shots.4.toward"),
        (4, {"thing": "dragon"}, "shots.4.thing"),
        (0, {"framing": "insert"}, "shots.0.thing"),
    ],
)
def test_what_cannot_be_shot_is_named_by_its_field(place, change, path):
    given = list(GOOD)
    given[place] = {**given[place], **change}
    wrong = objections(shots(*given), kitchen())
    assert [field.path for field in wrong] == [path]
    assert wrong[0].expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Close-Up", ShotSize.CU), ("ms", ShotSize.MS), ("XCU", ShotSize.ECU), ("wide_shot", ShotSize.WS)],
)
def test_names_are_taken_however_they_are_written(written, meant):
    assert shots({"size": written}).shots[0].size is meant


@pytest.mark.parametrize(
    "change", [{"size": "huge"}, {"lens_mm": 900}, {"lens_mm": float("nan")}, {"camera": [0, 0, 0]}]
)
def test_what_no_shot_can_be_is_refused(change):
    with pytest.raises(ValidationError):
        shots(change)


@st.composite
def proposals(draw: st.DrawFn) -> tuple[Reading, ProposedShots]:
    """Any choices that pass the checks, over any scene of the demo."""
    reading = draw(st.sampled_from([reading for reading in [*readings(DEMO), kitchen()] if reading.beats]))
    people = [*reading.breakdown.cast, "NOBODY"]
    made: list[ProposedShot] = []
    at = 1
    while at <= len(reading.beats):
        count = draw(st.integers(0 if len(made) < 3 else 1, 6))
        beats = tuple(range(at, min(at + count, len(reading.beats) + 1)))
        at += len(beats)
        shot = ProposedShot(
            beats=beats,
            size=draw(st.sampled_from(list(ShotSize))),
            framing=draw(st.sampled_from(list(Framing))),
            angle=draw(st.sampled_from(list(Angle))),
            movement=draw(st.sampled_from(list(Movement))),
            lens_mm=draw(st.none() | st.floats(16, 135)),
            subjects=tuple(draw(st.lists(st.sampled_from(people), max_size=3))),
            toward=draw(st.sampled_from(["", *people])),
            thing=draw(st.sampled_from(["", *reading.things])),
            reason="drawn",
        )
        alone = ProposedShots(shots=(*made, shot))
        fits = not [field for field in objections(alone, reading) if field.path.startswith(f"shots.{len(made)}.")]
        made.append(
            shot if fits else shot.model_copy(update={"framing": Framing.EMPTY, "size": ShotSize.WS, "thing": ""})
        )
    return reading, ProposedShots(shots=tuple(made))


@settings(max_examples=60)
@given(proposals())
def test_no_proposal_makes_an_illegal_camera(drawn):
    reading, proposal = drawn
    assume(not objections(proposal, reading))
    plan = planned(reading, proposal)
    assert len(plan.shots) == len(proposal.shots)
    for shot in plan.shots:
        numbers = [
            value for key in shot.camera.keys for value in (*key.position, *key.target, key.focal_mm, key.focus_m)
        ]
        assert all(math.isfinite(number) for number in numbers)
        assert [key.frame for key in shot.camera.keys] == sorted({key.frame for key in shot.camera.keys})
        assert all(0 < line.frames <= shot.frames - line.start for line in shot.lines)
    broken = {finding.fault for finding in lint(reading.scene, plan)}
    assert not broken & {Fault.LINE_COUNT, Fault.ACTION_LOST, Fault.SAME_ID, Fault.LINE_TIME}
