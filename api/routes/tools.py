"""Tools by themselves: one route each, made from the registry of tools, with the tool's own parameters as its body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field, JsonValue

from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.service import Reader, SpendFilm, TheService
from api.studio.calling import Calling
from gpu_runtime.engine import Engine, Quality, chosen
from gpu_runtime.engine import registry as engines
from graphs.chain import UnitDone
from graphs.provenance import inputs_of
from storage.records import Records
from tools.declare import Params, Tool, registry
from vibeboard.asset import BlobRef
from vibeboard.faults import Rejected
from vibeboard.jobs import JobState
from vibeboard.model import Frozen

router = APIRouter(tags=["tools"], route_class=IdempotentRoute)

Wait = Annotated[float, Query(ge=0, le=60, description="Seconds to wait for the result")]
EngineName = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-zA-Z._-]{1,100}$",
        description="The engine that makes it [the film's, or the best of `quality`]",
    ),
]
OfQuality = Annotated[
    Quality | None, Query(description="The best engine of this quality makes it; a named engine has to be of it")
]


class ToolEngine(Frozen):
    """`why_not` says what is missing, here and with the workers that are there; empty if the engine can be used."""

    name: str
    quality: Quality
    why_not: str


class ToolFacts(Frozen):
    """A tool. `params` is the JSON Schema of its parameters, `produces` the kind of its main output."""

    name: str
    module: str
    summary: str
    produces: str
    engines: tuple[ToolEngine, ...]
    params: dict[str, JsonValue]

    @classmethod
    def of(cls, tool: Tool) -> ToolFacts:
        able = tuple(
            ToolEngine(name=engine.name, quality=engine.quality, why_not=engine.missing())
            for engine in engines().values()
            if engine.task == tool.name
        )
        return cls(
            name=tool.name,
            module=tool.module,
            summary=tool.summary,
            produces=tool.produces,
            engines=able,
            params=tool.params.model_json_schema(),
        )


class ToolList(Frozen):
    items: tuple[ToolFacts, ...]


class ToolCall(Frozen):
    """A call. `key` names the job by what was asked for, and `made` by what it was made with, if the Medic had to mend
    it. The `outputs` are assets of the film."""

    key: str
    tool: str
    engine: str
    state: JobState
    made: str | None = None
    outputs: dict[str, BlobRef] = Field(default_factory=dict)


@router.get("/api/tools")
def list_tools(_caller: Reader) -> ToolList:
    """Every tool, its parameters, and the engines that can do it."""
    return ToolList(items=tuple(ToolFacts.of(tool) for tool in registry().values()))


def _handler(tool: Tool) -> Callable[..., Any]:
    async def call(
        ask: Params,
        film: SpendFilm,
        service: TheService,
        response: Response,
        engine: EngineName = None,
        quality: OfQuality = None,
        wait: Wait = 0,
        _key: IdempotencyKey = None,
    ) -> ToolCall:
        chosen = _engine(tool, film, engine, quality)
        for sha256 in inputs_of(tool.name, ask.model_dump(mode="json")):
            film.assets.get(sha256)
        ended = await Calling(service.studio, film.id, chosen, ask).ended(wait)
        response.status_code = 200 if ended else 202
        return _answer(film, tool, chosen, chosen.key(ask), ended)

    examples = [tool.example] if tool.example else None
    call.__annotations__ = {**call.__annotations__, "ask": Annotated[tool.params, Body(examples=examples)]}
    return call


def _engine(tool: Tool, film: Records, name: str | None, quality: Quality | None) -> Engine:
    """The engine that was asked for, else the one that the film is made with, else the best of a previs.

    Raises:
        Rejected: there is none, it cannot be used here, or it is not of the quality that was asked for too.
    """
    if name is None and quality is None:
        name = film.pins().get(tool.name)
    return chosen(tool.name, quality, name)


def _answer(film: Records, tool: Tool, engine: Engine, key: str, ended: UnitDone | None) -> ToolCall:
    if ended is None:
        row = film.jobs.find(key)
        return ToolCall(key=key, tool=tool.name, engine=engine.name, state=row.state if row else JobState.QUEUED)
    if ended.escalated:
        raise Rejected("call_failed", ended.escalated)
    done = ended.steps[tool.name]
    return ToolCall(
        key=key,
        tool=tool.name,
        engine=engine.name,
        state=JobState.DONE,
        made=done.key,
        outputs=done.result.outputs,
    )


for _tool in registry().values():
    router.add_api_route(
        f"/api/projects/{{project_id}}/tools/{_tool.name}",
        _handler(_tool),
        methods=["POST"],
        name=f"call_{_tool.name}",
        description=f"{_tool.summary} The call is a job: the same call again is the same job, made once.",
        status_code=202,
        response_model=ToolCall,
        responses={200: {"model": ToolCall, "description": "Made while you waited"}, **documented(404, 409)},
    )
