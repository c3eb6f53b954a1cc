from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.lettering import BOLD, ELLIPSIS, fitted, typeface, wrapped

words = st.text(alphabet="abc dé\n.", max_size=200)


@given(words, st.integers(1, 60))
def test_a_fitted_line_is_never_wider_and_is_whole_if_it_can_be(text, width):
    plain = " ".join(text.split())
    line = fitted(text, len, width)
    assert len(line) <= width
    assert line == plain or line == plain[: len(line) - 1] + ELLIPSIS or line.endswith(ELLIPSIS)
    assert (line == plain) == (len(plain) <= width)


@given(words, st.integers(1, 40), st.integers(0, 6))
def test_wrapped_lines_are_few_enough_and_never_wider(text, width, lines):
    made = wrapped(text, len, width, lines)
    assert len(made) <= lines
    assert all(len(line) <= width for line in made)


@given(words, st.integers(8, 40))
def test_wrapping_with_room_enough_keeps_every_word(text, width):
    assert " ".join(wrapped(text, len, width, 400)).split() == [fitted(word, len, width) for word in text.split()]


def test_cut_text_says_so():
    assert wrapped("one two three four", len, 9, 2) == ["one two", "three fo…"]


def test_the_face_has_the_letters_of_european_names():
    face = typeface(24)
    box = bytes(face.getmask("\ufffe"))
    assert all(bytes(face.getmask(letter)) != box for letter in "éèêëñçøåßÉÑÇžšłğŽ–—…·“”’×€°")


def test_bold_is_bolder():
    assert typeface(24, BOLD).getlength("SCENE") > typeface(24).getlength("SCENE")
