"""The client of MiniMax and of every other server that speaks OpenAI's chat protocol.

It always streams: a stream that goes quiet has stalled and is given up, which a silent server that is asked for a whole
answer cannot be told from. An error may come as a status, in the stream, or in an answer with HTTP 200.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx2
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr

from agents.llm.codes import POLICY, STALLED, THROTTLED, UNAVAILABLE
from agents.llm.dialects import Dialect, Price
from agents.llm.errors import fault_in_answer, fault_of_error, retry_after
from agents.llm.gate import RateGate
from agents.llm.ledger import Ledger, Reservation, Usage, tokens_of
from agents.llm.model import LlmModel
from agents.llm.retry import Backoff, Tries
from agents.llm.wire import Answer, to_wire, whole
from vibeboard.faults import FaultError, Rejected, Transient

T = TypeVar("T")
_CONNECT_S = 15.0
_FIRST_REFUSAL_S = 1.0


class OpenAIChat(LlmModel):
    """A model behind `base_url`. Its faults are `vibeboard.faults`; its own retries are the only ones."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: str
    dialect: Dialect
    base_url: str
    key: SecretStr = Field(exclude=True)
    effort: str = ""
    max_tokens: int = 16_384
    idle_s: float = 120.0
    backoff: Backoff = Backoff()
    price: Price
    budget_usd: float
    budget_tokens: int | None
    _client: openai.AsyncOpenAI = PrivateAttr()
    _gate: RateGate = PrivateAttr()
    _ledger: Ledger = PrivateAttr()

    def model_post_init(self, _context: Any) -> None:
        self._client = openai.AsyncOpenAI(
            base_url=self.base_url,
            api_key=self.key.get_secret_value() or "none",
            max_retries=0,
            timeout=openai.Timeout(self.idle_s, connect=_CONNECT_S),
        )
        self._gate = RateGate(self.dialect.requests, self.dialect.tokens, self.at_once)
        self._ledger = Ledger(self.price, self.budget_usd, self.budget_tokens)

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    @property
    def gate(self) -> RateGate:
        return self._gate

    async def aclose(self) -> None:
        await self._client.close()

    @property
    def _llm_type(self) -> str:
        return self.dialect.name

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = await self._tried(messages, lambda sent: self._collected(sent, stop, kwargs))
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Stream an answer. Tried again until its first chunk; what breaks off later is a fault for the reader."""
        first, rest = await self._tried(messages, lambda sent: self._opened(sent, stop, kwargs))
        yield ChatGenerationChunk(message=first)
        async for chunk in rest:
            yield ChatGenerationChunk(message=chunk)

    async def _tried(
        self, messages: Sequence[BaseMessage], attempt: Callable[[Sequence[BaseMessage]], Awaitable[T]]
    ) -> T:
        """The first attempt that goes well, after as many others as their faults are worth."""
        tries = Tries(self.backoff)
        while True:
            try:
                done = await attempt(messages)
            except FaultError as error:
                again = tries.again(error.fault, messages)
                if again is None:
                    raise
                wait, messages = again
                if error.fault.code == THROTTLED:
                    self._gate.refused(wait or _FIRST_REFUSAL_S)
                await asyncio.sleep(wait)
            else:
                self._gate.went_well()
                return done

    async def _collected(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        return whole([chunk async for chunk in self._chunks(messages, stop, kwargs)])

    async def _opened(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> tuple[AIMessageChunk, AsyncIterator[AIMessageChunk]]:
        chunks = self._chunks(messages, stop, kwargs)
        return await anext(chunks), chunks

    async def _chunks(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AsyncIterator[AIMessageChunk]:
        """One call: what is shown of each chunk, and a last one with all that is sent back whole."""
        request = self._request(messages, stop, kwargs)
        most = Usage(input=_prompt_tokens(request), output=self.max_tokens)
        async with self._gate.turn(most.input):
            with self.ledger.reserve(most) as reservation:
                answer = Answer(self.dialect)
                try:
                    async for chunk in self._raw_chunks(request):
                        shown = answer.take(chunk)
                        if shown:
                            yield shown
                finally:
                    _settle(reservation, answer)
            self._complain(answer)
            yield answer.last_chunk(reservation.usage or Usage())

    def _complain(self, answer: Answer) -> None:
        if not answer.finish:
            raise Transient(UNAVAILABLE, f"{self.model} ended its stream before its answer")
        if answer.finish == "content_filter":
            raise Rejected(POLICY, f"{self.model} will not show its answer: its filter objects")

    def _request(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        extra = dict(self.dialect.body)
        if self.effort:
            extra[self.dialect.effort_field] = self.effort
        request: dict[str, Any] = {
            **{name: value for name, value in kwargs.items() if name != "stream"},
            "model": self.model,
            "messages": to_wire(messages, self.dialect),
            "stream": True,
            "stream_options": {"include_usage": True},
            self.dialect.length_field: self.max_tokens,
        }
        if stop:
            request["stop"] = stop
        if not self.dialect.tool_choice:
            request.pop("tool_choice", None)
        return {**request, "extra_body": extra}

    async def _raw_chunks(self, request: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The chunks as JSON objects.

        Raises:
            FaultError: the server refused, broke off or went quiet.
        """
        try:
            async with asyncio.timeout(self.idle_s):
                raw = await self._client.chat.completions.with_raw_response.create(**request)
            wait = retry_after(raw.headers)
            if "application/json" in raw.headers.get("content-type", ""):
                async with asyncio.timeout(self.idle_s):
                    body = await raw.http_response.aread()
                yield self._checked(json.loads(body), wait)
                return
            stream = raw.parse()
            try:
                async for chunk in _never_quiet(stream, self.idle_s):
                    yield self._checked(chunk.model_dump(), wait)
            finally:
                await stream.close()
        except TimeoutError:
            raise Transient(STALLED, f"{self.model} said nothing for {self.idle_s:g} seconds") from None
        except openai.OpenAIError as error:
            raise fault_of_error(error, self.model, self.key.get_secret_value()) from None
        except httpx2.HTTPError:
            raise Transient(UNAVAILABLE, f"{self.model} broke off its answer") from None
        except json.JSONDecodeError:
            raise Transient(UNAVAILABLE, f"{self.model} answered with something that is no JSON") from None

    def _checked(self, chunk: dict[str, Any], wait: float | None) -> dict[str, Any]:
        fault = fault_in_answer(chunk, self.model, self.key.get_secret_value(), wait)
        if fault:
            raise fault
        return chunk


async def _never_quiet(stream: AsyncIterator[T], idle_s: float) -> AsyncIterator[T]:
    """The stream's items, each within `idle_s` seconds of the one before, else a `TimeoutError`."""
    while True:
        try:
            async with asyncio.timeout(idle_s):
                item = await anext(stream)
        except StopAsyncIteration:
            return
        yield item


def _settle(reservation: Reservation, answer: Answer) -> None:
    """Enter what a call used; where the server does not say, about what was sent and written. Nothing if it was refused
    before it wrote."""
    if answer.usage:
        reservation.usage = answer.usage
    elif answer.begun:
        written = tokens_of([text for text in answer.texts if text])
        reservation.usage = Usage(input=reservation.most.input, output=written, estimated=True)


def _prompt_tokens(request: Mapping[str, Any]) -> int:
    return tokens_of([json.dumps([request["messages"], request.get("tools", [])], ensure_ascii=False)])
