"""A thread's WebSocket: commands in, events out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.live.answers import Answers
from api.live.commands import Command, Loose, carry_out, checked, failed, parse, succeeded
from api.live.filters import EVERYTHING, Channel, Filter, Namespace
from api.live.follower import Follower, TooSlow
from api.live.hub import Hub
from api.live.lines import plain_line
from api.live.permission import Permission
from api.live.snapshot import snapshot
from api.service import UNAUTHORIZED, Caller, Scope, Service, asked_anew, caller_with, count, film_of, must_have
from storage.records import Records
from vibeboard.faults import FaultError, Rejected

AUTH_WITHIN_S = 10
_CLOSE_WITHIN_S = 5
_REFUSED, _BROKEN, _COME_BACK = 1008, 1011, 1013


class _Auth(Loose):
    token: str = Field(max_length=500)


class _Subscribe(Loose):
    channels: tuple[Channel, ...] = Field(min_length=1, max_length=40)
    namespaces: tuple[Namespace, ...] | None = Field(default=None, max_length=100)
    depth: int | None = Field(default=None, ge=0)
    since: int | None = Field(default=None, ge=0)
    acks: bool = False


class _Reconnect(Loose):
    last_event_id: str = Field(default="0", pattern=r"^\d{1,18}$")
    subscriptions: tuple[str, ...] = Field(default=(), max_length=40)
    acks: bool = False


class _Unsubscribe(Loose):
    subscription_id: str = Field(max_length=20_000)


class _Ack(Loose):
    seq: int = Field(ge=0)


class Session:
    """One connection. Events begin with a subscription; one that is made later adds to it from then on."""

    def __init__(self, socket: WebSocket, hub: Hub, service: Service, thread: str) -> None:
        self._socket, self._hub, self._service, self._thread = socket, hub, service, thread
        self._who = asked_anew(socket)
        self._follower: Follower | None = None
        self._sender: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._answers = Answers(thread)
        self._main: asyncio.Task[Any] | None = None

    async def serve(self) -> None:
        """Be there until either side ends it."""
        await self._socket.accept()
        self._main = asyncio.current_task()
        async with AsyncExitStack() as stack:
            try:
                if await self._let_in():
                    await self._listen(stack)
            except WebSocketDisconnect:
                pass
            except asyncio.CancelledError:
                if self._ending is None or self._main is None:
                    raise
                self._main.uncancel()
            finally:
                await self._end()

    async def _let_in(self) -> bool:
        """Know who it is: by the request's header, or by the first message."""
        needs_token = not self._service.single_user and "authorization" not in self._socket.headers
        try:
            if needs_token:
                async with asyncio.timeout(AUTH_WITHIN_S):
                    self._who = await self._first_message()
            await run_in_threadpool(self._who)
        except TimeoutError:
            await self._close(_REFUSED, f"no auth message came within {AUTH_WITHIN_S} s")
            return False
        except FaultError as error:
            await self._answer(failed(None, error.fault))
            await self._close(_REFUSED, str(error))
            return False
        return True

    async def _first_message(self) -> Callable[[], Caller]:
        command = parse(await self._receive())
        if command.method != "auth":
            raise Rejected(UNAUTHORIZED, "the first message must be auth with a token, or send it in the header")
        auth = checked(_Auth, command.params)
        who = partial(caller_with, self._service, auth.token)
        await run_in_threadpool(who)
        await self._answer(succeeded(command, {}))
        return who

    async def _receive(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise Rejected("invalid_request", "commands are text, in JSON; bytes mean nothing here")
        return str(text)

    async def _listen(self, stack: AsyncExitStack) -> None:
        while True:
            try:
                command = parse(await self._receive())
            except FaultError as error:
                await self._answer(failed(None, error.fault))
                continue
            await self._hear(command, stack)

    async def _hear(self, command: Command, stack: AsyncExitStack) -> None:
        try:
            answer = self._answers.again(command) or await self._do(command, stack)
        except FaultError as error:
            answer = failed(command.id, error.fault)
        self._answers.keep(command, answer)
        if command.id is not None or answer["type"] == "error":
            await self._answer(answer)
        if self._follower is not None and self._sender is None:
            self._sender = asyncio.create_task(self._send(self._follower))

    async def _do(self, command: Command, stack: AsyncExitStack) -> dict[str, Any]:
        if command.method == "ack":
            ack = checked(_Ack, command.params)
            if self._follower is not None:
                self._follower.ack(ack.seq)
            return succeeded(command, {})
        await run_in_threadpool(count, self._service, self._who)
        if command.method == "auth":
            return succeeded(command, {})
        if command.method == "subscription.subscribe":
            return succeeded(command, await self._subscribe(checked(_Subscribe, command.params), stack))
        if command.method == "subscription.reconnect":
            return succeeded(command, await self._reconnect(checked(_Reconnect, command.params), stack))
        if command.method == "subscription.unsubscribe":
            return succeeded(command, self._unsubscribe(checked(_Unsubscribe, command.params)))
        return await run_in_threadpool(carry_out, self._service, self._thread, self._who, command)

    async def _subscribe(self, asked: _Subscribe, stack: AsyncExitStack) -> dict[str, Any]:
        wanted = Filter(channels=asked.channels, namespaces=asked.namespaces, depth=asked.depth)
        known = True
        if self._follower is None:
            known = await self._follow([wanted], asked.since or 0, stack, acks=asked.acks)
        elif asked.since is not None:
            message = "this connection follows already: leave since out to add channels from now on, or open another"
            raise Rejected("invalid_request", message)
        else:
            await run_in_threadpool(self._film)
            self._follower.filters = {**self._follower.filters, wanted.id: wanted}
        assert self._follower is not None
        return {"subscription_id": wanted.id, "since": self._follower.at, "missed": not known}

    async def _reconnect(self, asked: _Reconnect, stack: AsyncExitStack) -> dict[str, Any]:
        if self._follower is not None:
            raise Rejected("invalid_request", "this connection follows already: reconnect is for a new one")
        wanted = [Filter.restored(item) for item in asked.subscriptions] or [EVERYTHING]
        known = await self._follow(wanted, int(asked.last_event_id), stack, acks=asked.acks)
        return {"restored": known, "subscriptions": [item.id for item in wanted]}

    def _unsubscribe(self, asked: _Unsubscribe) -> dict[str, Any]:
        if self._follower is None or asked.subscription_id not in self._follower.filters:
            raise Rejected("no_such_subscription", "this connection has no such subscription")
        left = {name: wanted for name, wanted in self._follower.filters.items() if name != asked.subscription_id}
        self._follower.filters = left
        return {}

    async def _follow(self, wanted: list[Filter], since: int, stack: AsyncExitStack, *, acks: bool) -> bool:
        """Begin to follow; who has missed something is told how the film stands. False if that is so."""
        film, caller = await run_in_threadpool(self._film)
        following = self._hub.follow(film, since, wanted[0], acks=acks, slow=self._too_slow)
        follower, known = await stack.enter_async_context(following)
        follower.filters = {item.id: item for item in wanted}
        if not known:
            stand = await run_in_threadpool(snapshot, self._service, film, caller)
            follower.tell(plain_line("values", stand.model_dump(mode="json")))
        self._follower = follower
        return known

    def _film(self) -> tuple[Records, Caller]:
        """The thread's film, for each subscription anew: a token may have been revoked since the last."""
        caller = self._who()
        must_have(caller, Scope.READ)
        return film_of(self._service, caller, self._thread), caller

    async def _send(self, follower: Follower) -> None:
        permission = Permission(self._who)
        try:
            while True:
                lines = await follower.next()
                await permission.look_again()
                for line in lines:
                    if line.frame:
                        await self._socket.send_bytes(line.frame)
                    else:
                        await self._socket.send_text(line.text)
        except TooSlow:
            await self._give_up()
        except FaultError as error:
            await self._close(_REFUSED if error.fault.code == UNAUTHORIZED else _BROKEN, str(error))
        except WebSocketDisconnect:
            pass

    def _too_slow(self) -> None:
        """The client is too far behind, and may take nothing at all any more."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._give_up())

    async def _give_up(self) -> None:
        if self._sender is not None and self._sender is not asyncio.current_task():
            self._sender.cancel()
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await self._close(_COME_BACK, "too slow: come back with since of the last event that arrived")
        except TimeoutError:
            if self._main is not None:
                self._main.cancel()

    async def _answer(self, answer: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))

    async def _close(self, code: int, reason: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.close(code, reason.encode()[:120].decode(errors="ignore"))

    async def _end(self) -> None:
        tasks = [task for task in (self._sender, self._ending) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
