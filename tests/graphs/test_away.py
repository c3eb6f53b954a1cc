"""Files that are away end a run where it is. That is no fault of a shot, and the run is carried on later."""

from __future__ import annotations

import asyncio

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from gpu_runtime.executor import execute
from gpu_runtime.placement.table import Table
from graphs.chain import Call, Unit
from graphs.episode import GRAPH_VERSION
from graphs.make import make
from graphs.request import MakeRequest, pin_engines
from graphs.services import Services
from graphs.shot import begin, unit_graph
from storage.bucket import open_bucket
from storage.project import Project
from storage.s3 import BlobCache, S3Blobs
from storage.store import Store
from tests.servers import KEY, SECRET, Gate
from vibeboard.digest import canonical
from vibeboard.events import EventType
from vibeboard.faults import StoreAway
from vibeboard.jobs import Failed, JobState, Made
from vibeboard.settings import Settings

RATE = {"num": 24, "den": 1}
LINE = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 24, "fps": RATE}
UNIT = Unit(id="shot", label="shot 1A", calls=(Call(step="line", tool="speak_line", args=LINE),))
SCRIPT = b"INT. KITCHEN - DAY\n\nANN sits at the table.\n\nEXT. STREET - NIGHT\n\nAnn walks to the car.\n"


@pytest.fixture
def gate(s3_server):
    made = Gate(s3_server.endpoint)
    yield made
    made.shut()


@pytest.fixture
def blobs_of(s3_server, gate, request, tmp_path):
    """The films' files as a process sees them: each has a cache of its own, and no patience."""
    where = f"s3://{s3_server.bucket}/{request.node.name}"
    given = {"s3_endpoint": f"http://127.0.0.1:{gate.port}", "s3_region": "us-east-1", "s3_key_id": KEY}
    settings = Settings(**given, s3_secret=SECRET)
    opened = []

    def blobs_of(process: str) -> S3Blobs:
        cache = BlobCache(tmp_path / process, 1 << 30)
        opened.append(S3Blobs(open_bucket(where, settings, patience_s=0.0), cache))
        return opened[-1]

    yield blobs_of
    for blobs in opened:
        blobs.close()


@pytest.fixture
def project(blobs_of, tmp_path):
    store = Store(tmp_path / "home", tmp_path / "home" / "films.db", blobs_of("orchestrator"))
    with Project(tmp_path / "film", store, store.create("film")) as opened:
        yield opened
    store.close()


@pytest.fixture
async def services(project):
    request = MakeRequest(script="", name="test", engines={**pin_engines(), "speak_line": "tone"})
    project.start_run("run", request.digest, 1)
    opened = Services(project, Table(project.jobs), request, "run", lambda _event: None)
    yield opened
    await opened.close()


class Follow:
    """A unit's graph, with checkpoints, so that it can be carried on."""

    def __init__(self, services: Services) -> None:
        self._services, self._saver = services, InMemorySaver()
        self._begin = begin(services.project.blobs.put(canonical(UNIT), "application/json").sha256)

    async def run(self, *, on: bool = False) -> dict:
        graph = unit_graph().compile(checkpointer=self._saver)
        config = {"configurable": {"thread_id": "t"}}
        given = None if on else self._begin
        return await graph.ainvoke(given, config, context=self._services, durability="sync")


async def taken(project, count: int = 1) -> list:
    """The jobs that a worker gets, once so many wait."""
    async with asyncio.timeout(60):
        while len(jobs := project.jobs.take("far:1", count)) < count:
            await asyncio.sleep(0.02)
    return jobs


def work(job, blobs, tmp_path) -> Made | Failed:
    """Be the worker."""
    events: list = []
    (tmp_path / "scratch").mkdir(exist_ok=True)
    execute(job, blobs, tmp_path / "scratch", events.append, lambda: False)
    return events[-1]


def logged(project, run: str = "run") -> list[EventType]:
    return [event.type for _, event in project.events(run)]


async def test_a_result_that_cannot_be_looked_at_is_looked_at_later_and_made_once(
    services, project, gate, blobs_of, tmp_path
):
    follow = Follow(services)
    running = asyncio.create_task(follow.run())
    (job,) = await taken(project)
    end = work(job, blobs_of("worker"), tmp_path)
    gate.turn_away()
    project.jobs.made(job, end.result, end.seconds)
    with pytest.raises(StoreAway):
        await asyncio.wait_for(running, 60)
    assert logged(project) == []
    gate.let_in()
    state = await follow.run(on=True)
    assert state["done"][0]["steps"]["line"]["key"] == job.key
    assert logged(project) == [EventType.ASSET_PERSISTED, EventType.UNIT_DONE]
    assert project.jobs.find(job.key).attempt == job.attempt


async def test_a_result_that_a_worker_could_not_put_down_uses_up_no_attempt_of_the_shot(
    services, project, gate, blobs_of, tmp_path
):
    follow = Follow(services)
    for on in (False, True, True, True, True):
        running = asyncio.create_task(follow.run(on=on))
        (job,) = await taken(project)
        gate.turn_away()
        end = work(job, blobs_of("worker"), tmp_path)
        project.jobs.failed(job, end.fault)
        with pytest.raises(StoreAway):
            await asyncio.wait_for(running, 60)
        gate.let_in()
    running = asyncio.create_task(follow.run(on=True))
    (job,) = await taken(project)
    end = work(job, blobs_of("worker"), tmp_path)
    project.jobs.made(job, end.result, end.seconds)
    await asyncio.wait_for(running, 60)
    assert logged(project) == [EventType.ASSET_PERSISTED, EventType.UNIT_DONE]


async def test_a_run_that_ends_for_files_that_are_away_leaves_to_workers_what_they_have(project, tmp_path):
    script = project.blobs.put(SCRIPT, "text/plain").sha256
    request = MakeRequest(script=script, name="test", width=160, height=90, engines=pin_engines())
    making = asyncio.create_task(make(project, Table(project.jobs), request, tmp_path / "out", lambda _event: None))
    lost, in_hand = await taken(project, 2)
    project.jobs.failed(lost, StoreAway("s3://films has not answered").fault)
    with pytest.raises(StoreAway, match="s3://films"):
        await asyncio.wait_for(making, 60)
    assert project.jobs.beat("far:1", {in_hand.key: None}) == set()
    run = project.find_run(request.digest, GRAPH_VERSION)
    assert not {EventType.CALL_FAILED, EventType.UNIT_ESCALATED} & set(logged(project, run))
    assert project.jobs.look([in_hand.key])[in_hand.key].state is JobState.RUNNING
