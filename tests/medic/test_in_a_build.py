"""The Medic inside the graph of a shot, with real workers: what it logs, what a person can refuse, whom it asks."""

from __future__ import annotations

import sys

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agents.llm.asking import Asker
from agents.llm.scripted import scripted
from agents.medic.model import ModelFixer
from gpu_runtime.placement.embedded import Embedded
from graphs.assets import ProjectAssets
from graphs.chain import Call, Unit, UnitDone
from graphs.quote import quote
from graphs.repairs import judge_repair, refused_repairs, repairs
from graphs.request import MakeRequest, pin_engines
from graphs.services import Services
from graphs.shot import begin, unit_graph
from graphs.thinking import KeptAnswers
from vibeboard.camera import CameraKey, CameraPath
from vibeboard.digest import canonical
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.stage import SetKind, Stage

RATE = {"num": 24, "den": 1}
LINE = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 24, "fps": RATE}


@pytest.fixture
async def services(project):
    command = [sys.executable, "-m", "api.worker", str(project.root)]
    request = MakeRequest(script="", name="test", engines={**pin_engines(), "speak_line": "tone"})
    project.start_run("run", request.digest, 1)
    opened = Services(project, Embedded(command, 1, project.root / "log"), request, "run", lambda _event: None)
    yield opened
    await opened.close()


async def work(services: Services, args: dict, thread: str = "t") -> UnitDone:
    unit = Unit(id="shot", label="shot 1A", calls=(Call(step="line", tool="speak_line", args=args),))
    return await work_unit(services, unit, thread)


async def work_unit(services: Services, unit: Unit, thread: str) -> UnitDone:
    blob = services.project.blobs.put(canonical(unit), "application/json").sha256
    graph = unit_graph().compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": thread}}
    state = await graph.ainvoke(begin(blob), config, context=services, durability="sync")
    return UnitDone.model_validate(state["done"][0])


def logged(services: Services, kind: EventType) -> list[Event]:
    return [event for _, event in services.project.events("run") if event.type is kind]


def without(name: str, **more) -> dict:
    return {key: value for key, value in {**LINE, **more}.items() if key != name}


async def test_a_repair_is_an_event_with_before_and_after_that_can_be_named(services):
    done = await work(services, without("speaker", who="ANN", frames="1s"))
    assert done.escalated == ""
    (event,) = logged(services, EventType.CALL_REPAIRED)
    assert event.data["step"] == "line"
    seen = {change["path"]: (change["before"], change["after"]) for change in event.data["changes"]}
    assert seen == {"who": ("ANN", None), "speaker": (None, "ANN"), "frames": ("1s", 24)}
    assert all(change["id"] and change["why"] and change["declared"] is False for change in event.data["changes"])


async def test_a_repair_that_a_person_refused_is_undone_and_goes_to_the_person(services):
    args = {**LINE, "frames": "1s"}
    await work(services, args)
    (made,) = logged(services, EventType.CALL_REPAIRED)[0].data["changes"]
    services.refused = frozenset({made["id"]})
    done = await work(services, args, thread="again")
    assert "was refused" in done.escalated
    (escalated,) = logged(services, EventType.UNIT_ESCALATED)
    assert [offer["id"] for offer in escalated.data["offers"]] == [made["id"]]
    assert len(logged(services, EventType.CALL_REPAIRED)) == 1


async def test_repairs_are_listed_refused_and_allowed_again(services):
    args = {**LINE, "frames": "1s"}
    await work(services, args)
    (made,) = repairs(services.project)
    assert (made.unit, made.step, made.change.path, made.refused) == ("shot", "line", "frames", False)
    judge_repair(services.project, made.change.id, refuse=True)
    services.refused = refused_repairs(services.project)
    assert (await work(services, args, thread="refused")).escalated
    assert [repair.refused for repair in repairs(services.project)] == [True]
    judge_repair(services.project, made.change.id, refuse=False)
    services.refused = refused_repairs(services.project)
    assert not (await work(services, args, thread="allowed")).escalated
    with pytest.raises(Rejected, match="there is no repair"):
        judge_repair(services.project, "000000000000", refuse=True)


async def test_a_refused_way_to_a_legal_size_makes_what_was_made_with_it_stale(services):
    unit = Unit(id="shot", label="shot 1A", calls=(Call(step="take", tool="generate_shot", args=odd_sized()),))
    await work_unit(services, unit, "t")
    assert not quote([unit], services).todo
    (made,) = repairs(services.project)
    services.refused = frozenset({made.change.id})
    assert [item.steps for item in quote([unit], services).todo] == [("take",)]
    assert "was refused" in (await work_unit(services, unit, "again")).escalated


def odd_sized() -> dict:
    """A shot that the previs cannot make at this width, for it is odd."""
    stage = Stage(set_kind=SetKind.STUDIO, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=1)
    camera = CameraPath(keys=(CameraKey(frame=0, position=(0.0, 1.5, 4.0), target=(0.0, 1.0, 0.0)),))
    size = {"frames": 2, "fps": RATE, "width": 161, "height": 90}
    return {
        "prompt": "",
        "seed": 1,
        **size,
        "stage": stage.model_dump(mode="json"),
        "camera": camera.model_dump(mode="json"),
    }


async def test_what_the_rules_leave_open_goes_to_the_model_and_its_answer_is_kept(services, tmp_path):
    turns = tmp_path / "turns.yaml"
    turns.write_text("- call: Diff\n  args: {edits: [{path: frames, moved_from: how_long_it_lasts}]}\n")
    heard = []
    services.fixer = ModelFixer(Asker(scripted(turns), KeptAnswers(services.project), heard.append))
    done = await work(services, without("frames", how_long_it_lasts="1 s"))
    assert done.escalated == ""
    (event,) = logged(services, EventType.CALL_REPAIRED)
    assert all(change["declared"] for change in event.data["changes"] if change["path"] != "fps")
    assert len(heard) == 1


async def test_what_the_model_may_not_do_is_offered_to_the_person(services, tmp_path):
    turns = tmp_path / "turns.yaml"
    turns.write_text("- call: Diff\n  args: {edits: [{path: text, value: Hello.}]}\n")
    services.fixer = ModelFixer(Asker(scripted(turns), KeptAnswers(services.project), lambda _answered: None))
    done = await work(services, without("text"))
    assert done.escalated.startswith("shot 1A: speak_line: text")
    (event,) = logged(services, EventType.UNIT_ESCALATED)
    assert [(offer["path"], offer["after"]) for offer in event.data["offers"]] == [("text", "Hello.")]
    assert services.project.active_jobs() == {}


async def test_an_asset_is_known_by_its_place_and_an_older_one_by_what_took_it(services):
    first = (await work(services, LINE)).output("line", "audio")
    second = (await work(services, {**LINE, "text": "Over there."}, thread="again")).output("line", "audio")
    assets = ProjectAssets(services.project)
    assert assets.named() == {"shot/line/audio": second}
    assert (assets.newest(first), assets.newest(second), assets.newest("0" * 64)) == (second, second, "")
