"""Telling a model's thinking from its answer where both come in one text."""

from __future__ import annotations

import re
from typing import NamedTuple

_OPEN, _CLOSE = re.compile(r"<(?:mm:)?think>"), re.compile(r"</(?:mm:)?think(?:ing)?>")
_LONGEST_TAG = len("</thinking>")


class Split(NamedTuple):
    """What is to be shown, and what was thought."""

    shown: str
    thought: str


class ThinkSplitter:
    """Takes a streamed text apart at its `<think>` tags, which may be cut anywhere by the chunks."""

    def __init__(self) -> None:
        self._held, self._inside = "", False

    def feed(self, text: str) -> Split:
        """What this piece adds; an end that may be the beginning of a tag is held back."""
        self._held += text
        shown = thought = ""
        while match := (_CLOSE if self._inside else _OPEN).search(self._held):
            shown, thought = self._added(self._held[: match.start()], shown, thought)
            self._held, self._inside = self._held[match.end() :], not self._inside
        at = _possible_tag(self._held)
        shown, thought = self._added(self._held[:at], shown, thought)
        self._held = self._held[at:]
        return Split(shown, thought)

    def rest(self) -> Split:
        """What was held back when the text has ended."""
        split = Split(*self._added(self._held, "", ""))
        self._held = ""
        return split

    def _added(self, text: str, shown: str, thought: str) -> tuple[str, str]:
        return (shown, thought + text) if self._inside else (shown + text, thought)


def _possible_tag(text: str) -> int:
    """Where a tag may begin that the text does not end yet."""
    at = text.rfind("<", max(len(text) - _LONGEST_TAG, 0))
    return len(text) if at < 0 or ">" in text[at:] else at


def without_thinking(text: str) -> str:
    """A whole text without what was thought; a closing tag alone ends thinking that began before the text."""
    splitter = ThinkSplitter()
    first, rest = splitter.feed(text), splitter.rest()
    shown = first.shown + rest.shown
    closing = _CLOSE.search(shown)
    return shown[closing.end() :] if closing else shown
