"""The subgraph of a unit, with real workers: repair, retry, escalation, and what the log says of it."""

from __future__ import annotations

import sys

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from gpu_runtime.placement.embedded import Embedded
from graphs.chain import Call, Unit, UnitDone
from graphs.request import MakeRequest, pin_engines
from graphs.services import Services
from graphs.shot import begin, unit_graph
from storage.tables import JobRow
from vibeboard.digest import canonical
from vibeboard.events import Event, EventType
from vibeboard.jobs import JobState


@pytest.fixture
async def services(project):
    command = [sys.executable, "-m", "api.worker", str(project.root)]
    seen: list[Event] = []
    request = MakeRequest(script="", name="test", engines={**pin_engines(), "speak_line": "tone"})
    project.start_run("run", request.digest, 1)
    opened = Services(project, Embedded(command, 1, project.root / "log"), request, "run", seen.append)
    opened.seen = seen
    yield opened
    await opened.close()


def line(**changes) -> Call:
    args = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 24, "fps": {"num": 24, "den": 1}}
    return Call(step="line", tool="speak_line", args={**args, **changes})


async def work(services: Services, *calls: Call) -> UnitDone:
    unit = Unit(id="shot", label="shot 1A", calls=calls)
    blob = services.project.blobs.put(canonical(unit), "application/json").sha256
    graph = unit_graph().compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    state = await graph.ainvoke(begin(blob), config, context=services, durability="sync")
    (done,) = state["done"]
    return UnitDone.model_validate(done)


def logged(services: Services) -> list[EventType]:
    return [event.type for _, event in services.project.events("run")]


async def test_a_call_is_made_probed_and_persisted_in_that_order(services):
    done = await work(services, line())
    job = services.project.active_jobs()["shot", "line"]
    assert job.state is JobState.DONE
    assert job.key == done.steps["line"].key
    assert logged(services) == [EventType.ASSET_PERSISTED, EventType.UNIT_DONE]
    assert [seq for seq, _ in services.project.events("run")] == [1, 2]


async def test_arguments_that_are_badly_written_are_repaired_before_anything_is_made(services):
    good = await work(services, line())
    mended = await work(services, line(fps="24 fps", frames="1s", voice="V.O."), line())
    assert mended.escalated == ""
    repaired = next(event for event in services.seen if event.type is EventType.CALL_REPAIRED)
    changes = {change["path"]: (change["before"], change["after"]) for change in repaired.data["changes"]}
    assert changes["frames"] == ("1s", 24)
    assert changes["fps"] == ("24 fps", {"num": 24, "den": 1})
    assert mended.steps["line"].key == good.steps["line"].key


async def test_what_only_a_person_can_mend_is_escalated_with_its_sentence_and_costs_no_job(services):
    done = await work(services, line(text=17))
    assert done.escalated.startswith("shot 1A: ")
    assert "text" in done.escalated
    assert services.project.active_jobs() == {}
    assert logged(services)[-1] is EventType.UNIT_ESCALATED


async def test_a_missing_input_is_said_and_not_tried_again(services):
    segment = Call(
        step="segment",
        tool="finish_segment",
        args={
            "take": "0" * 64,
            "scene": "0" * 64,
            "frames": 24,
            "fps": {"num": 24, "den": 1},
            "width": 160,
            "height": 90,
        },
    )
    done = await work(services, segment)
    assert "is gone" in done.escalated
    assert logged(services).count(EventType.CALL_FAILED) == 1


async def test_the_same_call_in_two_places_is_one_job(services):
    first = await work(services, line())
    again = await work(services, line(), line().model_copy(update={"step": "echo"}))
    assert first.steps["line"] == again.steps["line"]
    row = services.project.jobs.find(first.steps["line"].key)
    assert isinstance(row, JobRow)
    assert row.attempt == 1


async def test_a_result_that_is_not_what_was_asked_is_made_again(services):
    done = await work(services, line())
    step = done.steps["line"]
    wrong = services.project.blobs.put(b"RIFF....WAVE", "audio/wav")
    job = services.project.jobs.claim(step.key, "speak_line", "tone", line().args, services.project.owner)
    services.project.jobs.made(job, step.result.model_copy(update={"outputs": {"audio": wrong}}), 0.1)
    again = await work(services, line())
    assert again.steps["line"].result == step.result
    assert EventType.CALL_WAITS in [event.type for event in services.seen]
    assert services.project.jobs.find(step.key).attempt == 3


async def test_a_run_of_another_graph_version_is_not_resumed(services):
    digest = services.request.digest
    assert services.project.find_run(digest, 1) == "run"
    assert services.project.find_run(digest, 2) is None
