"""What is read out of action text, and how long words last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.planner.deeds import Deed, deeds
from agents.planner.durations import action_seconds, line_seconds, word_count
from agents.planner.pronouns import Memory
from agents.planner.prose import Names, called, clean, named_thing, sentences
from agents.planner.things import SIZES, kind_of
from vibeboard.stage import PropKind


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("She waits. Then she goes.", ["She waits.", "Then she goes."]),
        ("Mr. Gray sits. He reads.", ["Mr. Gray sits.", "He reads."]),
        ("*Silence*... no [[a note]] wind.", ["Silence... no wind."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("他坐下。她走了。", ["他坐下。", "她走了。"]),
        ("...", []),
    ],
)
def test_sentences(text, parts):
    assert sentences(text) == parts


def test_clean_takes_markup_off():
    assert clean("**Never**, _ever_\n  again") == "Never, ever again"


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        ("Anna walks in.", Deed.ENTER),
        ("Tom storms out.", Deed.EXIT),
        ("Tom crosses to the window.", Deed.WALK),
        ("They run for it.", Deed.RUN),
        ("She slumps into the chair.", Deed.SIT),
        ("He gets to his feet.", Deed.RISE),
        ("She picks up the phone.", Deed.TAKE),
        ("He sets the glass down.", Deed.PUT),
        ("Mara stares at the wall.", Deed.LOOK),
        ("He lies on the bed.", Deed.LIE),
    ],
)
def test_deeds(text, deed):
    assert deed in deeds(text)


def test_a_lie_told_is_not_lying_down():
    assert Deed.LIE not in deeds("He lies to her.")


def test_people_are_found_by_any_part_of_a_name_that_is_theirs_alone():
    names = Names(["DETECTIVE COLE", "MARA COLE", "OLD MAN"])
    assert [name for _, name in names.find("Mara looks at the detective. The old man sleeps.")] == [
        "MARA COLE",
        "DETECTIVE COLE",
        "OLD MAN",
    ]
    assert names.find("Cole nods.") == []
    assert names.find("A manhole opens.") == []


def test_pronouns_go_to_whoever_fits_and_was_spoken_of_last():
    memory = Memory()
    names = Names(["DESMOND", "RUTH", "X"])

    def people(sentence):
        return [name for _, name in memory.resolved(sentence, names.find(sentence))]

    assert people("Desmond sits. Ruth stands.") == ["DESMOND", "RUTH"]
    assert people("He slides a paper over to her.") == ["DESMOND", "RUTH"]
    assert people("She reads it.") == ["RUTH"]
    assert people("They wait.") == ["RUTH", "DESMOND"]
    assert people("Desmond looks at him.") == ["DESMOND"]


def test_a_thing_is_known_by_its_noun_and_the_longer_name_wins():
    assert named_thing("He lifts the bottles.", ["bottle"]) == "bottle"
    assert named_thing("A coffee pot.", ["pot", "coffee pot"]) == "coffee pot"
    assert named_thing("A spotless floor.", ["pot"]) == ""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cell phone", PropKind.PHONE),
        ("car keys", PropKind.KEY),
        ("wedding photograph", PropKind.PAPER),
        ("yellow taxi", PropKind.CAR),
        ("thingamajig", PropKind.BOX),
    ],
)
def test_a_prop_has_the_shape_of_its_noun(name, kind):
    assert kind_of(name) is kind


def test_every_shape_has_a_size():
    assert set(SIZES) == set(PropKind)


def test_names_are_written_as_in_prose():
    assert called("NORA'S DINER") == "Nora's Diner"


@given(st.lists(st.sampled_from(["never", "again", "we", "extraordinary"]), min_size=1, max_size=60))
def test_words_last_as_long_as_it_takes_to_say_them(words):
    text = " ".join(words)
    assert line_seconds(text) == pytest.approx(max(len(words) / 2.5, 0.7))
    assert line_seconds(text + ", " + text) > line_seconds(text + " " + text)


def test_a_line_of_chinese_lasts_too():
    assert word_count("我不知道你在说什么") == pytest.approx(9 * 0.55)


@given(st.text("abc ,.", max_size=300))
def test_a_sentence_of_action_lasts_between_one_and_a_half_and_four_seconds(text):
    assert 1.5 <= action_seconds(text) <= 4.0


def test_more_happens_in_more_time():
    assert action_seconds("She stops, turns, and then runs to the door.") > action_seconds("She stops and turns.")
