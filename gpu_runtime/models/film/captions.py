"""Captions: balanced lines, SubRip, WebVTT, and samples of a timed-text track.

Lines hold at most 42 characters, two to a caption, as broadcasters' style guides ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tools.assemble_film import Caption
from vibeboard.timing import Rate

LINE = 42


class Cue(NamedTuple):
    """Frames `[start, end)` and the lines that are read in them."""

    start: int
    end: int
    lines: tuple[str, ...]


def cues(captions: Sequence[Caption]) -> list[Cue]:
    """Captions in order of time, each cut into cues of at most two lines that share its time by their letters."""
    made: list[Cue] = []
    for caption in sorted(captions, key=lambda caption: caption.start):
        lines = balanced(caption.text)
        pairs = [tuple(lines[at : at + 2]) for at in range(0, len(lines), 2)][: caption.frames]
        letters = [sum(map(len, pair)) for pair in pairs]
        ends = [caption.frames * sum(letters[: at + 1]) // sum(letters) for at in range(len(pairs))]
        starts = [0, *ends]
        made += [
            Cue(caption.start + start, caption.start + max(end, start + 1), pair)
            for start, end, pair in zip(starts, ends, pairs, strict=False)
        ]
    return made


def balanced(text: str) -> list[str]:
    """The text on as few lines of at most 42 characters as it needs, of lengths as even as words allow.

    Least squares over all breaks; longer words are broken.
    """
    words = [word[at : at + LINE] for word in text.split() for at in range(0, len(word), LINE)]
    best: list[tuple[int, int, int]] = [(0, 0, 0)]
    for end in range(1, len(words) + 1):
        options = []
        for start in range(end - 1, -1, -1):
            length = len(" ".join(words[start:end]))
            if length > LINE:
                break
            lines, cost, _ = best[start]
            options.append((lines + 1, cost + length * length, start))
        best.append(min(options))
    made: list[str] = []
    end = len(words)
    while end:
        start = best[end][2]
        made.insert(0, " ".join(words[start:end]))
        end = start
    return made


def srt(made: Sequence[Cue], fps: Rate) -> str:
    """SubRip text. Times are rounded to milliseconds."""
    blocks = [
        f"{number}\n{_clock(cue.start, fps, ',')} --> {_clock(cue.end, fps, ',')}\n" + "\n".join(cue.lines) + "\n"
        for number, cue in enumerate(made, 1)
    ]
    return "\n".join(blocks)


def vtt(made: Sequence[Cue], fps: Rate) -> str:
    """WebVTT (W3C), in which `&`, `<` and `>` are escaped, so that no text can be taken for an arrow or a tag."""
    blocks = [
        f"{_clock(cue.start, fps, '.')} --> {_clock(cue.end, fps, '.')}\n" + "\n".join(map(_escaped, cue.lines)) + "\n"
        for cue in made
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def timed_text(made: Sequence[Cue]) -> list[tuple[int, int, bytes]]:
    """Start, length and sample of each stretch in which the same text stands (3GPP TS 26.245, `tx3g`).

    Samples of a track follow each other, so where cues overlap their lines are stacked.
    """
    edges = sorted({edge for cue in made for edge in (cue.start, cue.end)})
    samples = []
    for start, end in pairwise(edges):
        lines = [line for cue in made if cue.start <= start < cue.end for line in cue.lines]
        if lines:
            text = "\n".join(lines).encode()
            samples.append((start, end - start, len(text).to_bytes(2, "big") + text))
    return samples


def _clock(frame: int, fps: Rate, mark: str) -> str:
    milliseconds = round(1000 * frame / fps.fraction)
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{mark}{rest:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
