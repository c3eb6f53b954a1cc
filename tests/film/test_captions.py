from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.captions import LINE, Cue, balanced, cues, srt, timed_text, vtt
from tools.assemble_film import Caption
from vibeboard.timing import Rate

FPS = Rate(num=24)
TIME = r"(\d\d):(\d\d):(\d\d)[,.](\d{3})"


def seconds(*parts: str) -> float:
    hour, minute, second, rest = map(int, parts)
    return hour * 3600 + minute * 60 + second + rest / 1000


def parsed(text: str) -> list[tuple[float, float, str]]:
    """Any SubRip or WebVTT text as (start, end, text)."""
    found = re.findall(rf"{TIME} --> {TIME}\n(.+?)(?=\n\n|\n?\Z)", text, re.DOTALL)
    return [(seconds(*each[:4]), seconds(*each[4:8]), each[8]) for each in found]


texts = st.lists(st.text(alphabet="abcdefghé'.,?", min_size=1, max_size=60), max_size=40).map(" ".join)
captions = st.lists(st.builds(Caption, start=st.integers(0, 5000), frames=st.integers(1, 300), text=texts), max_size=12)


@given(texts)
def test_lines_keep_every_letter_in_order_and_hold_at_most_42(text):
    lines = balanced(text)
    assert all(0 < len(line) <= LINE for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_two_lines_are_about_as_long_as_each_other():
    assert balanced("I have never in my whole life seen anything like that") == [
        "I have never in my whole",
        "life seen anything like that",
    ]


def test_a_short_line_stays_whole():
    assert balanced("It is only a short line of forty-two signs") == ["It is only a short line of forty-two signs"]


@given(captions)
def test_cues_have_two_lines_at_most_and_stay_in_the_time_of_their_captions(given):
    for cue in cues(given):
        assert 1 <= len(cue.lines) <= 2
        assert cue.end > cue.start
        assert any(each.start <= cue.start and cue.end <= each.start + each.frames for each in given)


def test_a_long_caption_is_read_in_turns():
    made = cues([Caption(start=10, frames=100, text="word " * 40)])
    assert len(made) > 1
    assert (made[0].start, made[-1].end) == (10, 110)
    assert all(a.end == b.start for a, b in pairwise(made))


@given(captions)
def test_srt_and_vtt_say_the_same_at_the_same_times(given):
    made = cues(given)
    expected = [(round(cue.start / 24, 3), round(cue.end / 24, 3)) for cue in made]
    for text in (srt(made, FPS), vtt(made, FPS)):
        assert [(start, end) for start, end, _ in parsed(text)] == expected
    assert [text for *_, text in parsed(srt(made, FPS))] == ["\n".join(cue.lines) for cue in made]


def test_subrip_is_numbered_from_one():
    made = [Cue(0, 24, ("One.",)), Cue(36, 3 * 3600 * 24, ("Two", "lines."))]
    assert srt(made, FPS) == (
        "1\n00:00:00,000 --> 00:00:01,000\nOne.\n\n2\n00:00:01,500 --> 03:00:00,000\nTwo\nlines.\n"
    )


def test_webvtt_cannot_be_broken_by_what_is_said():
    text = vtt(cues([Caption(start=0, frames=24, text="a --> b <i> & c")]), FPS)
    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na --&gt; b &lt;i&gt; &amp; c\n"


def test_no_captions_make_an_empty_but_valid_file():
    assert srt([], FPS) == ""
    assert vtt([], FPS) == "WEBVTT\n"


def test_ntsc_times_follow_the_real_rate():
    assert "00:00:01,001 --> 00:00:02,002" in srt([Cue(24, 48, ("x",))], Rate(num=24000, den=1001))


@given(captions)
def test_samples_of_the_text_track_never_overlap_and_lose_nothing(given):
    made = cues(given)
    samples = timed_text(made)
    assert all(start + length <= following for (start, length, _), (following, _, _) in pairwise(samples))
    for start, length, sample in samples:
        assert int.from_bytes(sample[:2], "big") == len(sample) - 2
        shown = sample[2:].decode().split("\n")
        assert shown == [line for cue in made if cue.start <= start < cue.end for line in cue.lines]
        assert length > 0
    assert sum(length for _, length, _ in samples) == len({f for cue in made for f in range(cue.start, cue.end)})
