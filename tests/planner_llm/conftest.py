from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.llm.choosing import chat_model
from agents.llm.model import LlmModel
from agents.llm.retry import Backoff
from gpu_runtime.placement.embedded import Embedded
from graphs import planning, thinking
from graphs.request import MakeRequest, pin_engines
from graphs.services import Services
from storage.project import Project
from tests.wire_mock import WireMock
from vibeboard.breakdown import Breakdown
from vibeboard.events import Event, EventType
from vibeboard.screenplay import Screenplay
from vibeboard.settings import Settings
from vibeboard.shot import ScenePlan

TWO = """INT. KITCHEN - DAY

ANN (30s) sits at the table with a LETTER in her hand.

ANN
It came this morning.

BEN stands by the window.

BEN
Then read it.

EXT. STREET - NIGHT

Ann walks to the red car.

ANN
Not here.
"""


@dataclass
class Thought:
    """What came of a script, and what was told on the way."""

    screenplay: Screenplay
    breakdown: Breakdown
    plans: tuple[ScenePlan, ...]
    events: list[Event] = field(default_factory=list)

    def of(self, kind: EventType) -> list[dict]:
        return [event.data for event in self.events if event.type is kind]


def quick(mock: WireMock, **settings: object) -> LlmModel:
    chat = chat_model(Settings(**mock.settings(**settings)))
    return chat.model_copy(update={"backoff": Backoff(first_s=0.01)})


@pytest.fixture
def think(project: Project) -> Callable[..., object]:
    """Read, break down and plan a script by a model, as the graph's node does."""

    async def run(script: str, model: LlmModel, run_id: str = "run") -> Thought:
        heard: list[Event] = []
        blob = project.blobs.put(script.encode(), "text/plain").sha256
        request = MakeRequest(script=blob, name="t", engines=pin_engines(), planner=model.identity)
        placement = Embedded([sys.executable, "-c", ""], 1, project.root / "log")
        services = Services(project, placement, request, run_id, heard.append, model)
        screenplay = Screenplay.model_validate_json(project.blobs.read(planning.read(project, request.script)))
        thinking.count_on(model, project, run_id)
        try:
            breakdown, plans = await thinking.plan(services, model, screenplay)
        finally:
            await services.close()
        return Thought(screenplay, breakdown, plans, heard)

    return run


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "two.fountain"
    path.write_text(TWO)
    return path
