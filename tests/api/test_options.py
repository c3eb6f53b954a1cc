from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.options import parse_scenes, parse_size
from vibeboard.faults import Rejected


@pytest.mark.parametrize(
    ("text", "size"), [("854x480", (854, 480)), (" 1280 X 720 ", (1280, 720)), ("64×64", (64, 64))]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@given(width=st.integers(64, 7679), height=st.integers(64, 7679))
def test_an_odd_size_names_the_even_one_to_use(width, height):
    if width % 2 == height % 2 == 0:
        assert parse_size(f"{width}x{height}") == (width, height)
        return
    with pytest.raises(Rejected) as refused:
        parse_size(f"{width}x{height}")
    suggested = str(refused.value).rpartition(" ")[2]
    assert parse_size(suggested) == (width + width % 2, height + height % 2)


@given(text=st.text(max_size=14))
def test_any_text_is_a_size_or_one_sentence(text):
    try:
        parse_size(text)
    except Rejected as error:
        assert "--size" in str(error)


@pytest.mark.parametrize(("text", "scenes"), [("3", (3, 3)), ("3-5", (3, 5)), (" 1 - 2 ", (1, 2))])
def test_scenes(text, scenes):
    assert parse_scenes(text) == scenes


@pytest.mark.parametrize("text", ["", "0", "5-3", "a", "1-", "-2", "1,2", "3-5-7"])
def test_what_is_no_range_of_scenes(text):
    with pytest.raises(Rejected, match="--scenes"):
        parse_scenes(text)
