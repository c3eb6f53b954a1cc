"""What happens with a film, as it happens: its thread over a WebSocket, as server-sent events, and page by page; and
the chat about it. docs/protocol.md has the rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Header, Query, Request, Response, WebSocket
from pydantic import Field, JsonValue
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.live.commands import Command, carry_out
from api.live.filters import EVERYTHING, Channel, Filter
from api.live.follower import TooSlow
from api.live.hub import Hub
from api.live.lines import plain_line
from api.live.permission import Permission
from api.live.snapshot import Snapshot, snapshot
from api.live.socket import Session
from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.routes.episodes import QUESTION
from api.service import Identity, ProjectId, Reader, ReadFilm, Service, SpendFilm, TheService, asked_anew, caller_of
from api.shapes import MOST, Limit
from storage.eventlog import CHAT
from storage.records import Logged, Records
from vibeboard.events import EventType
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/threads/{project_id}", tags=["threads"], route_class=IdempotentRoute)

HEARTBEAT_S = 20
_SEND_WITHIN_S = 60
Since = Annotated[int, Query(ge=0, le=MOST, description="The number of the last event that you have")]


def hub_of(connection: HTTPConnection) -> Hub:
    hub: Hub = connection.app.state.hub
    return hub


TheHub = Annotated[Hub, Depends(hub_of)]


class LoggedEvent(Frozen):
    """`seq` counts the events of the film without gaps, `run_id` is the run that it is of, `chat` for what is said."""

    seq: int
    run_id: str
    at: datetime
    type: EventType
    unit: str
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, logged: Logged) -> Self:
        event = logged.event
        return cls(
            seq=logged.seq, run_id=logged.run_id, at=logged.at, type=event.type, unit=event.unit, data=event.data
        )


class LogPage(Frozen):
    """`next` is for `?since=` of the next page; null on the last. `newest` is the number of the newest event."""

    items: tuple[LoggedEvent, ...]
    next: int | None
    newest: int


class NewMessage(Frozen):
    text: str = Field(min_length=1, max_length=20_000, examples=["shots with yellow taxi"])


class Turn(Frozen):
    """A turn of the chat that was begun; what comes of it is told in the thread, as of the run `chat`."""

    turn: int
    run_id: str = CHAT


class NewAnswer(Frozen):
    """The answer to a question of an episode or of the chat; each is answered once."""

    question: str = Field(max_length=100, description="Its id", examples=[QUESTION])
    yes: bool = Field(examples=[True])


class Going(Frozen):
    """The run that goes on, or ends, with the answer."""

    run_id: str


class ThreadState(Frozen):
    """How a film stands, as clients of the Agent Protocol ask for it. `next` are the episodes that have not ended."""

    values: Snapshot
    next: tuple[str, ...]
    tasks: tuple[str, ...] = ()


@router.get("/log", responses=documented(404))
def read_log(film: ReadFilm, since: Since = 0, limit: Limit = 50) -> LogPage:
    """What happened after an event."""
    logged = film.log_since(since, limit + 1)
    shown = tuple(map(LoggedEvent.of, logged[:limit]))
    return LogPage(items=shown, next=shown[-1].seq if len(logged) > limit else None, newest=film.log_edges()[1])


@router.get("/state", responses=documented(404))
def read_thread(film: ReadFilm, service: TheService, caller: Reader) -> ThreadState:
    """How the film stands: what is at work, what waits for an answer, which files are in use."""
    stand = snapshot(service, film, caller)
    return ThreadState(values=stand, next=tuple(stand.at_work))


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **documented(404)},
)
def follow_thread(
    film: ReadFilm,
    hub: TheHub,
    request: Request,
    since: Since = 0,
    channels: Annotated[list[Channel] | None, Query(max_length=40, description="Which [all but previews]")] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,15}$", description="Instead of `since`")] = None,
) -> EventSourceResponse:
    """Follow the film as server-sent events: what happened after an event, then what happens. The id of each is its
    number; `missed` says that the number you have is unknown here, and `values` then how the film stands."""
    wanted = Filter(channels=tuple(channels)) if channels else EVERYTHING
    begin = since if last_event_id is None else int(last_event_id)
    told = _told(hub, request, film, begin, wanted)
    return EventSourceResponse(told, ping=HEARTBEAT_S, send_timeout=_SEND_WITHIN_S)


async def _told(
    hub: Hub, request: Request, film: Records, since: int, wanted: Filter
) -> AsyncIterator[ServerSentEvent]:
    permission = Permission(asked_anew(request))
    async with hub.follow(film, since, wanted) as (follower, known):
        begin = str(follower.at)
        if not known:
            service: Service = request.app.state.service
            stand = await run_in_threadpool(snapshot, service, film, caller_of(request))
            follower.tell(plain_line("values", stand.model_dump(mode="json")))
        try:
            while True:
                lines = await follower.next()
                await permission.look_again()
                for line in lines:
                    number = str(line.seq) if line.seq else begin if line.method == "missed" else None
                    yield ServerSentEvent(line.text, event=line.method, id=number)
        except (TooSlow, Rejected):
            return


@router.post("/messages", status_code=202, responses=documented(404, 409))
def say(
    ask: NewMessage,
    film: SpendFilm,
    service: TheService,
    identity: Identity,
    response: Response,
    _key: IdempotencyKey = None,
) -> Turn:
    """Say something about the film: ask, change it, have it made. One turn at a time; follow it in the thread."""
    response.headers["Location"] = f"/api/threads/{film.id}/events"
    return Turn(turn=service.studio.talks.say(film, ask.text, identity))


@router.post("/answers", responses=documented(404, 409))
def answer(ask: NewAnswer, film: SpendFilm, service: TheService, _key: IdempotencyKey = None) -> Going:
    """Answer what an episode or the chat asked. A second answer is refused with 409."""
    return Going(run_id=service.studio.answer(film, ask.question, yes=ask.yes))


@router.post("/commands", responses=documented(404))
def command(film: ReadFilm, ask: Command, service: TheService, request: Request) -> dict[str, Any]:
    """One command of the socket by itself, for clients of the Agent Protocol; its answer says whether it was done."""
    return carry_out(service, film.id, lambda: caller_of(request), ask)


@router.websocket("/socket")
@router.websocket("/stream/events")
async def open_socket(socket: WebSocket, project_id: ProjectId) -> None:
    """The thread's WebSocket; under its second name clients of the Agent Protocol look for it."""
    await Session(socket, hub_of(socket), socket.app.state.service, project_id).serve()
