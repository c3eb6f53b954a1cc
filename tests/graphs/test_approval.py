"""Which builds a person is asked about."""

from __future__ import annotations

import sys

import pytest

from gpu_runtime.placement.embedded import Embedded
from gpu_runtime.stock import leaving_to
from graphs.approval import Approval
from graphs.make import Made, make
from graphs.quote import Quoted
from graphs.request import TAKE_TASK, MakeRequest, pin_engines
from graphs.thinking import identity
from storage.project import Project
from tests.planner_llm.as_minimax import Stand
from tests.planner_llm.conftest import TWO, quick
from tests.wire_mock import WireMock
from vibeboard.events import EventType
from vibeboard.jobs import EngineStock, Snapshot, Stock, WorkerView

ENGINE = "wan2.1-t2v-1.3b"
PRICES = {"llm_price_in": 10.0, "llm_price_out": 10.0}


@pytest.fixture
def rendering_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("VIBEBOARD_MODELS", str(tmp_path / "models"))
    has = Stock(engines={ENGINE: EngineStock(revision="1")}, adapters={})
    worker = WorkerView(owner="a", snapshot=Snapshot(workers=1, queued=0, running=()), stock=has)
    with leaving_to(lambda: [worker]):
        yield


async def begun(project: Project, approval: Approval) -> Made:
    """A film that a model plans and a GPU renders, made as far as its price."""
    with WireMock(Stand(TWO), usage=True) as mock:
        model = quick(mock, **PRICES)
        blob = project.blobs.put(TWO.encode(), "text/plain").sha256
        engines = {**pin_engines(), TAKE_TASK: ENGINE}
        request = MakeRequest(script=blob, name="t", engines=engines, planner=identity(model))
        placement = Embedded([sys.executable, "-c", ""], 1, project.root / "log")
        return await make(project, placement, request, None, lambda _event: None, model, approval=approval)


async def test_what_the_planner_has_spent_is_of_the_budget_that_a_build_may_use_unasked(rendering_elsewhere, tmp_path):
    with Project(tmp_path / "one") as project:
        asked = await begun(project, Approval(budget_usd=None, gpu_usd_per_hour=1))
        planned = sum(event.data["usd"] for event in project.happened(EventType.LLM_ANSWERED))
    assert asked.offer
    assert planned > 0
    with Project(tmp_path / "two") as project:
        again = await begun(project, Approval(budget_usd=asked.offer.usd + planned / 2, gpu_usd_per_hour=1))
    assert again.offer == asked.offer


def test_nobody_is_asked_for_what_costs_nothing_more():
    free = Quoted(unit="u", label="1A", steps=("take",), found=(), reasons=("new",), seconds=3.0)
    assert Approval(budget_usd=0.1, gpu_usd_per_hour=1).asks([free], spent_usd=0.3) is None
    assert Approval(budget_usd=None, gpu_usd_per_hour=1).asks([free], spent_usd=0.0)
