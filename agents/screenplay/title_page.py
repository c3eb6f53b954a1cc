"""The title page: `Key: value` lines at the very top of a Fountain script."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.screenplay.headings import is_heading
from agents.screenplay.lines import SourceLine
from agents.screenplay.word_table import word_table
from vibeboard.screenplay import TitleEntry

_KEY = re.compile(r"(?P<key>[^\s:][^:]{0,39}):(?:\s+(?P<value>.*))?$")
_KNOWN = word_table("""
    draft date, written by, episode, title, credit, author, authors, source, notes, date, contact, copyright,
    revision, revised, version, format, created, writer, writers, producer, director, language, genre, logline,
    licence, license
    """)


def read_title_page(lines: Sequence[SourceLine]) -> tuple[tuple[TitleEntry, ...], int]:
    """The entries of the title page and the index of the first line after it (0 without one).

    The page is the first paragraph, if that opens with a key. Inside it a line without a key of its own continues the
    entry above; by the syntax such a line is indented, yet many writers forget to.
    """
    start = next((index for index, line in enumerate(lines) if line.text.strip()), len(lines))
    if start == len(lines) or not _opens(lines, start):
        return (), 0
    entries: list[tuple[str, list[str]]] = []
    end = start
    while end < len(lines) and lines[end].text.strip() and not is_heading(lines[end].text):
        key, value = _key_value(lines[end].text) if not entries or _opens(lines, end) else ("", lines[end].text.strip())
        if key:
            entries.append((key, []))
        if value:
            entries[-1][1].append(value)
        end += 1
    return tuple(TitleEntry(key=key, values=tuple(values)) for key, values in entries), end


def _key_value(text: str) -> tuple[str, str]:
    key, _, value = text.strip().partition(":")
    return key.strip(), value.strip()


def _opens(lines: Sequence[SourceLine], index: int) -> bool:
    """Whether a line opens an entry: a known key, or a short capitalised label that has a value.

    `FADE IN:` has none, so a script that opens with a transition has no title page.
    """
    text = lines[index].text
    match = _KEY.match(text)
    if match is None or is_heading(text):
        return False
    words = match["key"].split()
    if " ".join(words).lower() in _KNOWN:
        return True
    following = lines[index + 1].text if index + 1 < len(lines) else ""
    has_value = bool(match["value"]) or (following.startswith("   ") and bool(following.strip()))
    return has_value and len(words) <= 3 and all(word[0].isupper() or word[0].isdigit() for word in words)
