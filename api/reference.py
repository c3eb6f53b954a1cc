"""The reference page, made from the declarations: `python -m api.reference > docs/reference.md`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from api import routes
from api.environment import shown, variable
from gpu_runtime.engine import Engine
from gpu_runtime.engine import registry as engines
from tools.declare import Tool, meta
from tools.declare import registry as tools
from vibeboard.settings import Settings


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Made by `scripts/reference` from the declarations; a test keeps it current."
    yield ""
    yield "## Tools"
    for tool in tools().values():
        yield from _tool(tool)
    yield ""
    yield "## Engines"
    yield ""
    yield "| engine | task | quality | licence | legal sizes and lengths | does |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for engine in engines().values():
        cells = (engine.name, engine.task, engine.quality, engine.licence, _limits(engine), engine.summary)
        yield "| " + " | ".join(cells) + " |"
    yield from _http()
    yield from _settings()


def _http() -> Iterator[str]:
    """The routes of the service, as its files declare them."""
    yield from ("", "## HTTP", "")
    yield "Parameters, bodies and answers are in the OpenAPI document, `/openapi.json` of a service that runs; the"
    yield "socket of a thread is in [protocol.md](protocol.md)."
    yield from ("", "| method | path | what it does |", "| --- | --- | --- |")
    for module in sorted(pkgutil.iter_modules(routes.__path__), key=lambda item: item.name):
        router = importlib.import_module(f"{routes.__name__}.{module.name}").router
        for route in router.routes:
            if isinstance(route, APIRoute) and (methods := sorted(route.methods or ())) != ["HEAD"]:
                yield f"| {' '.join(methods)} | `{route.path}` | {_first_sentence(route.description)} |"


def _first_sentence(text: str) -> str:
    """Of a description, on one line."""
    return " ".join(text.split()).partition(". ")[0].removesuffix(".") + "."


def _settings() -> Iterator[str]:
    yield from ("", "## Settings", "", "Environment variables; the same with room for values in `.env.example`.", "")
    yield from ("| variable | default | what it is |", "| --- | --- | --- |")
    for name, field in Settings.model_fields.items():
        default = shown(field)
        yield f"| `{variable(name, field)}` | {f'`{default}`' if default else ''} | {field.description} |"


def _tool(tool: Tool) -> Iterator[str]:
    yield from ("", f"### {tool.name}", "", f"{tool.summary} Page: {tool.module}.", "")
    yield "| parameter | type | unit | default | what it is |"
    yield "| --- | --- | --- | --- | --- |"
    properties: dict[str, Any] = tool.params.model_json_schema()["properties"]
    for name, info in tool.params.model_fields.items():
        marks = " Protected." if meta(info).get("protected") else ""
        default = "required" if info.is_required() else f"`{properties[name].get('default')}`"
        unit = meta(info).get("unit", "")
        yield f"| {name} | {_type(properties[name])} | {unit} | {default} | {info.description}.{marks} |"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = [f">= {schema['minimum']}"] if "minimum" in schema else []
    bounds += [f"<= {schema['maximum']}"] if "maximum" in schema else []
    return " ".join([str(schema.get("type", "any")), *bounds])


def _limits(engine: Engine) -> str:
    limits = engine.limits
    step = f"{limits.frames_step}k+{limits.frames_offset} frames" if limits.frames_step > 1 else "any length"
    return f"sides a multiple of {limits.size_multiple}, {step}"


if __name__ == "__main__":
    print(page(), end="")
