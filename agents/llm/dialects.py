"""How servers that speak OpenAI's protocol differ, as data: whoever adds one adds an entry."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue

from vibeboard.model import Frozen


class Structure(StrEnum):
    """How a server is asked for an answer of a given shape."""

    TOOL = "tool"
    JSON_SCHEMA = "json_schema"


class Price(Frozen):
    """USD for a million tokens; from `long_from` tokens of input on, everything costs `long_factor` times as much."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float = Field(ge=0)
    long_from: int | None = None
    long_factor: float = 1.0
    source: str
    date: str


FREE = Price(input=0.0, output=0.0, cached=0.0, source="nobody sends a bill", date="")


class Dialect(Frozen):
    """`body` is sent along with every request. `thinks_back`: the names of the assistant's thinking that must be sent
    back. `effort_field`: where effort goes in the body. `may_repeat`: whether a chunk may repeat all that came
    before it. Limits are a minute's. `price` is that of every model, where it does not depend on the model."""

    name: str
    base_url: str
    body: dict[str, JsonValue] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    thinks_back: tuple[str, ...] = ()
    effort_field: str = "reasoning_effort"
    length_field: str = "max_completion_tokens"
    tool_choice: bool = True
    structure: Structure = Structure.TOOL
    may_repeat: bool = False
    requests: int = Field(default=500, gt=0)
    tokens: int = Field(default=1_000_000, gt=0)
    at_once: int = Field(default=8, gt=0)
    needs_key: bool = True
    price: Price | None = None


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="minimax",
            base_url="https://api.minimax.io/v1",
            body={"reasoning_split": True},
            thinks_back=("reasoning_details", "reasoning_content"),
            effort_field="effort",
            tool_choice=False,
            may_repeat=True,
            requests=200,
            tokens=10_000_000,
        ),
        Dialect(name="openai", base_url="https://api.openai.com/v1"),
        Dialect(
            name="local",
            base_url="http://127.0.0.1:11434/v1",
            length_field="max_tokens",
            structure=Structure.JSON_SCHEMA,
            at_once=1,
            needs_key=False,
            price=FREE,
        ),
    )
}
"""MiniMax: `tool_choice` is ignored, thinking is split off on request and wanted back, a streamed chunk repeats
the text before it (the official example subtracts it); 200 requests and 10 million tokens a minute for M3
(platform.minimax.io, guides/rate-limits, November 2026). Local: Ollama, vLLM, llama.cpp."""

_PAYGO = "platform.minimax.io/docs/guides/pricing-paygo"
PRICES = {
    "MiniMax-M3": Price(
        input=0.30, output=1.20, cached=0.06, long_from=512_000, long_factor=2.0, source=_PAYGO, date="2026-11-22"
    ),
    "MiniMax-M3.1-Flash": Price(input=0.15, output=0.60, cached=0.015, source=_PAYGO, date="2026-11-22"),
}
EFFORTS = {"MiniMax-M3.1-Flash": "low"}
"""For models whose own default is the highest: ten times the tokens for the same answers to questions like ours."""
