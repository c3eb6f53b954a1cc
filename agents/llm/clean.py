"""Characters that nobody sees: controls, zero-width and direction marks, halves of surrogate pairs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

_KEPT = frozenset("\n\t")
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})


def visible(text: str) -> str:
    """The text without control, format and surrogate characters (Unicode Cc, Cf, Cs), but for line breaks and tabs."""
    return "".join(char for char in text if char in _KEPT or unicodedata.category(char) not in _UNSEEN)


def without_invisible(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The same messages, their texts cleaned."""
    return [
        message.model_copy(update={"content": visible(message.content)})
        if isinstance(message.content, str)
        else message
        for message in messages
    ]
