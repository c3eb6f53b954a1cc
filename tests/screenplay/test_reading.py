"""What a writer types, and what the reader makes of it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from agents.screenplay import plain_text, read_fountain
from vibeboard.screenplay import Dual, Element, IntExt, Kind, Screenplay


def read(text: str) -> Screenplay:
    return read_fountain(dedent(text).lstrip("\n"))


def body(text: str) -> list[Element]:
    """The elements of a one-scene script whose heading is put before the text."""
    (scene,) = read_fountain("INT. ROOM - DAY\n\n" + dedent(text).lstrip("\n")).scenes
    return list(scene.elements)


def kinds(text: str) -> list[tuple[Kind, str]]:
    return [(element.kind, element.text) for element in body(text)]


def test_a_short_scene_is_read_with_its_kinds_speakers_and_lines() -> None:
    screenplay = read("""
        Title: Two Cups
        Author: Nobody

        FADE IN:

        INT. DINER - KITCHEN - NIGHT (1973) #12A#

        Anna pours.
        Two cups.

        ANNA (V.O.) (CONT'D)
        I never
        drank it.
        (beat)
        Not once.

        CUT TO:
        """)
    assert screenplay.title == "Two Cups"
    assert [(entry.key, entry.values) for entry in screenplay.title_page] == [
        ("Title", ("Two Cups",)),
        ("Author", ("Nobody",)),
    ]
    assert [(e.kind, e.text, e.line) for e in screenplay.preamble] == [(Kind.TRANSITION, "FADE IN:", 4)]
    (scene,) = screenplay.scenes
    assert (scene.number, scene.heading.line, scene.last_line) == ("12A", 6, 17)
    assert scene.id == scene.heading.id
    assert [(e.kind, e.text, e.line, e.last_line) for e in scene.elements] == [
        (Kind.ACTION, "Anna pours.\nTwo cups.", 8, 9),
        (Kind.CUE, "ANNA (V.O.) (CONT'D)", 11, 11),
        (Kind.DIALOGUE, "I never\ndrank it.", 12, 13),
        (Kind.PARENTHETICAL, "(beat)", 14, 14),
        (Kind.DIALOGUE, "Not once.", 15, 15),
        (Kind.TRANSITION, "CUT TO:", 17, 17),
    ]
    for element in scene.elements[1:5]:
        assert (element.speaker, element.extensions) == ("ANNA", ("V.O.", "CONT'D"))
    assert scene.elements[5].speaker == ""


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_newlines_of_every_system_count_the_same(newline: str) -> None:
    text = "INT. A - DAY\n\nANNA\nYes.\n\nHe goes.\n"
    assert read_fountain(text.replace("\n", newline)) == read_fountain(text)


@pytest.mark.parametrize("soft", ["\u2028", "\v", "\f", "\x85"])
def test_a_soft_break_ends_a_script_line_but_no_source_line(soft: str) -> None:
    screenplay = read_fountain(f"INT. A - DAY\n\nANNA{soft}Yes.\n\nHe goes.")
    cue, dialogue, action = screenplay.scenes[0].elements
    assert (cue.kind, cue.line, dialogue.kind, dialogue.text, dialogue.line) == (Kind.CUE, 3, Kind.DIALOGUE, "Yes.", 3)
    assert action.line == 5


def test_a_byte_order_mark_and_hard_blanks_do_not_matter() -> None:
    text = "INT. A - DAY\n\nANNA\nYes, sir.\n"
    odd = "\ufeff" + text.replace("Yes, sir", "Yes,\u00a0sir").replace("A - DAY", "A\u00a0- DAY")
    assert read_fountain(odd) == read_fountain(text)


@pytest.mark.parametrize(
    ("cue", "speaker", "extensions"),
    [
        ("ÉLODIE", "ÉLODIE", ()),
        ("АННА (V.O.)", "АННА", ("V.O.",)),
        ("O’BRIEN", "O'BRIEN", ()),
        ("BOB & ANN", "BOB & ANN", ()),
        ("COP #2 (O.S.)", "COP #2", ("O.S.",)),
        ("R2D2", "R2D2", ()),
        ("3CPO", "3CPO", ()),
        ("McCLANE", "MCCLANE", ()),
        ("@McClane", "MCCLANE", ()),
        ("@mother (on the phone)", "MOTHER", ("ON THE PHONE",)),
        ("ANNA (vo) (cont’d)", "ANNA", ("V.O.", "CONT'D")),
        ("ANNA (O.S./CONTINUING)", "ANNA", ("O.S.", "CONT'D")),
        ("MAN/WOMAN", "MAN/WOMAN", ()),
        ("**ANNA**", "ANNA", ()),
        ("\tANNA", "ANNA", ()),
        ('ANNA "ACE" HILL', 'ANNA "ACE" HILL', ()),
    ],
)
def test_cues(cue: str, speaker: str, extensions: tuple[str, ...]) -> None:
    first, second = body(f"{cue}\nHello.\n")
    assert (first.kind, first.speaker, first.extensions) == (Kind.CUE, speaker, extensions)
    assert (second.kind, second.speaker, second.text) == (Kind.DIALOGUE, speaker, "Hello.")


def test_a_cue_keeps_its_spelling_but_for_the_marks() -> None:
    assert body("@McClane (O.S.) ^\nHi.\n")[0].text == "McClane (O.S.)"


@pytest.mark.parametrize("line", ["ANNA", "23", "@23", "Anna", "!ANNA"])
def test_what_is_no_cue_is_action(line: str) -> None:
    """Nobody speaks after it, or it is no name, or the writer said so."""
    text = line if line == "ANNA" else f"{line}\nHello."
    assert [kind for kind, _ in kinds(text)] == [Kind.ACTION]


@pytest.mark.parametrize("line", ["INSERT - PHOTO", "CLOSE ON THE KEY", "SUPER: ROME", "MONTAGE", "BACK TO SCENE"])
def test_a_shot_in_capitals_does_not_speak(line: str) -> None:
    assert kinds(f"{line}\nA boy on a beach.") == [(Kind.ACTION, f"{line}\nA boy on a beach.")]


def test_the_second_cue_of_a_dual_dialogue_makes_the_first_the_left_side() -> None:
    elements = body("""
        ANNA
        (calm)
        No.

        BOB ^
        Yes!

        CARL
        Stop.
        """)
    assert [element.dual for element in elements] == [Dual.LEFT] * 3 + [Dual.RIGHT] * 2 + [Dual.NONE] * 2
    assert elements[3].text == "BOB"


def test_a_dual_mark_with_nobody_before_means_nothing() -> None:
    elements = body("ANNA\nNo.\n\nShe leaves.\n\nBOB ^\nYes!\n")
    assert {element.dual for element in elements} == {Dual.NONE}


def test_two_blanks_carry_a_speech_over_an_empty_line_and_other_litter_does_not() -> None:
    (carried,) = read_fountain("INT. A - DAY\n\nANNA\nOne.\n  \nTwo.").scenes
    assert [(e.kind, e.text) for e in carried.elements[1:]] == [(Kind.DIALOGUE, "One.\n\nTwo.")]
    (ended,) = read_fountain("INT. A - DAY\n\nANNA\nOne.\n    \nTwo.").scenes
    assert [(e.kind, e.text) for e in ended.elements[1:]] == [(Kind.DIALOGUE, "One."), (Kind.ACTION, "Two.")]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("CUT TO:", Kind.TRANSITION),
        ("CUT TO:   ", Kind.TRANSITION),
        ("SMASH-CUT TO:", Kind.TRANSITION),
        ("FADE OUT.", Kind.TRANSITION),
        ("FADE TO BLACK.", Kind.TRANSITION),
        ("> Burn to white.", Kind.TRANSITION),
        ("> THE END <", Kind.CENTERED),
        ("# Act Two", Kind.SECTION),
        ("= They meet.", Kind.SYNOPSIS),
        ("~Row, row, row your boat", Kind.LYRIC),
        ("===", Kind.PAGE_BREAK),
        ("[[check the year]]", Kind.NOTE),
        ("...and then nothing.", Kind.ACTION),
        ("…and then nothing.", Kind.ACTION),
        ("(whispering)", Kind.ACTION),
        ("Interior lights glow.", Kind.ACTION),
        ("* * *", Kind.ACTION),
        ("***", Kind.ACTION),
        ("^", Kind.ACTION),
    ],
)
def test_single_lines(line: str, kind: Kind) -> None:
    assert kinds(f"She waits.\n\n{line}\n\nHe goes.") == [
        (Kind.ACTION, "She waits."),
        (kind, line.strip()),
        (Kind.ACTION, "He goes."),
    ]


def test_somebody_who_sings_is_still_the_speaker() -> None:
    cue, lyric, dialogue = body("ANNA\n~La la\nSorry.")
    assert (cue.kind, lyric.kind, dialogue.kind) == (Kind.CUE, Kind.LYRIC, Kind.DIALOGUE)
    assert lyric.speaker == dialogue.speaker == "ANNA"


def test_emphasis_around_a_direction_does_not_make_it_speech() -> None:
    assert kinds("ANNA\n*(softly)*\nHello.")[1] == (Kind.PARENTHETICAL, "*(softly)*")


@pytest.mark.parametrize(
    "script",
    [
        "INT. HOUSE - DAY\nAnna waits.\n\nANNA\nHi.",
        "INT. HOUSE - DAY\n\nAnna waits.\nEXT. ROAD - NIGHT\nShe runs.",
        "CUT TO:\nINT. HOUSE - DAY\nANNA\nHi.",
        "**INT. HOUSE - DAY**\n\nAnna waits.",
        ".HOUSE\nAnna waits.",
    ],
)
def test_text_may_follow_a_heading_directly(script: str) -> None:
    screenplay = read_fountain(script)
    assert len(screenplay.scenes) == script.count("INT.") + script.count("EXT.") + script.startswith(".")
    assert screenplay.scenes[0].elements[0].text != ""
    assert all(element.kind is not Kind.HEADING for scene in screenplay.scenes for element in scene.elements)


def test_a_heading_that_ends_a_glued_speech_ends_the_speaker() -> None:
    screenplay = read_fountain("INT. A - DAY\n\nANNA\nHi.\nEXT. B - DAY\nShe runs.")
    assert [e.kind for e in screenplay.scenes[1].elements] == [Kind.ACTION]


def test_notes_leave_the_text_and_stand_beside_it() -> None:
    cue, dialogue, note = body("ANNA\nYou know [[Too soon?]] nothing.")
    assert (cue.kind, dialogue.text) == (Kind.CUE, "You know nothing.")
    assert (note.kind, note.text, note.line) == (Kind.NOTE, "[[Too soon?]]", 4)
    assert plain_text(note) == "Too soon?"


def test_a_boneyard_hides_headings_and_keeps_its_words() -> None:
    screenplay = read("""
        INT. A - DAY

        She waits. /* She sings.

        EXT. B - NIGHT

        */ She goes.
        """)
    (scene,) = screenplay.scenes
    assert [(e.kind, e.line, e.last_line) for e in scene.elements] == [(Kind.ACTION, 3, 7), (Kind.NOTE, 3, 7)]
    assert scene.elements[0].text.split() == ["She", "waits.", "She", "goes."]
    assert "EXT. B - NIGHT" in scene.elements[1].text


def test_an_unclosed_boneyard_does_not_eat_the_script() -> None:
    screenplay = read_fountain("INT. A - DAY\n\nShe /* waits.\n\nEXT. B - DAY\n\nHe runs.")
    assert [scene.slug.place for scene in screenplay.scenes] == ["A", "B"]
    assert screenplay.scenes[0].elements[0].text == "She /* waits."


def test_a_note_does_not_span_an_empty_line() -> None:
    assert kinds("[[one\ntwo]]") == [(Kind.NOTE, "[[one\ntwo]]")]
    assert [kind for kind, _ in kinds("[[one\n\ntwo]]")] == [Kind.ACTION, Kind.ACTION]


def test_a_note_is_no_empty_line() -> None:
    """As in print, where it is not there at all."""
    assert [kind for kind, _ in kinds("ANNA\n[[quietly?]]\nHello.")] == [Kind.CUE, Kind.NOTE, Kind.DIALOGUE]


def test_a_title_page_keeps_keys_values_and_repeats() -> None:
    screenplay = read("""
        Title:
            _**THE LAST**_
            **FARE**
        Draft date: May: the 3rd
        Contact: a
        Contact: b
        Notes:
        not indented

        INT. A - DAY
        """)
    assert screenplay.title == "THE LAST FARE"
    assert [(entry.key, entry.values) for entry in screenplay.title_page] == [
        ("Title", ("_**THE LAST**_", "**FARE**")),
        ("Draft date", ("May: the 3rd",)),
        ("Contact", ("a",)),
        ("Contact", ("b",)),
        ("Notes", ("not indented",)),
    ]


@pytest.mark.parametrize("opening", ["FADE IN:", "CUT TO:", "INT. BAR - 3:00 PM", "He opens it: a card."])
def test_a_script_without_a_title_page_has_none(opening: str) -> None:
    screenplay = read_fountain(f"{opening}\n\nINT. A - DAY\n\nShe waits.")
    assert screenplay.title_page == ()
    assert opening in [e.text for e in screenplay.preamble] + [s.heading.text for s in screenplay.scenes]


def test_a_forced_heading_stays_on_its_side_of_the_wall() -> None:
    screenplay = read_fountain("EXT. HOUSE - DAY\n\nx\n\n.PORCH\n\ny\n\nINT. HALL\n\n.CLOSET\n\nz")
    assert [scene.slug.int_ext for scene in screenplay.scenes] == [IntExt.EXT, IntExt.EXT, IntExt.INT, IntExt.INT]


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Kind.ACTION, "!SHE *RUNS*\n!_now_", "SHE RUNS\nnow"),
        (Kind.ACTION, "ROBOT_1 eats 2 * 3 \\*stars\\*", "ROBOT_1 eats 2 * 3 *stars*"),
        (Kind.DIALOGUE, "***No.*** **Never**.", "No. Never."),
        (Kind.CENTERED, "> **THE END** <", "THE END"),
        (Kind.TRANSITION, "> Burn to white.", "Burn to white."),
        (Kind.LYRIC, "~La\n~la", "La\nla"),
        (Kind.SECTION, "## Act Two", "Act Two"),
        (Kind.SYNOPSIS, "= They meet.", "They meet."),
        (Kind.NOTE, "/* cut */", "cut"),
        (Kind.HEADING, "**INT. BAR - DAY** #4#", "INT. BAR - DAY"),
        (Kind.HEADING, ".FLASHBACK", "FLASHBACK"),
        (Kind.HEADING, "7 INT. BAR - DAY 7", "INT. BAR - DAY"),
    ],
)
def test_plain_text_takes_the_markup_off(kind: Kind, text: str, words: str) -> None:
    assert plain_text(Element(id="e", kind=kind, text=text, line=1, last_line=1)) == words
