"""How word tables are written down."""

from __future__ import annotations


def word_table(words: str) -> frozenset[str]:
    """A set of words or phrases from a text that parts them by commas."""
    return frozenset(" ".join(word.split()) for word in words.split(",") if word.strip())
