"""A model that says what a file tells it to: for trying things out, for demonstrations, and for tests.

The file is YAML or JSON: a list of turns, or a mapping with the list under `turns`.

    - call: scene_elements            # a tool call, with its arguments
      args: {elements: []}
      when: TAXI OFFICE               # only for a question whose text has these words
    - text: I would rather not.       # or words
    - fault: {code: llm_unavailable, message: gone}

A turn with `when` answers the first question that fits; the others answer in order. Each is used once, unless it has
`always: true`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, JsonValue, PrivateAttr, ValidationError, model_validator

from agents.llm.codes import SCRIPT_ENDED
from agents.llm.dialects import FREE
from agents.llm.ledger import Ledger
from agents.llm.model import LlmModel
from agents.llm.wire import RAW_CALLS
from vibeboard.digest import sha256
from vibeboard.faults import FaultError, Rejected, Repairable, Transient
from vibeboard.model import Frozen


class ScriptedFault(Frozen):
    """A failure to play; a `transient` one is not tried again here."""

    kind: Literal["transient", "rejected", "repairable"] = "transient"
    code: str
    message: str = "as scripted"


class Turn(Frozen):
    """One answer."""

    when: str = ""
    call: str = ""
    args: dict[str, JsonValue] = Field(default_factory=dict)
    text: str = ""
    fault: ScriptedFault | None = None
    always: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if sum((bool(self.call), bool(self.text), self.fault is not None)) != 1:
            raise ValueError("needs one of `call` (with `args`), `text` and `fault`")
        return self


class _Turns(Frozen):
    turns: tuple[Turn, ...]


class ScriptedChat(LlmModel):
    """Plays the turns of a file. Its answers cost nothing and are not kept: a run that is carried on plays from the
    start."""

    name_shown: str = "scripted"
    at_once: int = 1
    keeps_answers: bool = False
    turns: tuple[Turn, ...]
    _left: list[Turn] = PrivateAttr()
    _asked: int = PrivateAttr(default=0)
    _ledger: Ledger = PrivateAttr(default_factory=lambda: Ledger(FREE, 0.0))

    def model_post_init(self, _context: Any) -> None:
        self._left = list(self.turns)

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    @property
    def _llm_type(self) -> str:
        return "scripted"

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self._asked += 1
        turn = self._next("\n".join(str(message.text) for message in messages if message.type != "system"))
        if turn.fault:
            raise _fault(turn.fault)
        return ChatResult(generations=[ChatGeneration(message=_message(turn, f"turn_{self._asked}"))])

    def _next(self, asked: str) -> Turn:
        fitting = [turn for turn in self._left if turn.when and turn.when.casefold() in asked.casefold()]
        plain = [turn for turn in self._left if not turn.when]
        for turn in (*fitting[:1], *plain[:1]):
            if not turn.always:
                self._left.remove(turn)
            return turn
        raise Rejected(
            SCRIPT_ENDED,
            f"the scripted model has no turn for question {self._asked}: {len(self.turns)} turns are in its file, "
            f"{len(self._left)} are left and none fits; add one",
        )


def _message(turn: Turn, identity: str) -> AIMessage:
    if not turn.call:
        return AIMessage(content=turn.text)
    function = {"name": turn.call, "arguments": json.dumps(turn.args, ensure_ascii=False)}
    raw = {"id": identity, "type": "function", "function": function}
    return AIMessage(
        content="",
        tool_calls=[tool_call(name=turn.call, args=dict(turn.args), id=identity)],
        additional_kwargs={RAW_CALLS: [raw]},
    )


def _fault(played: ScriptedFault) -> FaultError:
    kinds: dict[str, type[FaultError]] = {"transient": Transient, "rejected": Rejected, "repairable": Repairable}
    return kinds[played.kind](played.code, played.message)


def read_turns(path: Path) -> Sequence[Turn]:
    """The turns of a file.

    Raises:
        Rejected: there is no such file, or it does not hold turns; the sentence names the first wrong place.
    """
    try:
        data = yaml.safe_load(path.read_text())
    except OSError as error:
        raise Rejected("no_script", f"--planner scripted:{path}: {error.strerror or error}; name a YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Rejected("bad_script", f"--planner scripted:{path} is neither YAML nor JSON: {error}") from None
    try:
        return _Turns.model_validate(data if isinstance(data, dict) else {"turns": data}).turns
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Rejected("bad_script", f"--planner scripted:{path}: {where}: {first['msg']}") from None


def scripted(path: Path) -> ScriptedChat:
    """The model that plays a file."""
    turns = tuple(read_turns(path))
    named = sha256(json.dumps([turn.model_dump(mode="json") for turn in turns]).encode())[:12]
    return ScriptedChat(identity=f"scripted {named}", turns=turns)
