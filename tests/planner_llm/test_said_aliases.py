"""Who is the same because a person says so: an input of breakdowns and builds, with a model and without."""

from __future__ import annotations

import sys

from agents.breakdown.llm_aliases import SameThing, SameThings
from gpu_runtime.placement.embedded import Embedded
from graphs import planning, thinking
from graphs.aliases import SAID, found_aliases, keep_aliases
from graphs.request import MakeRequest, keep_request, last_request, pin_engines
from graphs.services import Services
from tests.planner_llm.as_minimax import Stand, tool_of
from tests.planner_llm.conftest import quick
from tests.wire_mock import WireMock
from vibeboard.breakdown import Category
from vibeboard.screenplay import Screenplay

SCRIPT = """INT. KITCHEN - DAY

ANN (30s) looks at the red car through the window. An old sedan stops behind it.

ANN
Not here.
"""
GROUP = SameThing(category=Category.VEHICLES, kept_as="old sedan", same=("red car",))


def say(project, *groups):
    project.keep_setting(SAID, SameThings(groups=groups).model_dump_json())


def request_of(project) -> tuple[MakeRequest, Screenplay]:
    script = project.blobs.put(SCRIPT.encode(), "text/plain").sha256
    request = MakeRequest(script=script, name="t", engines=pin_engines(), aliases=keep_aliases(project))
    return request, Screenplay.model_validate_json(project.blobs.read(planning.read(project, script)))


def vehicles(breakdown) -> list[str]:
    return [item.name for scene in breakdown.scenes for item in scene.items if item.category is Category.VEHICLES]


async def thought(project, mock, run_id):
    request, screenplay = request_of(project)
    model = quick(mock)
    services = Services(
        project, Embedded([sys.executable, "-c", ""], 1, project.root / "log"), request, run_id, lambda _: None, model
    )
    try:
        return await thinking.plan(services, model, screenplay)
    finally:
        await services.close()


def test_an_offline_build_shows_one_element_and_plans_the_same_shots(project):
    before, plans = planning.plan(project, *request_of(project))
    say(project, GROUP)
    request, screenplay = request_of(project)
    after, same_plans = planning.plan(project, request, screenplay)
    assert (vehicles(before), vehicles(after)) == (["red car", "old sedan"], ["old sedan"])
    assert same_plans == plans


def test_it_is_another_request_and_is_not_what_the_film_was_last_made_with(project):
    before, _ = request_of(project)
    say(project, GROUP)
    after, _ = request_of(project)
    assert before.digest != after.digest
    keep_request(project, after)
    assert last_request(project).aliases == ""


async def test_a_model_is_not_asked_what_a_person_has_said(project):
    def alike(body):
        if tool_of(body) == "SceneElements":
            named = [{"category": "Vehicles", "name": name, "lines": [3]} for name in ("red car", "old sedan")]
            return "SceneElements", {"elements": named}
        if tool_of(body) == "SameThings":
            return "SameThings", {"groups": [{"category": "Vehicles", "kept_as": "red car", "same": ["old sedan"]}]}
        return Stand(SCRIPT)(body)

    with WireMock(alike) as mock:
        found, _ = await thought(project, mock, "by the model")
        assert vehicles(found) == ["red car"]
        assert [(group.kept_as, group.same) for group in found_aliases(project)] == [("red car", ("old sedan",))]
        asked = len(mock.requests)
        say(project, GROUP)
        said, _ = await thought(project, mock, "by a person")
        assert vehicles(said) == ["old sedan"]
        say(project)
        apart, _ = await thought(project, mock, "said to be two")
        assert vehicles(apart) == ["red car", "old sedan"]
        assert len(mock.requests) == asked
    assert [(group.kept_as, group.same) for group in found_aliases(project)] == [("red car", ("old sedan",))]
