"""What a client can tell a thread to do, over a socket or one by one over HTTP."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from api.live.snapshot import snapshot
from api.problems import status_of
from api.service import Caller, Scope, Service, film_of, must_have
from api.texts import must_be_plain
from gpu_runtime.executor import validation_fault
from storage.eventlog import CHAT
from storage.records import Records
from storage.replies import Replies, Reply
from vibeboard.digest import sha256
from vibeboard.faults import Fault, FaultError, FaultKind, Rejected

MOST_BYTES = 64 * 1024
"""Of a message; scripts go by HTTP."""
_IDS = uuid.UUID("0d5e2a51-3a3c-4f0c-8f6f-8f1f0d6f4c11")
Answer = dict[str, Any]
Shape = TypeVar("Shape", bound=BaseModel)


class Loose(BaseModel):
    """What a client sends: fields of the Agent Protocol that mean nothing here are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Command(Loose):
    """One without an `id` is not answered unless it fails. With an `idempotency_key` it is done once and answered alike
    however often it is sent, over whatever connection."""

    id: Annotated[int, Field(strict=True)] | Annotated[str, Field(max_length=100)] | None = None
    method: str = Field(max_length=100, examples=["state.get"])
    params: dict[str, JsonValue] = {}
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=200)

    def fingerprint(self, thread: str) -> str:
        """Tells commands under one `id` or `idempotency_key` apart."""
        return sha256(json.dumps([thread, self.method, self.params], sort_keys=True).encode())


class _Message(Loose):
    role: str = "user"
    content: str = Field(min_length=1, max_length=20_000)


class _Inject(Loose):
    message: _Message


class _Input(Loose):
    messages: tuple[_Message, ...] = Field(min_length=1, max_length=100)


class _Start(Loose):
    input: Annotated[str, Field(min_length=1, max_length=20_000)] | _Input


class _Respond(Loose):
    interrupt_id: str = Field(max_length=100)
    response: bool


class _Cancel(Loose):
    run_id: str | None = Field(default=None, max_length=100)
    episode: str | None = Field(default=None, max_length=100)


def parse(text: str) -> Command:
    """
    Raises:
        FaultError: `invalid_request`: it is no command.
    """
    return checked(Command, text)


def checked(shape: type[Shape], given: Any) -> Shape:
    """
    Raises:
        FaultError: `invalid_request`: what is wrong, in a sentence.
    """
    try:
        return shape.model_validate_json(given) if isinstance(given, str) else shape.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{field.path or 'message'}: {field.expected}" for field in validation_fault(error).fields)
        raise Rejected("invalid_request", f"this cannot be read: {wrong[:500]}") from None


def carry_out(service: Service, thread: str, who: Callable[[], Caller], command: Command) -> Answer:
    """Do a command and answer it. It waits for the database: call it where that holds nothing up."""
    try:
        caller = who()
        film = film_of(service, caller, thread)
        must_be_plain(command.model_dump(), "command")
        if command.idempotency_key is None:
            return succeeded(command, _do(service, film, caller, command, uuid.uuid4().hex))
        return _once(service, film, caller, command, command.idempotency_key)
    except FaultError as error:
        return failed(command.id, error.fault)


def _once(service: Service, film: Records, caller: Caller, command: Command, key: str) -> Answer:
    replies = Replies(service.store.engine)
    fingerprint = command.fingerprint(film.id)
    kept = replies.begin(caller.owner, key, fingerprint)
    if kept is not None:
        return succeeded(command, json.loads(kept.body))
    result = None
    try:
        with replies.renewed(caller.owner, key):
            result = _do(service, film, caller, command, uuid.uuid5(_IDS, f"{caller.owner}\n{key}\n{fingerprint}").hex)
    finally:
        if result is None:
            replies.forget(caller.owner, key)
    replies.keep(caller.owner, key, Reply(200, {}, json.dumps(result).encode()))
    return succeeded(command, result)


def _do(service: Service, film: Records, caller: Caller, command: Command, identity: str) -> dict[str, Any]:
    if command.method == "state.get":
        must_have(caller, Scope.READ)
        return {"values": snapshot(service, film, caller).model_dump(mode="json")}
    if command.method not in _DOES:
        known = ", ".join(("auth", "ack", "state.get", "subscription.subscribe", *_DOES))
        raise Rejected("unknown_method", f"there is no method {command.method!r}: there are {known}")
    must_have(caller, Scope.SPEND)
    return _DOES[command.method](service, film, command.params, identity)


def _start(service: Service, film: Records, params: Any, identity: str) -> dict[str, Any]:
    asked = checked(_Start, params)
    text = asked.input if isinstance(asked.input, str) else asked.input.messages[-1].content
    return {"run_id": CHAT, "turn": service.studio.talks.say(film, text, identity)}


def _inject(service: Service, film: Records, params: Any, identity: str) -> dict[str, Any]:
    asked = checked(_Inject, params)
    return {"run_id": CHAT, "turn": service.studio.talks.say(film, asked.message.content, identity)}


def _respond(service: Service, film: Records, params: Any, _identity: str) -> dict[str, Any]:
    asked = checked(_Respond, params)
    return {"run_id": service.studio.answer(film, asked.interrupt_id, yes=asked.response)}


def _cancel(service: Service, film: Records, params: Any, _identity: str) -> dict[str, Any]:
    asked = checked(_Cancel, params)
    run_id = service.studio.cancel(film, asked.run_id, asked.episode)
    return {"run_id": run_id}


_DOES = {"run.start": _start, "input.inject": _inject, "input.respond": _respond, "run.cancel": _cancel}


def succeeded(command: Command, result: Answer) -> Answer:
    return {"type": "success", "id": command.id, "result": result}


def failed(command_id: int | str | None, fault: Fault) -> Answer:
    """`error` is one of the protocol's codes, `problem` ours, `code` what HTTP would say."""
    bug = fault.kind is FaultKind.BUG
    message = "something went wrong on our side; the log has the details" if bug else fault.message
    code = status_of(fault)
    error = _ERRORS.get(fault.code) or _ERROR_OF_STATUS.get(code, "unknown_error")
    return {"type": "error", "id": command_id, "error": error, "message": message, "code": code, "problem": fault.code}


_ERRORS = {
    "unknown_method": "unknown_command",
    "no_such_question": "no_such_interrupt",
    "answered_before": "no_such_interrupt",
    "no_such_run": "no_such_run",
    "no_such_episode": "no_such_run",
    "no_such_subscription": "no_such_subscription",
}
_ERROR_OF_STATUS = {
    401: "permission_denied",
    403: "permission_denied",
    404: "permission_denied",
    422: "invalid_argument",
    429: "too_many_requests",
}
