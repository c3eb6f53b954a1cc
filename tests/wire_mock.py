"""MiniMax as it is on the wire, over real HTTP: its quirks, its faults when they are asked for, and a count of calls.

Written from the facts about the API, with answers of our own. It is strict where the server is: a tool turn without the
thinking that belongs to it, an unknown tool id, arguments that are no JSON and invisible characters are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

KEY = "sk-secret-0123456789-never-shown"
THOUGHT = "The scene is short, so few shots will do."
Answer = tuple[str, Mapping[str, Any]] | str
"""A tool's name and its arguments, or plain text."""
_PIECE = 400


class Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class WireMock:
    """A server on loopback. `answer` makes the answer for a request's body; `faults` are played one a request, in
    order, before anything is answered; a fault of `""` is none. `once_each`: a question meets one fault at most,
    however its second attempt falls among the others' first. `refused`: a question with these words meets 2013 once.
    `lenient`: a server of another make, which takes any request and thinks nothing."""

    def __init__(
        self,
        answer: Callable[[dict[str, Any]], Answer],
        faults: Sequence[str] = (),
        *,
        usage: bool = False,
        thinks: bool = True,
        cumulative: bool = True,
        retry_after: str = "0.01",
        lenient: bool = False,
        once_each: bool = False,
        refused: str = "",
    ) -> None:
        self.answer, self.faults = answer, list(faults)
        self.lenient, thinks = lenient, thinks and not lenient
        self.usage, self.thinks, self.cumulative, self.retry_after = usage, thinks, cumulative, retry_after
        self.requests: list[dict[str, Any]] = []
        self.answered: list[str] = []
        self.hold_from: int | None = None
        self.holding = threading.Event()
        self.most_at_once = self._at_once = 0
        self._ids: set[str] = set()
        self._once_each, self._faulted, self._refused = once_each, set[str](), refused
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def settings(self, **more: object) -> dict[str, Any]:
        """For `Settings`."""
        return {"llm_base_url": self.url, "llm_key": KEY, "llm_idle_s": 0.5, **more}

    def environment(self) -> dict[str, str]:
        """For a process."""
        return {
            "VIBEBOARD_LLM_BASE_URL": self.url,
            "MINIMAX_API_KEY": KEY,
            "VIBEBOARD_LLM_IDLE_S": "3",
        }

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk
        self._talks.add(talk)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))))
        self.requests.append(body)
        fault = self._fault(body)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await self._respond(reader, writer, headers, body, fault)
        except Refused as refused:
            await self._refuse(writer, refused)
        finally:
            self._at_once -= 1

    def _fault(self, body: Mapping[str, Any]) -> str:
        question = json.dumps(body["messages"][:2])
        if self._refused and self._refused in question:
            self._refused = ""
            self._faulted.add(question)
            return "2013"
        if not self.faults or (self._once_each and question in self._faulted):
            return ""
        self._faulted.add(question)
        return self.faults.pop(0)

    async def _respond(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: Mapping[str, str],
        body: dict[str, Any],
        fault: str,
    ) -> None:
        if self.hold_from is not None and len(self.requests) > self.hold_from:
            self.holding.set()
            await reader.read()
            return
        if headers.get("authorization") != f"Bearer {KEY}":
            raise Refused(401, 1004, f"login fail: please carry the right API key, not {headers.get('authorization')}")
        if not self.lenient:
            self._check(body)
        await _FAULTS.get(fault, WireMock._answer)(self, reader, writer, body)

    def _check(self, body: Mapping[str, Any]) -> None:
        """What the server refuses a request for."""
        if "max_tokens" in body or not body.get("stream"):
            raise Refused(400, 2013, "binding: expr_path=max_completion_tokens, cause=missing required parameter")
        for message in body["messages"]:
            if any(unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t" for char in message["content"]):
                raise Refused(400, 1042, "invisible characters")
            for call in message.get("tool_calls", []):
                self._check_call(call, message)
            if message["role"] == "tool" and message["tool_call_id"] not in self._ids:
                raise Refused(400, 2013, f"tool result's tool id({message['tool_call_id']}) not found")

    def _check_call(self, call: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        try:
            json.loads(call["function"]["arguments"])
        except ValueError:
            raise Refused(400, 2013, "invalid function arguments json string") from None
        thought = any(part.get("text") == THOUGHT for part in message.get("reasoning_details", []))
        if self.thinks and not thought and THOUGHT not in message["content"]:
            raise Refused(400, 2013, "binding: expr_path=reasoning_details, cause=missing required parameter")

    async def _refuse(self, writer: asyncio.StreamWriter, refused: Refused) -> None:
        """An HTTP error with the code in brackets at the end of the message."""
        error = {
            "type": "error",
            "error": {
                "type": "bad_request_error",
                "message": f"{refused.message} ({refused.code})",
                "http_code": str(refused.status),
            },
        }
        await self._json(writer, error, f"{refused.status} Error")

    async def _json(self, writer: asyncio.StreamWriter, body: object, status: str = "200 OK") -> None:
        data = json.dumps(body).encode()
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n"
            f"retry-after: {self.retry_after}\r\nconnection: close\r\n\r\n"
        )
        writer.write(head.encode() + data)
        await writer.drain()

    async def _begin_stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        await writer.drain()

    async def _event(self, writer: asyncio.StreamWriter, data: object) -> None:
        writer.write(f"data: {json.dumps(data)}\n\n".encode())
        await writer.drain()

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        answer = self.answer(body)
        if isinstance(answer, str):
            await self._stream(writer, body, text=answer)
        else:
            await self._stream(writer, body, call=(answer[0], json.dumps(answer[1])))
        self.answered.append(json.dumps(body["messages"]))

    async def _stream(
        self, writer: asyncio.StreamWriter, body: Mapping[str, Any], text: str = "", call: tuple[str, str] | None = None
    ) -> None:
        """Coarse chunks; thinking first, apart if that was asked for."""
        await self._begin_stream(writer)
        for delta in self._deltas(bool(body.get("reasoning_split")), text, call):
            choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}
            await self._event(writer, {"id": "x", "choices": [choice], "usage": None})
        finish = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}
        last = {"id": "x", "choices": [finish], "usage": None, "base_resp": {"status_code": 0, "status_msg": ""}}
        if self.usage:
            last["usage"] = {
                "prompt_tokens": 1000,
                "completion_tokens": 200,
                "prompt_tokens_details": {"cached_tokens": 400},
            }
        await self._event(writer, last)
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    def _deltas(self, split: bool, text: str, call: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
        content = text if split or not self.thinks else f"<think>{THOUGHT}</think>{text}"
        if self.thinks and split:
            for piece in self._pieces(THOUGHT, 17):
                yield {
                    "reasoning_content": piece,
                    "reasoning_details": [{"type": "reasoning.text", "id": "r", "text": piece}],
                }
        for piece in self._pieces(content, _PIECE if split else 11):
            yield {"content": piece}
        if call:
            identity = f"call_{len(self.requests)}_{len(self._ids)}"
            self._ids.add(identity)
            function = {"name": call[0], "arguments": call[1]}
            yield {"tool_calls": [{"index": 0, "id": identity, "type": "function", "function": function}]}

    def _pieces(self, text: str, length: int) -> Iterator[str]:
        for at in range(0, len(text), length):
            yield text[: at + length] if self.cumulative else text[at : at + length]

    # -- faults -------------------------------------------------------------------------------------------------------

    async def _native(self, writer: asyncio.StreamWriter, code: int, message: str) -> None:
        """An error with HTTP 200 and no choices."""
        await self._json(writer, {"choices": None, "base_resp": {"status_code": code, "status_msg": message}})

    async def _native_stream(self, writer: asyncio.StreamWriter, code: int, message: str) -> None:
        await self._begin_stream(writer)
        await self._event(writer, {"choices": None, "base_resp": {"status_code": code, "status_msg": message}})

    async def _stall(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _body: object) -> None:
        """A stream that begins and never goes on, until the other side gives up."""
        await self._begin_stream(writer)
        await self._event(writer, {"choices": [{"index": 0, "delta": {"content": "Well"}, "finish_reason": None}]})
        await reader.read()

    async def _text_instead(self, writer: asyncio.StreamWriter, body: dict[str, Any], shape: str) -> None:
        """The answer as text in some shape, with no tool call."""
        answer = self.answer(body)
        assert not isinstance(answer, str)
        await self._stream(writer, body, text=_SHAPES[shape](answer[0], dict(answer[1])))
        self.answered.append(json.dumps(body["messages"]))

    async def _call_instead(self, writer: asyncio.StreamWriter, body: dict[str, Any], shape: str) -> None:
        """The answer's tool call with its arguments in some shape."""
        answer = self.answer(body)
        assert not isinstance(answer, str)
        await self._stream(writer, body, call=(answer[0], _ARGUMENTS[shape](dict(answer[1]))))
        self.answered.append(json.dumps(body["messages"]))


def m3_markup(tool: str, args: Mapping[str, Any]) -> str:
    mark = "]<]minimax[>["
    values = "".join(f"{mark}<{name}>{json.dumps(value)}{mark}</{name}>" for name, value in args.items())
    return f'Here it is.{mark}<tool_call>\n{mark}<invoke name="{tool}">{values}{mark}</invoke>\n{mark}</tool_call>'


def m2_markup(tool: str, args: Mapping[str, Any]) -> str:
    values = "".join(f'<parameter name="{name}">{json.dumps(value)}</parameter>\n' for name, value in args.items())
    return f'<minimax:tool_call>\n<invoke name="{tool}">\n{values}</invoke>\n</minimax:tool_call>'


_SHAPES: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "leak": m3_markup,
    "leak_m2": m2_markup,
    "leak_cut": lambda tool, args: m3_markup(tool, args)[:60],
    "fence": lambda _tool, args: f"Sure!\n```json\n{json.dumps(args, indent=1)}\n```\nAnything else?",
    "prose": lambda _tool, args: f"The answer is {json.dumps(args)} as you see.",
    "wrapped": lambda tool, args: json.dumps({"name": tool, "arguments": json.dumps(args)}),
    "refusal": lambda _tool, _args: "I would rather talk about the weather.",
}
_ARGUMENTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "double": lambda args: json.dumps(json.dumps(args)),
    "double_field": lambda args: json.dumps(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in args.items()}
    ),
    "cut": lambda args: json.dumps(args)[:-3],
    "wrong": lambda _args: json.dumps({"no_such_field": 1}),
    "deep": lambda _args: '{"name": ' * 50_000,
    "endless": lambda args: json.dumps(args | {"lives": 0}).replace('"lives": 0', f'"lives": {"9" * 5000}'),
    "half_character": lambda args: json.dumps(args | {"name": "Tom \ud83d"}),
}


def _play(coroutine: str, *args: object) -> Callable[..., Any]:
    async def play(mock: WireMock, _reader: object, writer: asyncio.StreamWriter, _body: object) -> None:
        await getattr(mock, coroutine)(writer, *args)

    return play


def _shaped(coroutine: str, shape: str) -> Callable[..., Any]:
    async def play(mock: WireMock, _reader: object, writer: asyncio.StreamWriter, body: object) -> None:
        await getattr(mock, coroutine)(writer, body, shape)

    return play


_FAULTS: dict[str, Callable[..., Any]] = {
    "1002": _play("_native", 1002, "rate limit"),
    "1039": _play("_refuse", Refused(429, 1039, "token limit, TPM")),
    "1041": _play("_native_stream", 1041, "conn limit"),
    "1000": _play("_native_stream", 1000, "unknown error"),
    "1004": _play("_refuse", Refused(401, 1004, f"no such key {KEY}")),
    "1008": _play("_native", 1008, "insufficient balance"),
    "1026": _play("_native_stream", 1026, "input sensitive"),
    "1042": _play("_refuse", Refused(400, 1042, "invisible characters")),
    "2013": _play("_refuse", Refused(400, 2013, "binding: expr_path=messages, cause=missing required parameter")),
    "500": _play("_json", {"oops": True}, "500 Internal Server Error"),
    "empty": _play("_begin_stream"),
    "stall": WireMock._stall,
    **{shape: _shaped("_text_instead", shape) for shape in _SHAPES},
    **{shape: _shaped("_call_instead", shape) for shape in _ARGUMENTS},
}
