"""What holds for every text: nothing lost, lines right, ids unique, no surprise in size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.screenplay import read_fountain
from vibeboard.screenplay import Element, Screenplay

DEMO = Path(__file__).parents[2] / "examples" / "the-last-fare.fountain"

LINES = [
    "INT. BAR - DAY",
    "EXT. ROAD - NIGHT #3#",
    ".attic",
    "12 INT. CELLAR - DAY 12",
    "ANNA",
    "ANNA (V.O.)",
    "BOB ^",
    "@élan",
    "(beat)",
    "Yes.",
    "She waits *a while*.",
    "CUT TO:",
    "FADE OUT.",
    "> THE END <",
    "# Act",
    "= gist",
    "~la la",
    "===",
    "[[note]]",
    "[[open",
    "shut]]",
    "/*",
    "*/",
    "a /* b */ c",
    "",
    "",
    "",
    "  ",
    "   ",
    "!LOUD",
    "Title: X",
    "    more",
    "***",
    "^",
    "…and",
]
scripts = st.lists(st.sampled_from(LINES), max_size=40).map("\n".join)
anything = st.text(max_size=300) | scripts | st.lists(st.text(max_size=12) | st.sampled_from(LINES)).map("\n".join)


def elements(screenplay: Screenplay) -> Iterator[Element]:
    yield from screenplay.preamble
    for scene in screenplay.scenes:
        yield scene.heading
        yield from scene.elements


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalnum())


def everything(screenplay: Screenplay) -> str:
    titles = [word for entry in screenplay.title_page for word in (entry.key, *entry.values)]
    return "\n".join([*titles, *(element.text for element in elements(screenplay))])


@given(anything)
@settings(max_examples=300, deadline=None)
def test_no_letter_of_any_text_is_lost(text: str) -> None:
    assert letters(everything(read_fountain(text))) == letters(text)


@given(scripts)
@settings(max_examples=300, deadline=None)
def test_every_element_stands_in_the_lines_it_names(text: str) -> None:
    source = text.split("\n")
    for element in elements(read_fountain(text)):
        assert 1 <= element.line <= element.last_line <= len(source)
        around = Counter(re.findall(r"\w+", "\n".join(source[element.line - 1 : element.last_line])))
        assert Counter(re.findall(r"\w+", element.text)) <= around


@given(scripts)
@settings(max_examples=200, deadline=None)
def test_elements_come_in_the_order_of_the_source_with_ids_of_their_own(text: str) -> None:
    screenplay = read_fountain(text)
    found = list(elements(screenplay))
    assert [element.line for element in found] == sorted(element.line for element in found)
    assert len({element.id for element in found}) == len(found)
    assert all(scene.id == scene.heading.id for scene in screenplay.scenes)


@given(anything)
@settings(max_examples=100, deadline=None)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert read_fountain(text) == read_fountain(text)


@given(
    st.integers(min_value=0, max_value=10_000), st.sampled_from(["A cat sleeps.", "CARL\nNo way.", "FADE TO BLACK."])
)
@settings(max_examples=60, deadline=None)
def test_a_paragraph_put_in_anywhere_leaves_the_ids_of_unique_texts_alone(place: int, paragraph: str) -> None:
    title, *paragraphs = DEMO.read_text(encoding="utf-8").split("\n\n")
    at = place % (len(paragraphs) + 1)
    before = read_fountain("\n\n".join([title, *paragraphs]))
    after = read_fountain("\n\n".join([title, *paragraphs[:at], paragraph, *paragraphs[at:]]))
    repeated = Counter((element.kind, element.text) for element in elements(before))
    kept = {element.id for element in elements(after)}
    assert {e.id for e in elements(before) if repeated[e.kind, e.text] == 1} <= kept


@pytest.mark.parametrize(
    "text",
    [
        "*" * 50_000,
        "a_ *b " * 20_000,
        "(" * 20_000,
        "A (" * 20_000,
        "A()" * 20_000 + "\nx",
        "[[" * 20_000,
        "[[\n\n" * 10_000 + "]]",
        "/*" * 20_000,
        "A" + " " * 50_000 + "x\nb",
        "INT. " + "A - " * 20_000,
        "INT. " + "- " * 90,
        "word word\n" * 20_000,
        "ANNA\n" + "word\n" * 20_000,
        "AAAA ^\nB\n\n" * 2_000,
        "#" * 50_000,
        "Title:" + "a\n" * 20_000,
    ],
    ids=lambda text: f"{text[:8]!r}x{len(text)}",
)
def test_hostile_text_is_read_whole(text: str) -> None:
    """Each of these hangs for minutes when some pattern backtracks."""
    screenplay = read_fountain("INT. A - DAY\n\n" + text)
    assert letters(everything(screenplay)) == letters("INT. A - DAY" + text)


def test_a_lone_surrogate_is_replaced() -> None:
    (scene,) = read_fountain("INT. A - DAY\n\nShe \ud800 waits.").scenes
    assert scene.elements[0].text == "She \ufffd waits."
