"""Messages as OpenAI's protocol has them, both ways; a streamed answer put together from its chunks.

What must be sent back exactly as it came, thinking and the raw arguments of tool calls, rides in `additional_kwargs`:
LangChain's own fields would lose the one and reformat the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.content import InvalidToolCall
from langchain_core.messages.tool import ToolCall, ToolCallChunk, invalid_tool_call, tool_call

from agents.llm.decoding import decoded, paired
from agents.llm.dialects import Dialect
from agents.llm.ledger import Usage
from agents.llm.markup import leaked
from agents.llm.thinking import Split, ThinkSplitter

RAW_CALLS, RAW_CONTENT = "raw_tool_calls", "raw_content"
DETAILS, REASONING = "reasoning_details", "reasoning_content"
USAGE = "usage"
"""In `response_metadata`: what the call used, and whether that is estimated."""
LEAKED = "leaked_markup"
"""In `response_metadata`, when a tool call came as markup in the text: the answer is malformed, not words."""


def to_wire(messages: Sequence[BaseMessage], dialect: Dialect) -> list[dict[str, Any]]:
    """Messages as the server wants them."""
    return [_message(message, dialect) for message in messages]


def _message(message: BaseMessage, dialect: Dialect) -> dict[str, Any]:
    if isinstance(message, AIMessage):
        return _assistant(message, dialect)
    if isinstance(message, ToolMessage):
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": str(message.text)}
    role = "system" if isinstance(message, SystemMessage) else "user"
    return {"role": role, "content": str(message.text)}


def _assistant(message: AIMessage, dialect: Dialect) -> dict[str, Any]:
    kept = message.additional_kwargs
    wire: dict[str, Any] = {"role": "assistant", "content": kept.get(RAW_CONTENT, str(message.text))}
    calls = kept.get(RAW_CALLS) or [_raw_call(call) for call in message.tool_calls]
    if calls:
        wire["tool_calls"] = calls
    return wire | {name: kept[name] for name in dialect.thinks_back if kept.get(name)}


def _raw_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": json.dumps(call["args"], ensure_ascii=False)}
    return {"id": call["id"], "type": "function", "function": function}


class Growing:
    """A text that comes in pieces, or, where the server `may_repeat`, anew and longer each time: the second piece
    tells which."""

    def __init__(self, may_repeat: bool) -> None:
        self.text = ""
        self._repeats: bool | None = None if may_repeat else False

    def take(self, piece: str) -> str:
        """What is new in a piece."""
        if self._repeats is None and self.text and piece:
            self._repeats = len(piece) > len(self.text) and piece.startswith(self.text)
        new = piece[len(self.text) :] if self._repeats and piece.startswith(self.text) else piece
        self.text += new
        return new


class Answer:
    """A streamed answer as far as it has come."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._content, self._reasoning = Growing(dialect.may_repeat), Growing(dialect.may_repeat)
        self._thought = ""
        self._details: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._splitter = ThinkSplitter()
        self.finish, self.begun = "", False
        self.usage: Usage | None = None

    def take(self, chunk: Mapping[str, Any]) -> AIMessageChunk | None:
        """Enter a chunk as it came; what a reader is shown of it."""
        self._take_usage(chunk.get("usage"))
        choices = chunk.get("choices") or []
        if not choices:
            return None
        self.begun = True
        self.finish = choices[0].get("finish_reason") or self.finish
        delta = choices[0].get("delta") or choices[0].get("message") or {}
        self._take_details(delta.get(DETAILS) or [])
        reasoning = self._reasoning.take(delta.get(REASONING) or delta.get("reasoning") or "")
        split = self._splitter.feed(self._content.take(delta.get("content") or ""))
        return self._shown(split, reasoning, self._take_calls(delta.get("tool_calls") or []))

    def _shown(self, split: Split, reasoning: str, calls: list[ToolCallChunk]) -> AIMessageChunk | None:
        self._thought += split.thought
        extra = {REASONING: reasoning + split.thought} if reasoning or split.thought else {}
        if not (split.shown or extra or calls):
            return None
        return AIMessageChunk(content=split.shown, additional_kwargs=extra, tool_call_chunks=calls)

    def _take_usage(self, usage: Mapping[str, Any] | None) -> None:
        if usage and (usage.get("prompt_tokens") or usage.get("completion_tokens")):
            details = usage.get("prompt_tokens_details") or {}
            self.usage = Usage(
                input=usage.get("prompt_tokens") or 0,
                output=usage.get("completion_tokens") or 0,
                cached=details.get("cached_tokens") or 0,
            )

    def _take_details(self, details: Sequence[Mapping[str, Any]]) -> None:
        for place, detail in enumerate(details):
            index = detail.get("index", place)
            known = self._details.setdefault(index, {"grown": Growing(self._dialect.may_repeat)})
            known["grown"].take(detail.get("text") or "")
            known["rest"] = known.get("rest", {}) | {name: value for name, value in detail.items() if name != "text"}

    def _take_calls(self, calls: Sequence[Mapping[str, Any]]) -> list[ToolCallChunk]:
        shown: list[ToolCallChunk] = []
        for place, call in enumerate(calls):
            index = call.get("index", place)
            known = self._calls.setdefault(index, {"id": "", "name": "", "grown": Growing(self._dialect.may_repeat)})
            function = call.get("function") or {}
            known["id"] = call.get("id") or known["id"] or f"call_{index}"
            known["name"] = known["name"] or function.get("name") or ""
            new = known["grown"].take(function.get("arguments") or "")
            shown.append(ToolCallChunk(name=function.get("name"), args=new, id=call.get("id"), index=index))
        return shown

    @property
    def raw_calls(self) -> list[dict[str, Any]]:
        return [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": paired(call["grown"].text)},
            }
            for _, call in sorted(self._calls.items())
        ]

    @property
    def texts(self) -> list[str]:
        """All that the model wrote, for counting."""
        arguments = [call["grown"].text for call in self._calls.values()]
        thoughts = [detail["grown"].text for detail in self._details.values()]
        return [paired(text) for text in (self._content.text, *(thoughts or [self._reasoning.text]), *arguments)]

    def _extra(self) -> dict[str, Any]:
        raw = {RAW_CALLS: self.raw_calls, RAW_CONTENT: paired(self._content.text) if self._thought else ""}
        details = [
            detail["rest"] | {"text": paired(detail["grown"].text)}
            for _, detail in sorted(self._details.items())
            if detail
        ]
        return {name: value for name, value in (raw | {DETAILS: details}).items() if value}

    def _warning(self) -> dict[str, bool]:
        return {LEAKED: True} if not self._calls and leaked(self._content.text) else {}

    def last_chunk(self, usage: Usage) -> AIMessageChunk:
        """The end of the stream: what was held back, and all that is sent back whole."""
        rest = self._splitter.rest()
        self._thought += rest.thought
        extra = self._extra() | ({REASONING: rest.thought} if rest.thought else {})
        return AIMessageChunk(
            content=rest.shown,
            additional_kwargs=extra,
            usage_metadata=usage_metadata(usage),
            response_metadata={"finish_reason": self.finish, USAGE: usage.model_dump(), **self._warning()},
            chunk_position="last",
        )


def usage_metadata(usage: Usage) -> UsageMetadata:
    """Usage as LangChain counts it."""
    return UsageMetadata(
        input_tokens=usage.input,
        output_tokens=usage.output,
        total_tokens=usage.total,
        input_token_details={"cache_read": usage.cached},
    )


def whole(chunks: Sequence[AIMessageChunk]) -> AIMessage:
    """The message of a stream's chunks. Arguments that are no JSON object stay text, in `invalid_tool_calls`: they are
    never completed by guessing."""
    last = chunks[-1]
    thought = paired("".join(chunk.additional_kwargs.get(REASONING, "") for chunk in chunks))
    good: list[ToolCall] = []
    bad: list[InvalidToolCall] = []
    for call in last.additional_kwargs.get(RAW_CALLS, []):
        _sort_call(call["id"], call["function"]["name"], call["function"]["arguments"], good, bad)
    return AIMessage(
        content=paired("".join(str(chunk.content) for chunk in chunks)),
        additional_kwargs={**last.additional_kwargs, **({REASONING: thought} if thought else {})},
        tool_calls=good,
        invalid_tool_calls=bad,
        usage_metadata=last.usage_metadata,
        response_metadata=last.response_metadata,
    )


def _sort_call(identity: str, name: str, text: str, good: list[ToolCall], bad: list[InvalidToolCall]) -> None:
    try:
        arguments = decoded(text)
    except ValueError as error:
        bad.append(invalid_tool_call(name=name, args=text, id=identity, error=str(error)))
        return
    if isinstance(arguments, dict):
        good.append(tool_call(name=name, args=arguments, id=identity))
    else:
        bad.append(invalid_tool_call(name=name, args=text, id=identity, error="no JSON object"))
