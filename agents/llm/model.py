"""What the planner, and later the director, need of a model: LangChain's chat model, with an identity and a ledger."""

from __future__ import annotations

from typing import Any, NoReturn

from langchain_core.language_models import BaseChatModel

from agents.llm.dialects import Structure
from agents.llm.ledger import Ledger


class LlmModel(BaseChatModel):
    """A chat model of ours. It answers asynchronously only.

    `name_shown` is for people and records. `identity` names the answers: the same identity and the same messages may
    be answered from what was kept. `at_once` is how many questions it may be asked at a time.
    """

    name_shown: str
    identity: str
    at_once: int
    structure: Structure = Structure.TOOL
    keeps_answers: bool = True

    @property
    def ledger(self) -> Ledger:
        """What was spent."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the connections, if there are any."""

    def _generate(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError("this model is asked with ainvoke or astream")
