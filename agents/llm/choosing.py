"""Which model plans, from what a person chose and the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agents.llm.dialects import DIALECTS, EFFORTS, FREE, PRICES, Dialect, Price
from agents.llm.model import LlmModel
from agents.llm.scripted import scripted
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

if TYPE_CHECKING:
    from agents.llm.client import OpenAIChat

OFFLINE, MINIMAX, SCRIPTED = "offline", "minimax", "scripted:"


def model_for(planner: str, settings: Settings) -> LlmModel | None:
    """The model behind `offline` (none), `minimax` or `scripted:FILE`.

    Raises:
        Rejected: nothing of that name, no key, or a file that cannot be played.
    """
    if planner == OFFLINE:
        return None
    if planner == MINIMAX:
        return chat_model(settings)
    if planner.startswith(SCRIPTED):
        return scripted(Path(planner.removeprefix(SCRIPTED)))
    raise Rejected("bad_planner", f"planner {planner!r}: write offline, minimax or scripted:FILE")


def chat_model(settings: Settings) -> OpenAIChat:
    """The model of the settings.

    Raises:
        Rejected: an unknown dialect, no key where one is needed, or no price for the budget to count with.
    """
    from agents.llm.client import OpenAIChat  # noqa: PLC0415  (who plans offline need not wait for the SDK)

    dialect = DIALECTS.get(settings.llm_dialect)
    if dialect is None:
        known = ", ".join(DIALECTS)
        raise Rejected("bad_dialect", f"VIBEBOARD_LLM_DIALECT={settings.llm_dialect!r}: write one of {known}")
    if dialect.needs_key and not settings.llm_key.get_secret_value():
        raise Rejected("no_llm_key", "there is no key for the model: set MINIMAX_API_KEY, or plan with planner offline")
    effort = settings.llm_effort or EFFORTS.get(settings.llm_model, "")
    return OpenAIChat(
        name_shown=settings.llm_model,
        identity=f"{dialect.name} {settings.llm_model} {effort}".strip(),
        at_once=dialect.at_once,
        structure=dialect.structure,
        model=settings.llm_model,
        dialect=dialect,
        base_url=settings.llm_base_url or dialect.base_url,
        key=settings.llm_key,
        effort=effort,
        max_tokens=settings.llm_max_tokens,
        idle_s=settings.llm_idle_s,
        price=_price(settings, dialect),
        budget_usd=settings.llm_budget,
        budget_tokens=settings.llm_token_budget,
    )


def _price(settings: Settings, dialect: Dialect) -> Price:
    """What the model costs: as set, else as known. One that a budget of tokens bounds may go without."""
    reads, writes = settings.llm_price_in, settings.llm_price_out
    if reads is not None and writes is not None:
        return Price(input=reads, output=writes, cached=reads, source="the settings", date="")
    known = dialect.price or PRICES.get(settings.llm_model)
    if (reads, writes) == (None, None) and (known or settings.llm_token_budget):
        return known or FREE
    raise Rejected(
        "no_llm_price",
        f"what {settings.llm_model} costs is not known, so a budget of {settings.llm_budget:g} USD cannot be kept: "
        "set VIBEBOARD_LLM_PRICE_IN and VIBEBOARD_LLM_PRICE_OUT, both in USD for a million tokens, or "
        "VIBEBOARD_LLM_TOKEN_BUDGET",
    )
