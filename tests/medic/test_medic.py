"""The Medic: what it mends, what it waits for, what it leaves to a person, and what it never touches."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.medic import MAX_REPAIRS, Action, decide
from gpu_runtime.engine import Engine, Limits
from gpu_runtime.executor import validation_fault
from tools.declare import registry
from vibeboard.camera import CameraKey, CameraPath
from vibeboard.faults import Fault, FaultKind
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.stage import Figure, Mark, SetKind, Stage
from vibeboard.timing import Rate

TOOL = registry()["generate_shot"]
WAN = Engine(
    name="wan-like",
    task="generate_shot",
    revision=1,
    implementation="nowhere:none",
    summary="Limits like those of a video model.",
    limits=Limits(size_multiple=16, frames_step=4, frames_offset=1, max_frames=201),
)


def good() -> dict:
    stage = Stage(
        set_kind=SetKind.ROOM,
        int_ext=IntExt.INT,
        time=TimeOfDay.DAY,
        dressing_seed=3,
        figures=(Figure(id="ann", name="ANN", colour=(0.8, 0.2, 0.2), marks=(Mark(frame=0, x=0, z=0),)),),
    )
    camera = CameraPath(keys=(CameraKey(frame=0, position=(0, 1.6, 3), target=(0, 1.5, 0)),))
    params = TOOL.params(
        prompt="Ann waits", stage=stage, camera=camera, frames=81, fps=Rate(num=24), width=832, height=480, seed=7
    )
    return params.model_dump(mode="json")


def mend(args: dict, engine: Engine = WAN) -> dict | None:
    """Call, fail, repair, until the arguments are legal or the Medic stops: the arguments, or nothing."""
    for attempt in range(1, MAX_REPAIRS + 2):
        try:
            params = TOOL.params.model_validate(args)
            violations = engine.limits.violations(params.model_dump(mode="json"))
            if not violations:
                return params.model_dump(mode="json")
            fault = Fault(kind=FaultKind.REPAIRABLE, code="not_legal_on_engine", message="", fields=violations)
        except ValidationError as error:
            fault = validation_fault(error)
        decision = decide(fault, args, TOOL, engine, attempt)
        if decision.action is not Action.REPAIR:
            return None
        args = decision.args
    return None


def broken(**changes) -> dict:
    args = {**good(), **changes}
    return {name: value for name, value in args.items() if value is not ...}


REPAIRS = {
    "a number as text": broken(width="832"),
    "a number with its unit": broken(height="480 px"),
    "a float that is whole": broken(frames="81.0"),
    "seconds for frames": broken(frames="3.375s"),
    "camelCase": broken(numFrames=81, frames=...),
    "a synonym": broken(num_frames=81, frames=...),
    "a misspelt name": broken(heigth=480, height=...),
    "a size in one string": broken(size="832x480", width=..., height=...),
    "a width that holds both": broken(width="832X480", height=...),
    "a rate as a number": broken(fps=24),
    "a rate as text": broken(fps="24 fps"),
    "JSON that was encoded twice": broken(camera=json.dumps(good()["camera"])),
    "an enum in other letters": broken(stage={**good()["stage"], "time": "Day", "set_kind": "ROOM"}),
    "the last word of what is missing": broken(
        stage={"seed" if name == "dressing_seed" else name: value for name, value in good()["stage"].items()}
    ),
    "settings of an object": broken(camera_settings=good()["camera"], camera=...),
    "the list of a missing object's place": broken(camera=..., keys=good()["camera"]["keys"]),
    "pixels of a width": broken(frame_width=832, width=...),
    "a number as text, deep inside": broken(
        camera={**good()["camera"], "keys": [{**good()["camera"]["keys"][0], "focal_mm": "35mm"}]}
    ),
}


@pytest.mark.parametrize("args", REPAIRS.values(), ids=REPAIRS.keys())
def test_what_is_only_badly_written_is_mended_to_what_was_meant(args):
    assert mend(args) == good()


def test_sizes_and_lengths_become_legal_on_the_engine_when_they_are_near():
    mended = mend(broken(width=854, height=480, frames=80))
    assert (mended["width"], mended["height"], mended["frames"]) == (848, 480, 81)


@pytest.mark.parametrize(("asked", "made"), [(201, 201), (204, 201), (210, 201), (240, None)])
def test_a_length_a_little_beyond_the_engine_is_its_longest(asked, made):
    mended = mend(broken(frames=asked))
    assert (mended and mended["frames"]) == made


@pytest.mark.parametrize(("asked", "made"), [((1936, 1089), (1920, 1088)), ((3840, 2160), None)])
def test_a_size_a_little_beyond_the_engine_is_its_largest(asked, made):
    limits = Limits(size_multiple=16, max_size=1920)
    engine = Engine(
        name="hd", task="generate_shot", revision=1, implementation="nowhere:none", summary="", limits=limits
    )
    mended = mend(broken(width=asked[0], height=asked[1]), engine)
    assert (mended and (mended["width"], mended["height"])) == made


def test_a_legal_size_that_would_change_the_picture_is_left_to_a_person():
    assert mend(broken(width=70, height=100)) is None


@pytest.mark.parametrize(
    ("changes"),
    [
        {"duration": 5, "frames": ...},
        {"weight": 512, "height": ...},
        {"length": "5", "frames": ...},
    ],
    ids=str,
)
def test_a_name_that_may_mean_something_else_is_left_to_a_person(changes):
    assert mend(broken(**changes)) is None


def test_another_unit_in_a_name_is_converted_and_never_taken_for_a_slip():
    keys = [{**{k: v for k, v in good()["camera"]["keys"][0].items() if k != "focus_m"}, "focus_mm": 2500}]
    assert mend(broken(camera={**good()["camera"], "keys": keys}))["camera"]["keys"][0]["focus_m"] == 2.5


def test_a_duration_that_says_its_unit_becomes_frames():
    assert mend(broken(duration="3.375s", frames=...)) == good()


def test_a_missing_prompt_is_never_invented():
    assert mend(broken(prompt=...)) is None


def test_a_number_that_would_lose_something_is_not_rounded():
    assert mend(broken(frames="80.6")) is None


def test_an_unknown_name_that_resembles_nothing_is_not_dropped():
    assert mend(broken(style_preset="noir")) is None


def test_every_change_is_in_the_decision_with_before_and_after():
    args = broken(width="832 px")
    with pytest.raises(ValidationError) as caught:
        TOOL.params.model_validate(args)
    decision = decide(validation_fault(caught.value), args, TOOL, WAN, 1)
    assert [(change.path, change.before, change.after) for change in decision.changes] == [("width", "832 px", 832)]


def test_what_may_pass_is_tried_again_with_the_same_arguments_and_a_growing_wait():
    fault = Fault(kind=FaultKind.TRANSIENT, code="worker_died", message="the worker ended")
    waits = []
    for attempt in range(1, 5):
        decision = decide(fault, good(), TOOL, WAN, attempt)
        assert decision.args == good()
        waits.append(decision.wait_s if decision.action is Action.RETRY else None)
    assert waits == [0.5, 1.0, 2.0, None]


@pytest.mark.parametrize("kind", [FaultKind.REJECTED, FaultKind.CANCELLED, FaultKind.BUG])
def test_the_rest_stops_at_once_with_its_sentence(kind):
    decision = decide(Fault(kind=kind, code="x", message="no such file"), good(), TOOL, WAN, 1)
    assert (decision.action, decision.message, decision.changes) == (Action.STOP, "no such file", ())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(good())), value=json_values)
def test_it_ends_for_any_argument_and_never_touches_another_field(name, value):
    args = {**good(), name: value}
    mended = mend(args)
    if mended is not None:
        legalised = {"width", "height", "frames"}
        assert all(mended[other] == good()[other] for other in good() if other != name and other not in legalised)


@given(width=st.integers(64, 2000), height=st.integers(64, 2000), frames=st.integers(1, 200))
def test_what_it_makes_legal_is_near_and_legal_arguments_stay(width, height, frames):
    args = broken(width=width, height=height, frames=frames)
    mended = mend(args)
    if mended is None:
        return
    assert mended["width"] % 16 == mended["height"] % 16 == 0
    assert mended["frames"] % 4 == 1
    assert abs(mended["frames"] - frames) <= 0.06 * frames
    assert abs(mended["width"] * mended["height"] / (width * height) - 1) <= 0.08
    assert mend(mended) == mended
