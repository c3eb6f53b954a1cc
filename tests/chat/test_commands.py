"""What is understood without a model."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agents.director.commands import COMMANDS, HELP, calls_for, not_understood
from agents.director.tools import director_tools

UNDERSTOOD = {
    "shots with red car": [("find_shots", {"words": "red car"})],
    "Which shots use the red car?": [("find_shots", {"words": "red car"})],
    "show 3B": [("show_shot", {"shot": "3B"})],
    "what does shot 4b look like?": [("show_shot", {"shot": "4b"})],
    "how long is scene 3?": [("show_scene", {"scene": "3"})],
    "show scene 12A": [("show_scene", {"scene": "12A"})],
    "what is stale and why?": [("what_is_stale", {})],
    "cost": [("what_is_stale", {})],
    "cost 3B, 3C": [("what_is_stale", {"shots": ["3B", "3C"]})],
    "size 3B close-up": [("set_size", {"shot": "3B", "size": "close-up"})],
    "angle 3B low": [("set_angle", {"shot": "3B", "angle": "low"})],
    "lens 3B 85mm": [("set_lens", {"shot": "3B", "focal_mm": 85.0})],
    "push in 12B eyes": [("move_camera", {"movement": "push in", "shot": "12B", "to": "eyes"})],
    "pull out 12B from the gun": [("move_camera", {"movement": "pull out", "shot": "12B", "to": "the gun"})],
    "static 12B": [("move_camera", {"movement": "static", "shot": "12B"})],
    "slower 12B": [("set_length", {"shot": "12B", "factor": 1.5})],
    "please slower 12B 2": [("set_length", {"shot": "12B", "factor": 2.0})],
    "faster 12B": [("set_length", {"shot": "12B", "factor": 0.6667})],
    "length 12B 4.5 s": [("set_length", {"shot": "12B", "seconds": 4.5})],
    "frame 3B Ruth and Milo": [("set_subjects", {"shot": "3B", "people": ["Ruth", "Milo"]})],
    "describe 3B as rain, and more rain": [("describe_shot", {"shot": "3B", "text": "rain, and more rain"})],
    "rack focus 3B from the gun to her face at the line 'You came'": [
        ("rack_focus", {"shot": "3B", "start": "the gun", "end": "her face", "line": "You came"})
    ],
    "break scene 3 into six": None,
    "break scene 3 into 6 shots, more tension": [("cover_scene", {"scene": "3", "shots": 6, "tension": 1})],
    "split scene 3 into 6": [("cover_scene", {"scene": "3", "shots": 6})],
    "more tension in scene 3": [("cover_scene", {"scene": "3", "tension": 1})],
    "continue 3B from 3A": [("continue_shot", {"shot": "3B", "source": "3A"})],
    "continue shot 3b from shot 3a.": [("continue_shot", {"shot": "3b", "source": "3a"})],
    "make shot 3B slower": [("set_length", {"shot": "3B", "factor": 1.5})],
    "make 3B faster by 2": [("set_length", {"shot": "3B", "factor": 0.5})],
    "redo 3B with a new seed": [("new_seed", {"shot": "3B"}), ("make_film", {"shots": ["3B"]})],
    "make shot 3B": [("make_film", {"shots": ["3B"]})],
    "continue 3B": [("continue_shot", {"shot": "3B"})],
    "omit 3B": [("omit_shot", {"shot": "3B"})],
    "redo 3B": [("new_seed", {"shot": "3B"}), ("make_film", {"shots": ["3B"]})],
    "edits": [("list_edits", {})],
    "undo": [("undo_edit", {})],
    "undo edit 4": [("undo_edit", {"edit": 4})],
    "restore 4": [("redo_edit", {"edit": 4})],
    "make": [("make_film", {})],
    "make the film.": [("make_film", {})],
    "make 1.2A, A12B and 3C": [("make_film", {"shots": ["1.2A", "A12B", "3C"]})],
    "show scene 1.2.": [("show_scene", {"scene": "1.2"})],
    "rack focus 3B from the gun to her face at “You came.”": [
        ("rack_focus", {"shot": "3B", "start": "the gun", "end": "her face", "line": "You came"})
    ],
    "make 3A 3C-B": [("make_film", {"shots": ["3A", "3C-B"]})],
    "make scene 3": [("make_film", {"scenes": ["3"]})],
    "make me a sandwich": None,
    "delete everything": None,
    "": None,
}


@pytest.mark.parametrize("said", UNDERSTOOD)
def test_a_command_is_these_calls(said):
    assert calls_for(said) == UNDERSTOOD[said]


@pytest.mark.parametrize("said", [said for said, calls in UNDERSTOOD.items() if calls])
def test_the_calls_are_legal_for_their_tools(said):
    for name, args in calls_for(said):
        director_tools()[name].params.model_validate(args)


NUMBERS_THAT_NO_TOOL_TAKES = ("faster 3B 0", "slower 3B 0", f"faster 3B {'9' * 400}", f"lens 3B {'9' * 400}")


@pytest.mark.parametrize("said", NUMBERS_THAT_NO_TOOL_TAKES)
def test_a_number_that_cannot_be_is_for_the_tool_to_refuse(said):
    ((name, args),) = calls_for(said)
    with pytest.raises(ValidationError):
        director_tools()[name].params.model_validate(args)


ENDLESS = (
    "make " + ",".join(f"{number}A" for number in range(1, 200)) + " slowly, and so on",
    f"make 1{'a' * 1900}! no",
    f"undo {'9' * 5000}",
    "make 1" + "a" * 200_000,
    f"frame 3B {',' * 200_000}x",
)


@pytest.mark.parametrize("said", ENDLESS, ids=range(len(ENDLESS)))
def test_what_is_no_command_is_known_as_such_at_any_length(said):
    assert calls_for(said) is None


def test_every_usage_that_help_prints_is_understood():
    for command in COMMANDS:
        plain = command.usage.split(" (")[0].replace("...", "rain")
        usages = [plain] if "tension" in plain else plain.split(", ")
        assert all(calls_for(usage) for usage in usages), command.usage
        assert command.usage in HELP


def test_every_tool_has_a_schema_a_model_can_read():
    for tool in director_tools().values():
        function = tool.schema["function"]
        assert function["name"] == tool.name
        assert function["description"]
        assert "$ref" not in str(function["parameters"])


@pytest.mark.parametrize(("name", "args"), [("show_scene", {"scene": 3}), ("make_film", {"scenes": [3]})])
def test_the_number_of_a_scene_may_come_as_a_number(name, args):
    assert "3" in str(director_tools()[name].params.model_validate(args))


MEANT = {
    "slwer 3B": "slower 3B",
    "could you undoo that": "undo",
    "make it feel more lonely": "make scene 3",
    "Wie lang ist das?": None,
    "x " * 100_000: None,
    "": None,
}


@pytest.mark.parametrize("said", MEANT, ids=range(len(MEANT)))
def test_what_is_no_command_is_answered_in_one_line_with_the_nearest_command(said):
    told = not_understood(said)
    assert "\n" not in told
    assert len(told) < 300
    assert "needs a model: set MINIMAX_API_KEY" in told
    assert "`help`" in told
    near = MEANT[said]
    assert near in told if near else "nearest" not in told


async def test_without_a_model_commands_work_and_the_rest_is_said_to_need_one(chat):
    told = await chat.say("slower 4M")
    assert "length 1.7 s -> 2.5 s" in told
    assert chat.edits() == ["scale length"]
    told = await chat.say("could you make it feel more lonely?")
    assert "needs a model" in told
    assert chat.edits() == ["scale length"]
    assert "near it are 4" in await chat.say("show 4ZZ")
    told = await chat.say("slower 4M 1")
    assert "would change nothing" in told
    assert chat.edits() == ["scale length"]
