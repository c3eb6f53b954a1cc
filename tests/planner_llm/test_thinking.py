"""Breakdown and plans by a stand-in for MiniMax on the wire: what is kept, marked, dropped and asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.breakdown import break_down
from agents.llm.scripted import ScriptedChat, Turn
from agents.planner import lint
from agents.planner.prose import clean
from tests.planner_llm.as_minimax import Stand, asked, tool_of
from tests.planner_llm.conftest import TWO, quick
from tests.wire_mock import WireMock
from vibeboard.breakdown import Category
from vibeboard.events import EventType
from vibeboard.faults import Rejected
from vibeboard.screenplay import Kind

DEMO = (Path(__file__).parents[2] / "examples" / "the-last-fare.fountain").read_text()


def questions(mock: WireMock) -> list[str]:
    return [tool_of(body) for body in mock.requests]


async def test_scenes_are_broken_down_and_planned_and_nothing_is_asked_twice(think):
    with WireMock(Stand(TWO)) as mock:
        first = await think(TWO, quick(mock))
        assert sorted(questions(mock)) == ["ProposedShots"] * 2 + ["SameThings"] + ["SceneElements"] * 2
        again = await think(TWO, quick(mock), "another run")
        assert len(mock.requests) == 5
    assert (first.breakdown, first.plans) == (again.breakdown, again.plans)
    assert [plan.planner for plan in first.plans] == ["MiniMax-M3"] * 2
    assert all(lint(scene, plan) == [] for scene, plan in zip(first.screenplay.scenes, first.plans, strict=True))
    assert [bill["purpose"] for bill in first.of(EventType.LLM_ANSWERED)] == questions(mock)
    assert again.of(EventType.LLM_ANSWERED) == []


async def test_an_element_without_its_words_is_dropped_and_counted_and_lines_are_mended(think):
    def found(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if tool_of(body) != "SceneElements":
            return Stand(TWO)(body)
        names = [
            ("props", "The Letters", [99]),
            ("Vehicles", "red car", [1, 3]),
            ("Cast", "Ann", []),
            ("Props", "gun", [3]),
        ]
        return "SceneElements", {"elements": [dict(zip(("category", "name", "lines"), n, strict=True)) for n in names]}

    with WireMock(found) as mock:
        thought = await think(TWO, quick(mock))
    kitchen, street = thought.breakdown.scenes
    assert [(i.category, i.name, i.lines) for i in kitchen.items if i.category is not Category.CAST] == [
        (Category.PROPS, "letter", (3,))
    ]
    assert [(i.name, i.lines) for i in street.items if i.category is Category.VEHICLES] == [("red car", (15,))]
    assert kitchen.cast == break_down(thought.screenplay).scenes[0].cast
    assert thought.of(EventType.BREAKDOWN_READY)[0]["dropped"] == 4


async def test_aliases_are_merged_over_the_script_and_move_no_plan(think):
    script = TWO.replace("red car", "red car. The automobile is old")

    def alike(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if tool_of(body) == "SceneElements":
            lines = asked(body)["scene"]
            named = [("Vehicles", "red car"), ("Vehicles", "automobile")] if "STREET" in lines[0]["text"] else []
            return "SceneElements", {"elements": [{"category": c, "name": n, "lines": [3]} for c, n in named]}
        if tool_of(body) == "SameThings":
            group = {"category": "Vehicles", "kept_as": "red car", "same": ["automobile"]}
            assert asked(body)["names"]["Vehicles"] == ["automobile", "red car"]
            return "SameThings", {"groups": [group]}
        return Stand(script)(body)

    with WireMock(alike) as mock:
        thought = await think(script, quick(mock))
    assert thought.breakdown.scenes[1].names(Category.VEHICLES) == ("red car",)
    assert {prop.id for shot in thought.plans[1].shots for prop in shot.stage.props} >= {"automobile", "red car"}


async def test_an_alias_for_somebody_who_speaks_or_of_nobody_is_refused(think):
    told: list[str] = []

    def alike(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if tool_of(body) != "SameThings":
            return Stand(TWO)(body)
        told.append(body["messages"][-1]["content"])
        groups = [{"category": "Cast", "kept_as": "ANN", "same": ["BEN", "EVERYBODY"]}] if len(told) == 1 else []
        return "SameThings", {"groups": groups}

    with WireMock(alike) as mock:
        thought = await think(TWO, quick(mock))
    assert "a name that nobody speaks under" in told[1]
    assert "EVERYBODY" in told[1]
    assert thought.breakdown.scenes[0].cast == ("ANN", "BEN")


async def test_a_scene_that_fails_is_planned_offline_and_marked_and_the_others_are_not_touched(think):
    def stubborn(body: dict[str, Any]) -> Any:
        if tool_of(body) == "ProposedShots" and "STREET" in str(body["messages"]):
            return "I would rather not."
        return Stand(TWO)(body)

    with WireMock(stubborn) as mock:
        thought = await think(TWO, quick(mock))
        calls = len(mock.requests)
        again = await think(TWO, quick(mock), "another run")
        assert len(mock.requests) == calls == 7
    assert [(plan.planner, plan.instead_of) for plan in thought.plans] == [
        ("MiniMax-M3", ""),
        ("offline", "MiniMax-M3: llm_unusable_answer"),
    ]
    (told,) = thought.of(EventType.SCENE_FELL_BACK)
    assert (told["scene"], told["step"], told["code"]) == ("2", "shots", "llm_unusable_answer")
    assert again.plans == thought.plans


def whipped(shot: dict[str, Any]) -> dict[str, Any]:
    """A shot whose camera has whipped past whoever speaks by the time they do."""
    return {**shot, "size": "MS", "framing": "two shot", "subjects": ["ANN", "BEN"], "movement": "whip pan"}


async def test_what_the_supervisor_objects_to_goes_back_once(think):
    seen: list[dict[str, Any]] = []

    def careless(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        tool, answer = Stand(TWO)(body)
        about = asked(body)
        if tool == "ProposedShots" and "KITCHEN" in about["scene"]["heading"]:
            seen.append(about)
            if "findings" not in about or len(seen) > 2:
                answer["shots"][1:] = [whipped(shot) for shot in answer["shots"][1:]]
        return tool, answer

    with WireMock(careless) as mock:
        thought = await think(TWO, quick(mock))
    assert len(seen) == 2
    assert seen[1]["findings"][0]["finding"] == "speaker neither in the frame nor marked off-screen"
    assert seen[1]["your_shots"][3]["movement"] == "whip pan"
    assert [plan.planner for plan in thought.plans] == ["MiniMax-M3"] * 2


async def test_findings_that_are_not_mended_send_the_scene_to_the_offline_planner(think):
    def careless(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        tool, answer = Stand(TWO)(body)
        if tool == "ProposedShots" and "KITCHEN" in str(body["messages"]):
            answer["shots"][1:] = [whipped(shot) for shot in answer["shots"][1:]]
        return tool, answer

    with WireMock(careless) as mock:
        thought = await think(TWO, quick(mock))
        assert len(mock.requests) <= 7
    assert thought.plans[0].planner == "offline"
    assert lint(thought.screenplay.scenes[0], thought.plans[0]) == []


async def test_an_edit_asks_again_for_its_own_scene_only(think):
    edited = TWO.replace("Not here.", "Never here.")
    with WireMock(Stand(TWO)) as mock:
        before = await think(TWO, quick(mock))
        mock.answer = Stand(edited)
        mock.requests.clear()
        after = await think(edited, quick(mock))
        assert all("STREET" in str(body["messages"]) for body in mock.requests)
        assert questions(mock) == ["SceneElements", "ProposedShots"]
    assert after.plans[0] == before.plans[0]
    assert after.plans[1] != before.plans[1]


async def test_another_model_is_asked_anew(think):
    with WireMock(Stand(TWO)) as mock:
        await think(TWO, quick(mock))
        await think(TWO, quick(mock, llm_model="MiniMax-M3.1-Flash"))
        assert len(mock.requests) == 10


async def test_a_refused_key_stops_everything_at_once(think):
    with WireMock(Stand(TWO), ["1004"] * 9) as mock:
        with pytest.raises(Rejected, match="refuses the key"):
            await think(TWO, quick(mock))
        assert len(mock.requests) == 2


async def test_the_budget_counts_on_when_a_run_is_carried_on(think):
    with WireMock(Stand(TWO), usage=True) as mock:
        model = quick(mock, llm_budget=0.0014, llm_max_tokens=200)
        with pytest.raises(Rejected, match="budget"):
            await think(TWO, model)
        calls = model.ledger.calls
        assert 0 < calls < 5
        with pytest.raises(Rejected, match="budget"):
            await think(TWO, quick(mock, llm_budget=0.0014, llm_max_tokens=200))
        assert len(mock.requests) == calls
        await think(TWO, quick(mock))
        assert len(mock.requests) == 5


async def test_the_words_of_the_script_are_in_the_plan_and_nowhere_else(think):
    with WireMock(Stand(TWO)) as mock:
        thought = await think(TWO, quick(mock))
    said = [line.text for plan in thought.plans for shot in plan.shots for line in shot.lines]
    written = [clean(e.text) for s in thought.screenplay.scenes for e in s.elements if e.kind is Kind.DIALOGUE]
    assert said == written


@pytest.mark.parametrize("script", [TWO, DEMO], ids=["two scenes", "demo film"])
async def test_a_scripted_model_plays_from_the_start_whenever_it_plans(think, script):
    stand, turns = Stand(script), []

    def noted(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        turns.append(Turn(call=stand(body)[0], args=json.loads(json.dumps(stand(body)[1]))))
        return stand(body)

    with WireMock(noted) as mock:
        thought = await think(script, quick(mock).model_copy(update={"at_once": 1}))
    for run in ("first", "second"):
        played = ScriptedChat(identity="scripted", turns=tuple(turns))
        again = await think(script, played, run)
        assert played._left == []
        assert {plan.planner for plan in again.plans} == {"scripted"}
        assert [plan.shots for plan in again.plans] == [plan.shots for plan in thought.plans]
