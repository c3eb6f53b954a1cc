"""The base of every value in the vocabulary."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value: unknown fields are refused, equality is by content."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
