"""All tools of the director."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from agents.director import changes, making, questions
from agents.director.declare import DirectorTool


@cache
def director_tools() -> Mapping[str, DirectorTool]:
    """Every tool, by name: questions first, then edits, then making."""
    declared = [value for module in (questions, changes, making) for value in vars(module).values()]
    return {tool.name: tool for tool in declared if isinstance(tool, DirectorTool)}
