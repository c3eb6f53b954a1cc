"""JSON as a model wrote it, which may be more than we, our database or our digests can hold."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from pydantic import JsonValue

_LARGEST = 2**63


def decoded(text: str) -> JsonValue:
    """The value of a text that is JSON (RFC 8259) and nothing else.

    Raises:
        ValueError: it is not, or it has a number beyond 64 bits, half a surrogate pair, or more depth than we go into.
    """
    try:
        return _sound(_decoder.decode(text))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def decoded_from(text: str, at: int) -> JsonValue:
    """As `decoded`, of the value that begins at a place; what follows it is left alone."""
    try:
        return _sound(_decoder.raw_decode(text, at)[0])
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def paired(text: str) -> str:
    """The text with the halves of surrogate pairs, which a server cut apart, put together; a lone one is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _sound(value: JsonValue) -> JsonValue:
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) < len(str(_LARGEST)) + 2 else _LARGEST
    if not -_LARGEST <= number < _LARGEST:
        raise ValueError(f"the number {digits[:20]}... is too large")
    return number


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:20]} is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_decoder = json.JSONDecoder(parse_int=_integer, parse_float=_real, parse_constant=_no_constant)
