from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibeboard.timing import Rate, timecode

rates = st.sampled_from(["12", "23.976", "24", "25", "29.97", "30", "48", "50", "59.94", "60"]).map(Rate.parse)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("24", Fraction(24)),
        (" 25 ", Fraction(25)),
        ("23.976", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_rates_as_people_write_them(text, fraction):
    assert Rate.parse(text).fraction == fraction


@pytest.mark.parametrize("text", ["0", "-24", "24fps", "", "1/0", "1e3", "241", "0.5", "nan", "24/", "9" * 30])
def test_what_is_no_rate_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="24"):
        Rate.parse(text)


@given(text=st.text(max_size=12))
def test_any_text_is_a_rate_or_a_value_error(text):
    try:
        rate = Rate.parse(text)
    except ValueError:
        return
    assert 1 <= rate.fraction <= 240


@given(rate=rates, frames=st.integers(0, 10**6))
def test_frames_to_seconds_and_back_is_exact(rate, frames):
    assert rate.frames(rate.seconds(frames)) == frames


@given(rate=rates, frames=st.integers(0, 24 * 3600 * 12))
def test_timecode_counts_every_frame_once(rate, frames):
    hours, minutes, seconds, rest = map(int, timecode(frames, rate).split(":"))
    assert ((hours * 60 + minutes) * 60 + seconds) * rate.nominal + rest == frames
    assert minutes < 60
    assert seconds < 60
    assert rest < rate.nominal


def test_a_rate_is_shown_as_people_know_it():
    assert [str(Rate.parse(text)) for text in ("24", "23.976", "25")] == ["24", "23.976", "25"]
