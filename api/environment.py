"""Settings as environment variables: which one is wrong, and `.env.example`, made by `python -m api.environment`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from vibeboard.settings import Settings

COMPOSE = {
    "POSTGRES_PASSWORD": "Password of the Postgres of compose.yaml: long and random, letters and digits only",
}
"""What only compose.yaml reads."""


def example() -> str:
    """Every setting with what it is and its default, commented out, so that a copy of it changes nothing. A secret is
    shown empty."""
    return "\n".join(_lines()) + "\n"


def wrong(error: ValidationError) -> str:
    """One sentence on settings that are not legal."""
    return "; ".join(_wrong(detail) for detail in error.errors())


def _wrong(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    field = Settings.model_fields[name]
    legal = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ").partition(", unable")[0]
    what = str(field.description)
    return f"{variable(name, field)} is '{detail['input']}', and should be {legal} ({what[0].lower()}{what[1:]})"


def _lines() -> Iterator[str]:
    yield "# Settings of VibeBoard. Copy this to .env and set what you need; the values here are the defaults."
    yield "# Made by scripts/reference from vibeboard/settings.py; a test keeps it current."
    for group in _groups():
        yield ""
        for name in group:
            field = Settings.model_fields[name]
            yield f"# {field.description}"
            yield f"# {variable(name, field)}={shown(field)}"
    yield ""
    for name, what in COMPOSE.items():
        yield f"# {what}"
        yield f"# {name}="


def _groups() -> Iterator[list[str]]:
    """Names of settings, those together that are together in the source."""
    (declared,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(declared, ast.ClassDef)
    group: list[str] = []
    before = 0
    for node in declared.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if group and node.lineno > before + 1:
            yield group
            group = []
        group.append(node.target.id)
        before = node.end_lineno or node.lineno
    yield group


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return f"{Settings.model_config['env_prefix']}{name.upper()}"


def shown(field: FieldInfo) -> str:
    """The default of a setting, as one would write it."""
    default: Any = field.default
    if default is None or isinstance(default, SecretStr):
        return ""
    if isinstance(default, bool):
        return str(int(default))
    return default.as_posix() if isinstance(default, Path) else str(default)


if __name__ == "__main__":
    print(example(), end="")
