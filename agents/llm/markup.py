"""Tool calls that leaked into the text of an answer as markup.

Two forms are known: `<minimax:tool_call><invoke name="x"><parameter name="y">1</parameter></invoke>` of the M2 family
(MiniMax-M2.5 issue 10), and that of M3, where `]<]minimax[>[` stands before each tag and a tag names the parameter:
`<invoke name="x"><y>1</y></invoke>` (MiniMax-M3 issue 31).
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from agents.llm.decoding import decoded

MARK = "]<]minimax[>["
"""Stands before each tag of MiniMax-M3."""
_SIGNS = (MARK, "<minimax:tool_call", "<tool_call>", "[TOOL_CALL]", "<invoke name=")
_INVOKE = re.compile(r"<invoke name=[\"']?(?P<name>[^\"'>]+)[\"']?\s*>(?P<body>.*?)</invoke>", re.S)
_PARAMETER = re.compile(r"<parameter name=[\"']?(?P<name>[^\"'>]+)[\"']?\s*>(?P<value>.*?)</parameter>", re.S)
_TAG = re.compile(r"<(?P<name>[A-Za-z_]\w*)>(?P<value>.*?)</(?P=name)>", re.S)


def leaked(text: str) -> bool:
    """Whether a text holds the markup of a tool call."""
    return any(sign in text for sign in _SIGNS)


def leaked_arguments(text: str, tool: str) -> dict[str, JsonValue] | None:
    """The arguments of the first whole call of `tool` in the markup, or None. A value is JSON if it can be read so."""
    plain = text.replace(MARK, "")
    for call in _INVOKE.finditer(plain):
        if call["name"].strip() == tool:
            pattern = _PARAMETER if "<parameter" in call["body"] else _TAG
            return {found["name"]: _value(found["value"].strip()) for found in pattern.finditer(call["body"])}
    return None


def _value(text: str) -> JsonValue:
    try:
        return decoded(text)
    except ValueError:
        return text
