"""How a tool is declared: a typed function and one class of parameters, from which everything else is derived."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import Field, StringConstraints

import tools
from tools.context import Context
from vibeboard.asset import Result
from vibeboard.digest import sha256
from vibeboard.hints import hints, meta
from vibeboard.model import Frozen

__all__ = ["AssetId", "Call", "Params", "Tool", "example_asset", "field", "meta", "registry", "tool"]

AssetId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The sha256 of bytes in the blob store; a field of this type is an input of the call."""


def example_asset(kind: str) -> str:
    """The hash that stands for an asset of a kind in the examples of tools: that of the kind's name."""
    return sha256(kind.encode())


class Params(Frozen):
    """Base of the parameters of a tool; the subclass's name is unique over all tools."""


def field(
    description: str,
    *,
    unit: str = "",
    widget: str = "",
    protected: bool = False,
    soft: bool = False,
    synonyms: tuple[str, ...] = (),
    measures: tuple[str, ...] = (),
    joint: tuple[str, ...] = (),
    ratio: tuple[str, ...] = (),
    **constraints: Any,
) -> Any:
    """A parameter: what it is, in which unit, which control shows it.

    A `protected` field carries what the person asked for; the Medic never changes its meaning. The rest is said in
    `vibeboard.hints.hints`. `constraints` are pydantic's (`default`, `ge`, `le` ...).
    """
    extra = hints(
        unit=unit,
        widget=widget,
        protected=protected,
        soft=soft,
        synonyms=synonyms,
        measures=measures,
        joint=joint,
        ratio=ratio,
    )
    return Field(description=description, json_schema_extra=extra, **constraints)


Call = Callable[[Any, Context], Awaitable[Result]]


@dataclass(frozen=True)
class Tool:
    """A declared tool. `module` is the page of the studio it belongs to, `produces` the kind of its main output.

    `droppable` are names that callers add and that carry nothing a person asked for, such as knobs of other programs;
    the Medic may leave them out, and says so. Any other unknown name is for a person. `example` are parameters that
    can be called with, once assets of a film stand where its hashes are.
    """

    name: str
    module: str
    produces: str
    summary: str
    params: type[Params]
    call: Call
    droppable: frozenset[str] = frozenset()
    example: Mapping[str, Any] | None = None


def tool(
    *, module: str, produces: str, example: Mapping[str, Any] | None = None, droppable: tuple[str, ...] = ()
) -> Callable[[Call], Tool]:
    """Declare the decorated function `async def name(params: SomeParams, ctx: Context) -> Result` as a tool."""

    def declare(call: Call) -> Tool:
        params = get_type_hints(call)["params"]
        summary = inspect.getdoc(call) or ""
        named = (call.__name__, module, produces, summary.partition("\n")[0])
        return Tool(*named, params, call, frozenset(droppable), example)

    return declare


@cache
def registry() -> Mapping[str, Tool]:
    """Every tool declared in a module of the package `tools`, by name."""
    found: dict[str, Tool] = {}
    for module in pkgutil.iter_modules(tools.__path__):
        for value in vars(importlib.import_module(f"tools.{module.name}")).values():
            if isinstance(value, Tool):
                found[value.name] = value
    return dict(sorted(found.items()))
