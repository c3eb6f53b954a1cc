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
from pydantic.fields import FieldInfo

import tools
from tools.context import Context
from vibeboard.asset import Result
from vibeboard.model import Frozen

AssetId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The sha256 of bytes in the blob store; a field of this type is an input of the call."""


class Params(Frozen):
    """Base of the parameters of a tool; the subclass's name is unique over all tools."""


def field(
    description: str,
    *,
    unit: str = "",
    widget: str = "",
    protected: bool = False,
    synonyms: tuple[str, ...] = (),
    measures: tuple[str, ...] = (),
    **constraints: Any,
) -> Any:
    """A parameter: what it is, in which unit, which control shows it.

    A `protected` field carries what the person asked for; the Medic never changes its meaning. `synonyms` are names
    that callers use by mistake; `measures` names of the same quantity that leave its unit open, such as `duration` for
    frames. `constraints` are pydantic's (`default`, `ge`, `le` ...).
    """
    names = {"synonyms": list(synonyms), "measures": list(measures)}
    extra: dict[str, Any] = {"unit": unit, "widget": widget, "protected": protected, **names}
    return Field(description=description, json_schema_extra={"x-vibeboard": extra}, **constraints)


def meta(info: FieldInfo) -> Mapping[str, Any]:
    """What `field` recorded beyond pydantic's own: `unit`, `widget`, `protected`, `synonyms`, `measures`."""
    extra = info.json_schema_extra
    marked = extra.get("x-vibeboard") if isinstance(extra, dict) else None
    return marked if isinstance(marked, dict) else {}


Call = Callable[[Any, Context], Awaitable[Result]]


@dataclass(frozen=True)
class Tool:
    """A declared tool. `module` is the page of the studio it belongs to, `produces` the kind of its main output."""

    name: str
    module: str
    produces: str
    summary: str
    params: type[Params]
    call: Call


def tool(*, module: str, produces: str) -> Callable[[Call], Tool]:
    """Declare the decorated function `async def name(params: SomeParams, ctx: Context) -> Result` as a tool."""

    def declare(call: Call) -> Tool:
        params = get_type_hints(call)["params"]
        summary = inspect.getdoc(call) or ""
        return Tool(call.__name__, module, produces, summary.partition("\n")[0], params, call)

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
