"""Headers of safetensors files, read strictly and without torch.

The format (github.com/huggingface/safetensors): eight bytes of little-endian length, that many bytes of JSON, then the
tensors, which cover the rest of the file without gaps or overlaps. A file of any other shape is refused before a byte
of it is interpreted, a pickle under another name among them.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from vibeboard.faults import Rejected

ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
    "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip
"""Bytes of one element, by the format's name of the type."""

TORCH_NAMES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
"""Floating types by torch's names, without those of eight bits, whose scales belong to them."""

_LENGTH_BYTES = 8
_MAX_HEADER = 100_000_000  # as the library has it
_METADATA = "__metadata__"


class TensorSpan(NamedTuple):
    """Where a tensor lies: bytes `begin` to `end` of the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def bytes(self) -> int:
        return self.end - self.begin


class _BadHeaderError(Exception):
    pass


def read_header(path: Path) -> dict[str, TensorSpan]:
    """The tensors of a file by name, in the order of the file.

    Raises:
        Rejected: `not_safetensors`, with what is wrong.
    """
    try:
        return _spans(path)
    except (_BadHeaderError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error) if isinstance(error, _BadHeaderError) else "its header is damaged"
        raise Rejected("not_safetensors", f"{path.name} is not a whole safetensors file: {reason}") from None


def _spans(path: Path) -> dict[str, TensorSpan]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if not 2 <= length <= min(_MAX_HEADER, size - _LENGTH_BYTES):
            raise _BadHeaderError(f"a header of {length} bytes does not fit a file of {size}")
        header = json.loads(file.read(length), object_pairs_hook=_without_duplicates)
    header.pop(_METADATA, None)
    data = _LENGTH_BYTES + length
    spans = {name: _span(name, entry, data) for name, entry in header.items()}
    ordered = dict(sorted(spans.items(), key=lambda item: (item[1].begin, item[1].end)))
    _without_gaps(ordered, data, size)
    return ordered


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BadHeaderError("a name comes twice in its header")
    return found


def _span(name: str, entry: dict[str, Any], data: int) -> TensorSpan:
    dtype, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if dtype not in ITEM_BYTES:
        raise _BadHeaderError(f"{name} is of the unknown type {dtype}")
    numbers = (*shape, begin, end)
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise _BadHeaderError(f"{name} has a shape or place that is no whole number")
    if end - begin != math.prod(shape) * ITEM_BYTES[dtype]:
        raise _BadHeaderError(f"{name} has {end - begin} bytes, which is not its shape and type")
    return TensorSpan(dtype, shape, data + begin, data + end)


def _without_gaps(spans: dict[str, TensorSpan], data: int, size: int) -> None:
    at = data
    for name, span in spans.items():
        if span.begin != at:
            raise _BadHeaderError(f"{name} begins at byte {span.begin}, expected {at}")
        at = span.end
    if at != size:
        raise _BadHeaderError(f"its tensors end at byte {at}, the file at {size}")
