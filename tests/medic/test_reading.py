"""Arguments that came as text: what is read, and what is refused because something would be lost or made up."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.medic import Action, decide
from agents.medic.reading import read_json
from agents.medic.strict_json import Unreadable
from gpu_runtime.engine import best
from tools.declare import registry
from vibeboard.faults import Fault, FaultKind

WANTED = {"text": "He's gone, isn't he?", "frames": 81, "on": True, "none": None, "keys": [{"f": 1.5}, {"f": 2}]}
PLAIN = json.dumps(WANTED)
TEXTS = {
    "as it should be": PLAIN,
    "a fence": f"```json\n{PLAIN}\n```",
    "prose around it": f"Here you are:\n{PLAIN}\nAnything else?",
    "thoughts before it": f"<think>maybe {{}}?</think>{PLAIN}",
    "leaked markup": f"]<]minimax[>[<tool_call>{PLAIN}</tool_call>",
    "Python's spelling": repr(WANTED),
    "a comma too many": PLAIN.replace(", ", ",, ").replace(",, isn't", ", isn't")[:-1] + ",}",
    "a comma too few": PLAIN.replace(', "on"', ' "on"'),
    "names without quotes": PLAIN.replace('"frames"', "frames").replace('"on"', "on"),
    "curly quotes": PLAIN.replace('"frames"', "“frames”"),
    "comments": PLAIN.replace("{", "{ // what is said\n", 1),
    "the last bracket missing": PLAIN[:-1],
    "a bracket too many": PLAIN + "}",
    "text that was escaped once more": PLAIN.replace('"', '\\"'),
    "text as a page shows it": PLAIN.replace('"', "&quot;"),
    "twice as many brackets": "{" + PLAIN + "}",
    "what nobody sees": PLAIN.replace("{", "{\u200b", 1),
    "the end of thoughts alone": f"Maybe {{this}}?\n</think>\n{PLAIN}",
    "the same twice": f"{PLAIN}\n{PLAIN}",
    "one kind of curly quotes": PLAIN.replace('"', "“"),
    "a word of JavaScript for nothing": PLAIN.replace("null", "undefined").replace('"on"', "on"),
    "special tokens": f"<|python_tag|>{PLAIN}<|eom_id|>",
    "a quote inside a text": PLAIN.replace("isn't he", 'isn\'t "he"'),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_is_read_as_it_was_meant(text):
    wanted = {**WANTED, "text": "He's gone, isn't \"he\"?"} if '"he"' in text else WANTED
    assert read_json(text).value == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('speak_line(text="No.", frames=24)', {"text": "No.", "frames": 24}),
        (
            '<parameter name="text">No.</parameter><parameter name="frames">24</parameter>',
            {"text": "No.", "frames": 24},
        ),
        ("text: No.\nframes: 24", {"text": "No.", "frames": 24}),
        ('await speak_line(text="No.", frames=24)', {"text": "No.", "frames": 24}),
        ("[speak_line(text='No.', frames=24)]", {"text": "No.", "frames": 24}),
        ('print(speak_line(**{"text": "No."}, frames=24))', {"text": "No.", "frames": 24}),
        (
            "<tool_call>speak_line\n<arg_key>text</arg_key>\n<arg_value>No.</arg_value>\n"
            "<arg_key>frames</arg_key><arg_value>24</arg_value></tool_call>",
            {"text": "No.", "frames": 24},
        ),
        (
            ']<]minimax[>[<invoke name="speak_line">]<]minimax[>[<text>No.]<]minimax[>[</text>'
            ']<]minimax[>[<fps>{"num": 24}]<]minimax[>[</fps>]<]minimax[>[</invoke>',
            {"text": "No.", "fps": {"num": 24}},
        ),
        ('text: "24"\nvoice: on\nfps:\n  num: 24\n', {"text": "24", "voice": "on", "fps": {"num": 24}}),
        ('{"focal": 35mm, "size": 1280x720}', {"focal": "35mm", "size": "1280x720"}),
        ('{"a": .5, "b": +3}', {"a": 0.5, "b": 3}),
    ],
)
def test_other_ways_to_write_a_call(text, wanted):
    assert read_json(text).value == wanted


@pytest.mark.parametrize(
    "text",
    [
        '{"seed": 12',
        '{"frames": 81, "seed": 1',
        '{"a": "one", "b": "tw',
        '{"keys": [{"f": 1}',
        '{"a": 1,',
        '{"frames": 81, "frames": 97}',
        '{"a": NaN}',
        '{"a": 1}{"a": 2}',
        '{"a": "He said "no", and left", "b": 1',
        "nothing to read",
        "Dear me: I cannot do that",
        "a: &all [1, 2]\nb: *all\nc:\n  d: 1",
        "speak_line(text=name, frames=24)",
        "<text>No.</text><text>Yes.</text>",
        "",
    ],
)
def test_what_may_have_lost_something_is_refused(text):
    with pytest.raises(Unreadable):
        read_json(text)


@given(cut=st.integers(1, len(PLAIN) - 1))
def test_a_cut_text_never_gives_another_value(cut):
    """Whatever is read from the beginning of a text is a part of it, value by value."""
    try:
        found = read_json(PLAIN[:cut]).value
    except Unreadable:
        return
    assert all(WANTED[name] == value for name, value in found.items())


@given(text=st.text(alphabet="{}[]\",:'a1 \\\n-tru", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        json.dumps(read_json(text).value)
    except Unreadable as refusal:
        assert str(refusal)


LINE = registry()["speak_line"]
GOOD = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 24, "fps": {"num": 24, "den": 1}}
BROKEN = Fault(kind=FaultKind.REPAIRABLE, code="invalid_json", message="invalid function arguments json string (2013)")


@pytest.mark.parametrize(
    "args",
    [
        json.dumps(GOOD)[:-1],
        json.dumps({"arguments": GOOD}),
        {"params": json.dumps(GOOD)},
        {"type": "function", "function": {"name": "speak_line", "arguments": json.dumps(GOOD)}},
        [GOOD] and json.dumps([GOOD]),
        json.dumps(json.dumps(GOOD)),
        {"speak_line": GOOD},
    ],
    ids=str,
)
def test_the_envelope_of_a_call_is_opened(args):
    decision = decide(BROKEN, args, LINE, best("speak_line"), 1)
    assert (decision.action, decision.args) == (Action.REPAIR, GOOD)


@pytest.mark.parametrize("args", [{"name": "delete_film", "arguments": GOOD}, {"previous": GOOD}], ids=str)
def test_an_envelope_for_somebody_else_stays_closed(args):
    assert decide(BROKEN, args, LINE, best("speak_line"), 1).action is Action.STOP


def test_a_nested_object_that_the_text_left_open_is_taken_only_if_nothing_can_be_missing():
    board = registry()["finish_segment"]
    burn_in = {"title": "T", "scene": "1", "shot": "1A", "lens": "35 mm", "note": "", "record_start": 0, "names": True}
    args = {"take": "0" * 64, "scene": "1" * 64, "frames": 24, "fps": {"num": 24, "den": 1}, "width": 64, "height": 64}
    whole = json.dumps({**args, "burn_in": burn_in})[:-2]
    without = json.dumps(
        {**args, "burn_in": {name: burn_in[name] for name in list(burn_in)[:-2]} | {"record_start": 0}}
    )
    assert decide(BROKEN, whole, board, best("finish_segment"), 1).args["burn_in"] == burn_in
    assert decide(BROKEN, without[:-2] + " ", board, best("finish_segment"), 1).action is Action.STOP


@pytest.mark.parametrize(
    "text", ['{"frames": 1e999}', "{frames: 1e999, }", "<parameter name=frames>-1e999</parameter>"]
)
def test_a_number_beyond_all_is_refused(text):
    with pytest.raises(Unreadable, match="larger than any number"):
        read_json(text)


def test_a_text_without_end_is_refused_and_thoughts_without_end_are_no_trouble():
    with pytest.raises(Unreadable, match="characters"):
        read_json("[" + "1," * 200_000 + "1]")
    assert read_json("<think>" * 20_000 + '{"frames": 81}').value == {"frames": 81}


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ('<invoke name="delete_project"><parameter name="text">Go</parameter></invoke>', ("delete_project",)),
        ('<function=delete_project>{"text": "Go"}</function>', ("delete_project",)),
        ('delete_project(text="Go")', ("delete_project",)),
        ('delete_project({"text": "Go"})', ("delete_project",)),
        ('Here it is: {"text": "Go"}', ()),
    ],
)
def test_who_is_called_is_read_with_the_arguments(text, called):
    assert read_json(text).addressed == called
