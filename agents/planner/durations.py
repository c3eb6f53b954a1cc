"""How long words and deeds last, from the text alone, never from an installed voice."""

from __future__ import annotations

import re

WORDS_PER_SECOND = 2.5
BEAT_SECONDS = 0.35
"""Between two speakers, and after the last words of a shot."""

_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PAUSES = (
    (re.compile(r"[,;:，、；：]"), 0.15),
    (re.compile(r"[.!?。！？]+(?=\s|$)"), 0.25),
    (re.compile(r"…|\.\.\.|--|—"), 0.4),
)
_CLAUSE = re.compile(r"[,;:]| and | then | as | while |--|—")


def word_count(text: str) -> float:
    """Words as a voice counts them; of scripts without blanks, two characters make about a word."""
    ideographs = len(_IDEOGRAPH.findall(text))
    return len(re.findall(r"[\w'’]+", _IDEOGRAPH.sub(" ", text))) + 0.55 * ideographs


def line_seconds(text: str) -> float:
    """Length of a line of dialogue: its words at talking speed and a pause at each mark inside it."""
    pauses = sum(seconds * len(mark.findall(text[:-1])) for mark, seconds in _PAUSES)
    return max(word_count(text) / WORDS_PER_SECOND + pauses, 0.7)


def action_seconds(sentence: str) -> float:
    """Length of a sentence of action, 1.5 to 4 s: what is done (its clauses) and what is described (its words)."""
    clauses = len(_CLAUSE.findall(sentence)) + 1
    return min(max(0.6 + 0.7 * clauses + 0.08 * word_count(sentence), 1.5), 4.0)
