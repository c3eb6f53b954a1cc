from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.director.film import Film
from agents.llm.model import LlmModel
from agents.llm.scripted import ScriptedChat, Turn
from gpu_runtime.placement.embedded import Embedded
from graphs.chat import Limits, Question, Said
from graphs.desk import FilmDesk
from graphs.request import MakeRequest, pin_engines
from graphs.talking import conversation
from storage.project import Project
from vibeboard.edits import Author
from vibeboard.timing import Rate

DEMO = Path(__file__).parents[2] / "examples" / "the-last-fare.fountain"
NO_LIMITS = Limits(gpu_s=60, usd=1)


def scripted(*turns: dict[str, object]) -> ScriptedChat:
    return ScriptedChat(identity="scripted test", turns=tuple(Turn.model_validate(turn) for turn in turns))


def call(tool: str, **args: object) -> dict[str, object]:
    return {"call": tool, "args": args}


def says(text: str) -> dict[str, object]:
    return {"text": text}


@dataclass
class Chat:
    """A film's chat, opened anew for every turn as after a restart. `shown` is what the last turn showed."""

    project: Project
    folder: Path
    text: str
    limits: Limits = NO_LIMITS
    shown: list[Said] = field(default_factory=list)
    open: Question | None = None

    def request(self) -> MakeRequest:
        script = self.project.blobs.put(self.text.encode(), "text/plain").sha256
        return MakeRequest(
            script=script, name="demo", width=160, height=90, fps=Rate(num=12), slate=False, engines=pin_engines()
        )

    def placement(self) -> Embedded:
        command = [sys.executable, "-m", "api.worker", str(self.project.root.resolve())]
        return Embedded(command, 2, self.project.root / "worker.log")

    @property
    def desk(self) -> FilmDesk:
        return FilmDesk(
            project=self.project,
            author=Author.DIRECTOR,
            request=self.request,
            planner=lambda: None,
            placement=self.placement,
            watching=lambda _request: contextlib.nullcontext(lambda _event: None),
            output=self.folder,
        )

    async def say(self, said: str, *turns: dict[str, object], model: LlmModel | None = None) -> str:
        """What is shown for it: the pieces of text, and the lines of results and refusals."""
        self.shown = []
        talks_with = model or (scripted(*turns) if turns else None)
        async with conversation(self.project, self.desk, talks_with, self.limits, self.shown.append) as talk:
            await talk.say(said)
            self.open = talk.open_question
        return self.told

    async def answer(self, question: str, yes: bool, *turns: dict[str, object]) -> str:
        self.shown = []
        model = scripted(*turns) if turns else None
        async with conversation(self.project, self.desk, model, self.limits, self.shown.append) as talk:
            await talk.carry_on()
            await talk.answer(question, yes)
            self.open = talk.open_question
        return self.told

    @property
    def told(self) -> str:
        return "\n".join(said.text for said in self.shown if said.text)

    @property
    def refusals(self) -> list[str]:
        return [said.text for said in self.shown if said.kind == "refused"]

    async def film(self) -> Film:
        return await self.desk.film()

    async def stale(self) -> dict[str, str]:
        """The shots whose picture is to be made, each with why."""
        return {item.number: "; ".join(item.reasons) for item in (await self.desk.offer(())).shots if item.renders}

    def edits(self) -> list[str]:
        return [item.edit.kind for item in self.project.edits.entries() if item.active]


@pytest.fixture
def chat(tmp_path) -> Iterator[Chat]:
    with Project(tmp_path / "film" / ".vibeboard") as project:
        yield Chat(project, tmp_path / "film", DEMO.read_text())
