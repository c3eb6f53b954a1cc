"""`vibeboard chat`, `vibeboard edits` and `vibeboard undo`: talking about a film on the terminal, or through a pipe."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from agents.director.film import Film
from agents.director.tools import director_tools
from agents.llm.choosing import MINIMAX, OFFLINE, model_for
from agents.llm.clean import visible
from agents.llm.model import LlmModel
from agents.screenplay import read_file, read_text
from api.making import PLAN_TASK, must_be_writable
from api.progress import watch_for
from api.working import film_project, has_film, placement_for, workers
from graphs.chat import Limits, Said
from graphs.desk import FilmDesk
from graphs.request import TAKE_TASK, MakeRequest, keep_request, last_request, pin_engines
from graphs.talking import Conversation, conversation
from storage.project import Project
from vibeboard.counting import counted
from vibeboard.edits import Author
from vibeboard.faults import FaultError, Rejected, StoreAway
from vibeboard.settings import Settings

_ANSWER = re.compile(r"(?:answer (?P<question>[\d.]+) )?(?P<answer>y|yes|n|no)", re.I)
_BYE = frozenset({"exit", "quit", "bye"})


def chat(folder: Path, script: Path | None, planner: str | None) -> None:
    """Talk about the film in `folder` until the input ends. A turn that was broken off is carried on first."""
    settings = Settings()
    name = planner or (MINIMAX if settings.llm_key.get_secret_value() else OFFLINE)
    model = model_for(name, settings)
    limits = Limits(settings.ask_above_gpu_s, settings.ask_above_usd, settings.ask_above_cpu_s)
    with _film(folder, script, Author.DIRECTOR if model else Author.PERSON) as (project, desk):
        _Terminal(Console(highlight=False, emoji=False, soft_wrap=True)).talk(project, desk, model, limits)


def list_edits(folder: Path) -> None:
    """Print the edits of a film."""
    with _film(folder, None, Author.PERSON) as (_, desk):
        asyncio.run(_print_outcome("list_edits", {}, desk))


def undo(folder: Path, edit: int | None) -> None:
    """Undo an edit of a film, or the last."""
    with _film(folder, None, Author.PERSON) as (_, desk):
        asyncio.run(_print_outcome("undo_edit", {"edit": edit}, desk))


async def _print_outcome(name: str, args: dict[str, Any], desk: FilmDesk) -> None:
    tool = director_tools()[name]
    outcome = await tool.act(tool.params.model_validate(args), desk, uuid.uuid4().hex)
    Console(highlight=False, emoji=False, soft_wrap=True).print(visible("\n".join(outcome.lines)), markup=False)


@contextmanager
def _film(folder: Path, script: Path | None, author: Author) -> Iterator[tuple[Project, FilmDesk]]:
    """The project in a folder and its desk.

    Raises:
        Rejected: there is no film there and no script to begin one with.
    """
    if script is None and not has_film(folder):
        raise Rejected("no_such_film", f"there is no film in {folder}: name its folder, or a script with --script")
    must_be_writable(folder)
    settings = Settings()
    with film_project(folder) as project:
        yield (
            project,
            FilmDesk(
                project=project,
                author=author,
                request=_request(project, folder, script),
                planner=lambda: _film_planner(project, settings),
                placement=lambda: placement_for(project.root),
                watching=lambda request: watch_for(sys.stdout, request, workers()),
                output=folder,
                gpu_usd_per_hour=settings.gpu_usd_per_hour,
            ),
        )


def _film_planner(project: Project, settings: Settings) -> LlmModel | None:
    """Who plans the film, which need not be who talks."""
    return model_for(project.pins().get(PLAN_TASK, OFFLINE), settings)


def _request(project: Project, folder: Path, script: Path | None) -> Callable[[], MakeRequest]:
    """What a build would be asked for: as the film was last made, its script as the file is now."""
    kept = last_request(project)
    if kept is None and script is None:
        raise Rejected("no_script", f"the film in {folder} was not made yet: name its script with --script")
    engines = pin_engines(project.pins())
    project.pin(engines)
    request = kept or MakeRequest(script="", name=script.stem if script else "", engines=engines)
    request = request.model_copy(update={"engines": engines})

    def now() -> MakeRequest:
        update: dict[str, Any] = {"shot_engines": project.pins(TAKE_TASK)}
        if script is not None:
            read_file(script)
            blob = project.blobs.put(read_text(script).encode(), "text/plain").sha256
            update |= {"script": blob, "name": script.stem}
        return request.model_copy(update=update)

    keep_request(project, now())
    return now


class _Terminal:
    """Shows what is said and done, and reads what the person says: a line each."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._here = sys.stdin.isatty()
        self._in_text = False

    def talk(self, project: Project, desk: FilmDesk, model: LlmModel | None, limits: Limits) -> None:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        if self._here:
            import readline  # noqa: F401, PLC0415  (gives `input` its history and editing)
        with asyncio.Runner() as runner:
            opened = conversation(project, desk, model, limits, self.show)
            talk = runner.run(opened.__aenter__())
            try:
                self._line(_greeting(runner.run(desk.film()), model), "bold")
                self._do(runner, self._carry_on(talk))
                for line in self._lines(talk):
                    self._do(runner, self._heard(talk, line))
            finally:
                runner.run(opened.__aexit__(None, None, None))

    def _do(self, runner: asyncio.Runner, work: Coroutine[Any, Any, None]) -> None:
        """Do one thing. Ctrl-C stops it, and not the program; a fault is a sentence. A store that is away ends the
        program: the film's lock went with it."""
        try:
            runner.run(work)
        except KeyboardInterrupt:
            self._line("stopped; what was made is kept", "yellow")
        except StoreAway:
            raise
        except FaultError as error:
            self._line(str(error), "yellow")
        self._end_text()

    async def _carry_on(self, talk: Conversation) -> None:
        if await talk.carry_on():
            self._line("(carried on where we were interrupted)", "dim")

    async def _heard(self, talk: Conversation, line: str) -> None:
        answer = _ANSWER.fullmatch(line)
        if answer and (answer["question"] or talk.open_question):
            question = answer["question"] or (talk.open_question.id if talk.open_question else "")
            await talk.answer(question, yes=answer["answer"].casefold().startswith("y"))
        else:
            await talk.say(line)

    def _lines(self, talk: Conversation) -> Iterator[str]:
        """What the person says, until the input ends."""
        while True:
            question = talk.open_question
            if question:
                self._line(f"{question.text}? yes or no (question {question.id})", "bold yellow")
            try:
                line = self._read().strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                self._line("Ctrl-D or `exit` ends the chat", "dim")
                continue
            if line.casefold() in _BYE:
                return
            if line:
                yield line

    def _read(self) -> str:
        if self._here:
            return input("> ")
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        self._line(f"> {line.rstrip()}", "dim")
        return line

    def show(self, said: Said) -> None:
        """What a turn has to show."""
        if said.kind == "text":
            self._console.file.write(visible(said.text))
            self._console.file.flush()
            self._in_text = True
            return
        self._end_text()
        if said.kind == "call":
            args = ", ".join(f"{name} {_short(value)}" for name, value in said.args.items())
            self._line(f"• {said.tool.replace('_', ' ')}{': ' * bool(args)}{args}", "cyan")
        else:
            style = "yellow" if said.kind == "refused" else ""
            self._line("\n".join(f"  {line}" for line in said.text.splitlines()), style)

    def _end_text(self) -> None:
        if self._in_text:
            self._console.print()
        self._in_text = False

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(visible(text), style=style, markup=False)


def _short(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _greeting(film: Film, model: LlmModel | None) -> str:
    seconds = film.seconds(film.placed)
    scenes = len({placed.scene.id for placed in film.placed})
    who = f"You talk with {model.name_shown}." if model else "There is no model here: `help` lists what I understand."
    return f"{film.title}: {counted(scenes, 'scene')}, {counted(len(film.placed), 'shot')}, {seconds:.0f} s. {who}"
