"""Numbers of things, as sentences say them."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`1 shot`, `3 shots`: for things whose plural takes an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
