"""Characters that no text has here: Postgres keeps no NUL (PostgreSQL, 8.3), and half a surrogate pair, which JSON can
spell, is no character (RFC 8259, 8.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from starlette.requests import HTTPConnection

from vibeboard.faults import Rejected

_NOT_KEPT = re.compile("[\0\ud800-\udfff]")
_MOST_PATH = 80


async def plain_texts(connection: HTTPConnection) -> None:
    """A dependency of every route: look through a body of JSON. What comes over a socket is looked at as it comes.

    Raises:
        Rejected: `bad_character`.
    """
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not isinstance(connection, Request) or not kind.endswith("json"):
        return
    try:
        body = await connection.json()
    except (ValueError, RecursionError):
        return  # a route that takes a body says so itself
    must_be_plain(body, "body")


def must_be_plain(value: Any, where: str) -> None:
    """
    Raises:
        Rejected: `bad_character`, naming where it is.
    """
    for path, text in _texts(value, where):
        if found := _NOT_KEPT.search(text):
            raise Rejected(
                "bad_character",
                f"{path[:_MOST_PATH]}: leave out the character U+{ord(found[0]):04X} at {found.start()}",
            )


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text of a JSON value and where it is, names of fields too. However deep it is nested, the stack is not."""
    left = [(where, value)]
    while left:
        path, item = left.pop()
        if isinstance(item, str):
            yield path, item
        elif isinstance(item, dict):
            yield from ((path, name) for name in item)
            left += [(f"{path}.{name}", held) for name, held in item.items()]
        elif isinstance(item, list):
            left += [(f"{path}.{number}", held) for number, held in enumerate(item)]
