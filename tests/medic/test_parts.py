"""Several numbers in one value: what is what, and when it cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from agents.medic import Action, Decision, decide
from agents.medic.quantities import read
from gpu_runtime.engine import Engine, Limits
from tools.declare import Params, Tool, field
from vibeboard.faults import Fault, FaultKind
from vibeboard.hints import hints
from vibeboard.stage import Colour, Extent, Vec3
from vibeboard.timing import Rate


class BoxParams(Params):
    size: Extent = field("Size", unit="m", default=(1.0, 1.0, 1.0))
    where: Vec3 = field("Where", unit="m", default=(0.0, 0.0, 0.0))
    colour: Colour = field("Colour", default=(0.0, 0.0, 0.0))
    width: int = Field(640, json_schema_extra=hints(unit="px", joint=("resolution",), ratio=("aspect",)))
    height: int = Field(480, json_schema_extra=hints(unit="px", joint=("resolution",), ratio=("aspect",)))


async def _never(_params, _ctx):
    raise AssertionError


TOOL = Tool("box", "vfx-suite", "video", "Box.", BoxParams, _never)
ENGINE = Engine(name="any", task="box", revision=1, implementation="a:b", summary="", limits=Limits())
WRONG = Fault(kind=FaultKind.REPAIRABLE, code="invalid_params", message="wrong")


def decided(args) -> Decision:
    return decide(WRONG, args, TOOL, ENGINE, 1)


def made(**args):
    decision = decided(args)
    assert decision.action is Action.REPAIR, decision.message
    return BoxParams.model_validate(decision.args)


@pytest.mark.parametrize(
    ("value", "metres"),
    [
        ("8 x 10 x 8 cm", (0.08, 0.1, 0.08)),
        ("0 x 160 x 300 cm", (0.0, 1.6, 3.0)),
        ("1, 2, 3 ft", (0.3048, 0.6096, 0.9144)),
        (["0", "160cm", "3 m"], (0.0, 1.6, 3.0)),
        ({"x": 0, "y": "160cm", "z": 3}, (0.0, 1.6, 3.0)),
        ("z=3, y=1.6, x=0", (0.0, 1.6, 3.0)),
        ("x: 0 y: 1.6 z: 3", (0.0, 1.6, 3.0)),
    ],
)
def test_a_unit_at_the_end_holds_for_all_and_labels_hold_for_their_part(value, metres):
    assert made(where=value).where == pytest.approx(metres)


@pytest.mark.parametrize(
    "value",
    ["8 cm x 10 x 8", "8 x 10 cm x 8 cm", [8, 10, "8 cm"], "x=1, y=2, 3", "x=1, x=2, z=3", "q=1, y=2, z=3", "1 x 2"],
)
def test_parts_of_which_some_only_have_a_unit_or_a_label_go_to_a_person(value):
    assert decided({"where": value}).action is Action.STOP


def test_the_sides_of_a_box_go_by_their_names():
    assert made(size="d=0.3, w=0.1, h=0.2").size == (0.1, 0.2, 0.3)


@pytest.mark.parametrize("value", ["720 high x 1280 wide", "1280w x 720h", "w=1280,h=720", "1280 x 720 pixels", "720p"])
def test_a_picture_is_as_wide_as_was_said(value):
    box = made(resolution=value)
    assert (box.width, box.height) == (1280, 720)


def test_a_size_that_says_two_things_goes_to_a_person():
    assert decided({"resolution": "720p (1920x1080)"}).action is Action.STOP


@pytest.mark.parametrize(
    "value", ["204, 51, 51", [204, 51, 51], {"b": 51, "g": 51, "r": 204}, "rgb(204, 51, 51)", "#cc3333", "#c33"]
)
def test_a_colour_is_from_0_to_1_however_it_was_counted(value):
    assert made(colour=value).colour == pytest.approx((0.8, 0.2, 0.2))


def test_labels_of_a_colour_are_not_its_order():
    assert made(colour="b=0.2, g=0.3, r=0.8").colour == (0.8, 0.3, 0.2)


@pytest.mark.parametrize("value", [[300, 0, 0], [1.5, 0.2, 0.2], [-1, 0, 0], [2, 1, 0]])
def test_a_colour_beyond_all_scales_goes_to_a_person(value):
    assert decided({"colour": value}).action is Action.STOP


RATE = Rate(num=24)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("3 seconds and 12 frames", "frame", 84),
        ("PT3.5S", "frame", 84),
        ("3 1/2 s", "frame", 84),
        ("3½ s", "frame", 84),
        ("84 frames @ 24 fps", "frame", 84),
        ("3.5 s (84 frames)", "frame", 84),
        ("1m30", "s", 90),
        ("8 feet, 2 inches", "m", 2.48920),
        ("6ft1", "m", 1.8542),
        ("6-foot-1", "m", 1.8542),
        ("1m85", "m", 1.85),
        ("35-mm", "mm", 35),
        ("35㎜", "mm", 35),
        ("f=35mm", "mm", 35),
        ("ƒ/2.8", "f", 2.8),
        ("minus 6 dB", "dB", -6),
        ("\N{MINUS SIGN}6 dB", "dB", -6),
        ("90º", "deg", 90),
        ("24 frames/sec", "frame/s", 24),
    ],
)
def test_a_quantity_is_read_as_people_write_it(text, unit, number):
    found = read(text, unit, RATE)
    assert found is not None
    assert float(found) == pytest.approx(number)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("3 s (84 frames)", "frame"),
        ("84 frames @ 25 fps", "frame"),
        ("1.000", "frame"),
        ("24-70 mm", "mm"),
        ("T2.8", "f"),
        ("1/0 s", "s"),
    ],
)
def test_a_quantity_that_says_two_things_is_not_read(text, unit):
    assert read(text, unit, RATE) is None


@given(
    number=st.integers(1, 999), unit=st.sampled_from(["mm", "cm", "m", "ft", "in"]), other=st.sampled_from(["m", "mm"])
)
def test_a_unit_may_stand_apart_or_not(number, unit, other):
    assert (
        read(f"{number}{unit}", other) == read(f" {number} {unit.upper()} ", other) == read(f"{number}-{unit}", other)
    )


@given(parts=st.permutations([("x", "0.5"), ("y", "1.5"), ("z", "2.5")]))
def test_labelled_parts_may_stand_in_any_order(parts):
    assert made(where=", ".join(f"{name}={value}" for name, value in parts)).where == (0.5, 1.5, 2.5)


def test_a_null_beside_another_name_of_a_field_says_nothing():
    box = made(width=None, Width=1280, height=720)
    assert (box.width, box.height) == (1280, 720)


OBJECT = '{"where": "1 x 2 x 3 m"}'


@pytest.mark.parametrize(
    "text",
    [
        f"[TOOL_CALLS]delete_project[ARGS]{OBJECT}",
        f"to=functions.delete_project {OBJECT}",
        f"Action: delete_project\nAction Input: {OBJECT}",
        f"delete_project: {OBJECT}",
        f"<tool_call>delete_project\n{OBJECT}</tool_call>",
        f"delete_project({OBJECT})",
        '<invoke name="delete_project"><parameter name="where">1 x 2 x 3 m</parameter></invoke>',
    ],
)
def test_what_is_addressed_to_another_tool_is_not_made_by_this_one(text):
    decision = decided(text)
    assert (decision.action, "delete_project" in decision.message) == (Action.STOP, True)


@pytest.mark.parametrize(
    "before", ["", "Here it is: ", "I will call box now. ", "box", "<tool_call>\n", "functions.box:0 "]
)
def test_words_before_a_call_are_no_address(before):
    assert decided(f"{before}{OBJECT}").action is Action.REPAIR
