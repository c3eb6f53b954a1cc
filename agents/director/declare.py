"""How a tool of the director is declared: a typed function and one class of parameters, as the tools of the studio are.

These act on the plan and the build through a `Desk`, where the studio's tools act on pictures through a `Context`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

from pydantic import ConfigDict, JsonValue

from agents.director.desk import Desk
from vibeboard.model import Frozen


class Ask(Frozen):
    """Base of the parameters of a director's tool. Models write `scene: 3`, and mean the text."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Outcome(Frozen):
    """What came of a call: lines for people, and the same as data for a model."""

    lines: tuple[str, ...]
    data: JsonValue = None


Act = Callable[[Any, Desk, str], Awaitable[Outcome]]
Spends = Callable[[Any, Desk], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class DirectorTool:
    """`spends` gives the shots that a call would have made; None for a tool that makes nothing."""

    name: str
    summary: str
    params: type[Ask]
    act: Act
    spends: Spends | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """As a function for a model, references resolved."""
        from langchain_core.utils.function_calling import convert_to_openai_tool  # noqa: PLC0415  (slow to import)

        shaped = convert_to_openai_tool(self.params)
        shaped["function"] |= {"name": self.name, "description": self.summary}
        return shaped


def director_tool(act: Act) -> DirectorTool:
    """Declare `async def name(ask: SomeAsk, desk: Desk, key: str) -> Outcome` as a tool."""
    params = get_type_hints(act)["ask"]
    return DirectorTool(act.__name__, inspect.getdoc(act) or "", params, act)


def spending_tool(spends: Spends) -> Callable[[Act], DirectorTool]:
    """Declare a tool that has shots made: those that `spends` gives, all if it gives none."""
    return lambda act: replace(director_tool(act), spends=spends)
