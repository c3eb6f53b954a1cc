"""A prompt becomes one shot and nothing else, whatever it says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.breakdown import break_down
from agents.screenplay import plain_text, read_fountain
from graphs.overlay import keep_edits
from graphs.planning import plan
from graphs.request import MakeRequest
from graphs.scripts import add_script
from graphs.single_shot import OneShot, plain_words, plan_one_shot, script_of
from storage.records import Records
from storage.store import Store
from vibeboard.screenplay import Kind, TimeOfDay
from vibeboard.stage import SetKind
from vibeboard.timing import Rate

MARKUP = [
    "INT. BANK - DAY",
    "\n\n",
    ".FORCED",
    "!",
    "@anna",
    "ANNA\nHello.",
    "> CUT TO:",
    ">middle<",
    "#",
    "= ",
    "===",
    "~",
]
MARKUP += [
    "[[",
    "]]",
    "/*",
    "*/",
    "**",
    "_",
    "\\",
    "Title: x",
    "FADE OUT.",
    "\u2028",
    "\x0b",
    "\ufeff",
    "\u200b",
    " ",
    "a",
]
PROMPTS = st.lists(st.sampled_from(MARKUP) | st.text(max_size=8), min_size=1, max_size=12).map("".join)


def shot(prompt: str = "Anna walks.", **fields) -> OneShot:
    asked = {"place": SetKind.STREET, "time": TimeOfDay.NIGHT, "seconds": 2.5, "seed": 7, **fields}
    return OneShot(prompt=prompt, **asked)


def _words(text: str) -> list[str]:
    """Words as they are read: what nobody sees is not there, and a blank may part brackets."""
    for unseen in ("\ufeff", "\u200b", "\u2060", " ", "\u00a0"):
        text = text.replace(unseen, "")
    return list(text)


@given(PROMPTS.filter(plain_words))
@example("she [[whispers]] and /* coughs */ and [[[laughs]]]")
@example("\\*not\\* *bold* _or_ under_lined")
def test_a_prompt_is_the_action_of_one_scene_with_all_its_words(prompt):
    screenplay = read_fountain(script_of(shot(prompt)))
    assert (screenplay.title_page, screenplay.preamble) == ((), ())
    (scene,) = screenplay.scenes
    assert plain_text(scene.heading) == "EXT. STREET - NIGHT"
    assert {element.kind for element in scene.elements} <= {Kind.ACTION}
    assert _words("".join(map(plain_text, scene.elements))) == _words(plain_words(prompt))


@pytest.mark.parametrize(("place", "time"), [*itertools.product(SetKind, (TimeOfDay.DAY, TimeOfDay.DUSK))])
def test_the_place_and_the_time_are_those_asked_for(place, time):
    (scene,) = break_down(read_fountain(script_of(shot(place=place, time=time)))).scenes
    assert (scene.set_kind, scene.time) == (place, time)


@pytest.fixture
def film(tmp_path):
    store = Store.in_folder(tmp_path)
    yield Records(store, store.create("film"))
    store.close()


PROSE = "Anna enters. She sees Ben at the table, a gun in his hand. Ben turns. Outside, a car stops. Anna runs."


@pytest.mark.parametrize("prompt", [PROSE, "Rain.", "INT. BANK - DAY\n\nANNA\nHands up!\n\nEXT. STREET - DAY"])
@pytest.mark.parametrize("seconds", [0.25, 2.5, 60.0])
def test_the_plan_is_one_shot_of_that_length_seed_and_words(film, prompt, seconds):
    asked = shot(prompt, seconds=seconds)
    _, added = add_script(film, script_of(asked))
    script = added.script_sha256
    request = MakeRequest(script=script, name="x", width=96, height=64, fps=Rate(num=24), engines={})
    for _ in range(2):
        plan_one_shot(film, request, asked, "occasion")
    assert len(film.edits.active().edits) == 4
    request = request.model_copy(update={"edits": keep_edits(film)})
    _, (scene,) = plan(film, request, read_fountain(script_of(asked)))
    (planned,) = scene.shots
    assert (planned.frames, planned.seed, planned.lines) == (seconds * 24, 7, ())
    assert planned.description == plain_words(prompt)
