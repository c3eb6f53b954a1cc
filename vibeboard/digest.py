"""The one digest builder: whatever names a result by its content goes through here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, JsonValue

_CHUNK = 1 << 20


def canonical(value: BaseModel | JsonValue) -> bytes:
    """The one JSON spelling of a value: sorted keys, no blanks, UTF-8, no NaN."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def content_key(
    task: str,
    engine: str,
    revision: str,
    params: Mapping[str, JsonValue],
    inputs: Iterable[str] = (),
) -> str:
    """Name a result before it is made.

    `params` are the legal parameters including the seed, without the fields that the engine declares it
    does not read; `inputs` are the content hashes it consumes, in order. Clocks, ids of runs and facts of
    the machine never enter, so the same work has the same name everywhere.
    """
    return sha256(canonical([task, engine, revision, dict(params), list(inputs)]))


def derive_seed(*parts: str) -> int:
    """A 31-bit seed from names, so that a shot looks the same however often it is planned."""
    return int(sha256("\x1f".join(parts).encode())[:8], 16) >> 1
