"""What models are told. The texts are files beside this one; what they are given to read is always JSON in a message of
its own, so that no word of a script can pass for one of ours."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import JsonValue

PROMPT_REVISION = 1
"""Raised by hand when a changed prompt should have scenes planned anew; what was planned is kept otherwise."""


@cache
def prompt(name: str) -> str:
    """The text of a prompt, with the rule that holds for all of them."""
    folder = Path(__file__).parent
    return f"{(folder / f'{name}.md').read_text().strip()}\n\n{(folder / 'data.md').read_text().strip()}"


def conversation(name: str, **data: JsonValue) -> list[BaseMessage]:
    """A prompt and what it is about."""
    return [SystemMessage(prompt(name)), HumanMessage(json.dumps(data, ensure_ascii=False, sort_keys=True))]
