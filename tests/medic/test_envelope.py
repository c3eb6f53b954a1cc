"""What stands round the arguments of a call is taken off; what may be a wish never is."""

from __future__ import annotations

import json

import pytest

from agents.medic import Action, decide
from gpu_runtime.engine import best
from tools.declare import registry
from vibeboard.faults import Fault, FaultKind

TOOL = registry()["speak_line"]
ARGS = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 48, "fps": {"num": 24, "den": 1}}
TEXT = json.dumps(ARGS)
WRONG = Fault(kind=FaultKind.REPAIRABLE, code="invalid_params", message="wrong")


def decided(args):
    return decide(WRONG, args, TOOL, best(TOOL.name), 1)


@pytest.mark.parametrize(
    "args",
    [
        {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "speak_line", "arguments": TEXT}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "speak_line", "arguments": TEXT}}]},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "speak_line", "arguments": ARGS}},
        {"thoughts": {"text": "He says it", "plan": "- speak"}, "command": {"name": "speak_line", "args": ARGS}},
        {"arguments": ARGS, "confidence": 0.92},
        {"parameters": [{"name": name, "value": value} for name, value in ARGS.items()]},
        [{"key": name, "value": value} for name, value in ARGS.items()],
        {"properties": {name: {"value": value} for name, value in ARGS.items()}},
        {**ARGS, "tool_name": "speak_line", "reasoning": "short", "tool_call_id": "c1"},
        {**ARGS, "action": "functions.speak_line"},
    ],
)
def test_an_envelope_is_opened(args):
    decision = decided(args)
    assert (decision.action, decision.args) == (Action.REPAIR, ARGS), decision.message


@pytest.mark.parametrize(
    "args",
    [
        {"arguments": ARGS, "style": "whispered"},
        {"rejected": ARGS},
        {"delete_line": ARGS},
        f"{TEXT} On second thought make it 96 frames.",
        f"Do not send this: {TEXT}",
        'cancel(speak_line(text="No.", speaker="ANN", voice="on", frames=24, fps=24))',
        {**ARGS, "voice": "on/off"},
        {**ARGS, "score": "strings, low"},
        {**ARGS, "tool": "delete_project"},
        {"function_call": {"name": "wipe_disk", "arguments": TEXT}},
        {"tool_calls": [{"function": {"name": "speak_line", "arguments": TEXT}}] * 2},
        [{"name": "text", "value": "No."}, {"name": "text", "value": "Yes."}],
    ],
)
def test_a_wish_another_tool_and_two_calls_go_to_a_person(args):
    assert decided(args).action is Action.STOP


def test_a_tool_that_has_a_field_for_names_is_still_named_by_its_envelope():
    timeline = registry()["export_timeline"]
    args = timeline.example
    decision = decide(WRONG, {"tool_calls": [{"name": "export_timeline", "args": args}]}, timeline, best(TOOL.name), 1)
    assert (decision.action, decision.args) == (Action.REPAIR, args)
