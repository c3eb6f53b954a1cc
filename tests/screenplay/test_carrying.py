"""Ids over edits: what did not change keeps its id, and so its takes."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.screenplay import carry_ids, read_fountain
from agents.screenplay.alignment import align
from vibeboard.screenplay import Element, Screenplay

DEMO = (Path(__file__).parents[2] / "examples" / "the-last-fare.fountain").read_text(encoding="utf-8")

ECHO = """INT. BAR - DAY

ANNA
Yes.

BOB
Yes.

ANNA
Yes.

INT. BAR - DAY

ANNA
Yes.

BOB
No.
"""


def elements(screenplay: Screenplay) -> list[Element]:
    return [*screenplay.preamble, *(e for scene in screenplay.scenes for e in (scene.heading, *scene.elements))]


def ids(screenplay: Screenplay) -> list[str]:
    return [element.id for element in elements(screenplay)]


def id_of(screenplay: Screenplay, text: str) -> str:
    (found,) = [element.id for element in elements(screenplay) if element.text == text]
    return found


def edit(before: str, old: str, new: str) -> tuple[Screenplay, Screenplay]:
    """A script and its edited version that carries its ids."""
    assert before.count(old) == 1
    first = read_fountain(before)
    return first, carry_ids(first, read_fountain(before.replace(old, new)))


def test_nothing_changed_nothing_moves() -> None:
    first = read_fountain(DEMO)
    assert carry_ids(first, read_fountain(DEMO)) == first


def test_ids_among_equals_survive_an_insertion_before_them() -> None:
    first, second = edit(ECHO, "INT. BAR - DAY\n\nANNA\nYes.\n\nBOB\nYes.", "INT. BAR - DAY\n\nANNA\nYes.\n\nBOB\nNo!")
    assert ids(first) == ids(second)
    longer = read_fountain(ECHO.replace("INT. BAR - DAY\n\n", "INT. BAR - DAY\n\nANNA\nWhat?\n\n", 1))
    carried = carry_ids(first, longer)
    assert [name for name in ids(carried) if name in ids(first)] == ids(first)
    assert len(set(ids(carried))) == len(ids(first)) + 2


def test_an_edited_line_keeps_its_id_and_so_do_its_neighbours() -> None:
    first, second = edit(DEMO, "It's only a car, Ruth.", "It is a car, Ruth, and an old one.")
    assert ids(second) == ids(first)
    assert first != second


def test_a_rewritten_line_keeps_its_id_by_its_place() -> None:
    first, second = edit(DEMO, "Kitchen's closed.", "We do not serve ghosts.")
    assert id_of(second, "We do not serve ghosts.") == id_of(first, "Kitchen's closed.")


def test_a_renamed_place_keeps_the_scene_and_all_in_it() -> None:
    first, second = edit(DEMO, "INT. NORA'S DINER - NIGHT", "INT. NORA'S CAFE - NIGHT")
    assert [scene.id for scene in second.scenes] == [scene.id for scene in first.scenes]
    assert ids(second) == ids(first)


def test_a_role_renamed_throughout_keeps_every_id() -> None:
    first = read_fountain(DEMO)
    assert ids(carry_ids(first, read_fountain(DEMO.replace("RUTH", "RITA").replace("Ruth", "Rita")))) == ids(first)


def test_an_edit_beside_an_insertion_is_told_from_it() -> None:
    first, second = edit(
        DEMO,
        "Ruth walks to the taxi. Milo comes out after her.",
        "The sign goes dark.\n\nRuth walks slowly to the taxi. Milo comes out after her.",
    )
    kept = id_of(first, "Ruth walks to the taxi. Milo comes out after her.")
    assert id_of(second, "Ruth walks slowly to the taxi. Milo comes out after her.") == kept
    assert id_of(second, "The sign goes dark.") not in ids(first)


def test_deleting_a_scene_leaves_the_others_alone() -> None:
    first = read_fountain(DEMO)
    gone = first.scenes[4]
    lines = DEMO.split("\n")
    second = carry_ids(first, read_fountain("\n".join(lines[: gone.heading.line - 1] + lines[gone.last_line :])))
    assert second.scenes[4].id == first.scenes[5].id
    assert set(ids(second)) == set(ids(first)) - {gone.id} - {element.id for element in gone.elements}


def test_a_moved_scene_keeps_ids_that_its_content_gives() -> None:
    first = read_fountain("INT. A - DAY\n\nOne cat.\n\nINT. B - DAY\n\nTwo dogs.\n\nINT. C - DAY\n\nThree pigs.\n")
    moved = read_fountain("INT. B - DAY\n\nTwo dogs.\n\nINT. C - DAY\n\nThree pigs.\n\nINT. A - DAY\n\nOne cat.\n")
    assert set(ids(carry_ids(first, moved))) == set(ids(first))


def test_ids_stay_unique_over_many_edits() -> None:
    """What is deleted and comes back in another form never shares an id with what took its place."""
    screenplay = read_fountain(ECHO)
    for old, new in [("Yes.", "No."), ("ANNA", "CARL"), ("No.", "Yes."), ("CARL", "ANNA"), ("BOB", "ANNA")]:
        screenplay = carry_ids(screenplay, read_fountain(ECHO.replace(old, new)))
        assert len(set(ids(screenplay))) == len(ids(screenplay))


paragraphs = st.lists(
    st.sampled_from(["INT. A - DAY", "EXT. B - DAY", "She waits.", "ANNA\nYes.", "BOB\nYes.\n(beat)\nNo.", "He goes."]),
    max_size=14,
)


@given(paragraphs, paragraphs)
@settings(max_examples=200, deadline=None)
def test_any_version_follows_any_other(before: list[str], after: list[str]) -> None:
    first, plain = read_fountain("\n\n".join(before)), read_fountain("\n\n".join(after))
    carried = carry_ids(first, plain)
    assert len(set(ids(carried))) == len(ids(carried))
    assert [e.model_copy(update={"id": ""}) for e in elements(carried)] == [
        e.model_copy(update={"id": ""}) for e in elements(plain)
    ]
    assert all(scene.id == scene.heading.id for scene in carried.scenes)


@given(paragraphs, paragraphs, paragraphs)
@settings(max_examples=100, deadline=None)
def test_what_stands_before_and_after_an_edit_keeps_its_ids(start: list[str], new: list[str], end: list[str]) -> None:
    first = read_fountain("\n\n".join([*start, *end]))
    carried = carry_ids(first, read_fountain("\n\n".join([*start, *new, *end])))
    shared = Counter(ids(first)) & Counter(ids(carried))
    assert shared == Counter(ids(first))


@given(st.lists(st.integers(0, 6), max_size=30), st.lists(st.integers(0, 6), max_size=30))
@settings(max_examples=200, deadline=None)
def test_aligned_pairs_rise_and_are_equal(before: list[int], after: list[int]) -> None:
    pairs = align(before, after)
    assert all(before[i] == after[j] for i, j in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))


def test_a_long_script_of_equals_is_carried() -> None:
    """Pairing every cue with every other would take hours here."""
    text = "".join(f"INT. A - DAY\n\nANNA\nLine {number}.\n\nBOB\nYes.\n\n" for number in range(1500))
    first = read_fountain(text)
    second = carry_ids(first, read_fountain("FADE IN:\n\n" + text.replace("Line 700.", "Lane 700.") + "He goes.\n"))
    assert set(ids(first)) <= set(ids(second))
