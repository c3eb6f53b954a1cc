"""Many films in one store: each sees its own, whoever asks."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from storage.blobs import FolderBlobs
from storage.chat import ChatLog
from storage.edits import EditLog
from storage.elements import Elements
from storage.locks import is_open, project_folder
from storage.project import Project, open_project
from storage.store import Store
from storage.takes import Takes
from tests.storage.films import EDIT, SCENE, fill
from vibeboard.asset import Result
from vibeboard.breakdown import Breakdown, Status
from vibeboard.digest import sha256
from vibeboard.edits import Author
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected
from vibeboard.jobs import JobState

EVENT = Event(type=EventType.PLAN_READY)


@pytest.fixture
def store(database, tmp_path):
    opened = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


@pytest.fixture
def mine(store):
    with open_project(store, store.create("mine")) as project:
        fill(project, "mine")
        yield project


@pytest.fixture
def other(store, mine):
    with open_project(store, store.create("other")) as project:
        yield project


def refused(call, *args) -> str:
    with pytest.raises(Rejected) as raised:
        call(*args)
    return raised.value.fault.code


SEES_NOTHING = {
    "runs": lambda other: other.runs(99) == [],
    "run": lambda other: refused(other.run, "run mine") == "no_such_run",
    "revisions": lambda other: other.revisions(99) == [],
    "revision": lambda other: refused(other.revision, 1) == "no_such_revision",
    "latest_revision": lambda other: other.latest_revision() is None,
    "revision_of": lambda other: other.revision_of(sha256(b"mine script"), 1) is None,
    "pins": lambda other: (other.pins(), other.pins("generate_shot")) == ({}, {}),
    "setting": lambda other: other.setting("request") == "",
    "find_plans": lambda other: other.find_plans(["plan mine"]) == {},
    "find_run": lambda other: other.find_run("digest", 1) is None,
    "abandon_runs": lambda other: other.abandon_runs("none") == [],
    "active_jobs": lambda other: other.active_jobs() == {},
    "uses": lambda other: other.uses() == [],
    "events": lambda other: (other.events("run mine"), other.events("chat")) == ([], []),
    "log_since": lambda other: other.log_since(0, 99) == [],
    "log_edges": lambda other: other.log_edges() == (1, 0),
    "happened": lambda other: other.happened(EventType.ASSET_PERSISTED) == [],
    "edits.entries": lambda other: other.edits.entries() == [],
    "edits.active": lambda other: other.edits.active().edits == (),
    "edits.undo": lambda other: refused(other.edits.undo, "u", Author.PERSON) == "no_edit",
    "edits.redo": lambda other: refused(other.edits.redo, "r", Author.PERSON, 1) == "no_edit",
    "name": lambda other: other.name == "other",
    "elements.listed": lambda other: other.elements.listed(99) == [],
    "elements.get": lambda other: refused(other.elements.get, 1) == "no_such_element",
    "takes.of": lambda other: other.takes.of("take") == [],
    "edits.version": lambda other: other.edits.version() == 0,
    "edits.must_follow": lambda other: other.edits.must_follow("new", 0) is None,
    "edits.find": lambda other: other.edits.find("edit") is None,
    "chat.open_turn": lambda other: other.chat.open_turn() is None,
    "chat.before": lambda other: other.chat.before(99, 99) == [],
    "chat.answer_to": lambda other: other.chat.answer_to("q") is None,
}
"""What reads, and what the wrong film gets."""

LEAVES_ALONE = {
    "add_revision": lambda other: other.add_revision("a" * 64, 1, "b" * 64),
    "pin": lambda other: other.pin({"generate_shot": "elsewhere"}),
    "pin_shots": lambda other: other.pin_shots("generate_shot", {"shot": "elsewhere"}),
    "keep_setting": lambda other: other.keep_setting("request", "elsewhere"),
    "keep_plans": lambda other: other.keep_plans({"plan mine": "elsewhere"}),
    "change_setting": lambda other: other.change_setting("request", lambda _kept: "elsewhere"),
    "elements.store": lambda other: other.elements.store(Breakdown(scenes=())),
    "elements.decide": lambda other: other.elements.decide(1, Status.PENDING, Status.REJECTED),
    "takes.take_up": lambda other: other.takes.take_up("take", "shot", "mine old take"),
    "start_run": lambda other: other.start_run("another run", "digest", 1),
    "finish_run": lambda other: other.finish_run("run mine", EVENT),
    "log": lambda other: other.log("run mine", EVENT),
    "log_once": lambda other: other.log_once("run mine", EVENT.model_copy(update={"data": {"id": "1"}})),
    "persist": lambda other: other.persist("run mine", "shot", "take", "mine old take", Result(outputs={}), EVENT),
    "edits.add": lambda other: other.edits.add("edit", Author.DIRECTOR, EDIT),
    "chat.begin": lambda other: other.chat.begin("something else"),
    "chat.close": lambda other: other.chat.close(other.chat.begin("else"), ["else"]),
    "chat.answer": lambda other: other.chat.answer("q", "no"),
}
"""What writes: the right film is afterwards what it was."""

OF_THE_FOLDER = {"scratch", "checkpoints"}


def methods() -> set[str]:
    """Everything public that a project can be asked."""

    def public(cls: type, prefix: str = "") -> set[str]:
        return {prefix + name for name, _ in inspect.getmembers(cls) if not name.startswith("_")}

    parts = {"edits.": EditLog, "chat.": ChatLog, "elements.": Elements, "takes.": Takes}
    return public(Project).union(*(public(cls, prefix) for prefix, cls in parts.items()))


def everything(project: Project) -> list[object]:
    """All that a film can tell."""
    return [
        project.latest_revision().model_dump(),
        project.pins(),
        project.pins("generate_shot"),
        project.setting("request"),
        [element.model_dump() for element in project.elements.listed(99)],
        [taken.active for taken in project.takes.of("take")],
        project.find_plans(["plan mine"]),
        project.elements.store(Breakdown(scenes=(SCENE,))),
        project.active_jobs()["shot", "take"].key,
        [use.model_dump() for use in project.uses()],
        project.events("run mine"),
        project.events("chat"),
        project.edits.entries(),
        project.chat.before(99, 99),
        project.chat.open_turn(),
        project.chat.answer_to("q"),
    ]


def test_every_method_of_a_project_is_walked_here():
    assert methods() - OF_THE_FOLDER == set(SEES_NOTHING) | set(LEAVES_ALONE)


@pytest.mark.parametrize("name", sorted(SEES_NOTHING))
def test_the_wrong_film_sees_nothing(other, name):
    assert SEES_NOTHING[name](other)


@pytest.mark.parametrize("name", sorted(LEAVES_ALONE))
def test_the_wrong_film_changes_nothing(mine, other, name):
    before = everything(mine)
    LEAVES_ALONE[name](other)
    assert everything(mine) == before


def test_each_film_numbers_its_own_edits_and_turns(mine, other):
    assert other.edits.add("edit", Author.PERSON, EDIT) == 1
    assert other.chat.begin("hello") == 1
    assert mine.edits.add("another", Author.PERSON, EDIT) == 3


def test_decisions_on_elements_are_of_one_film(mine, other):
    status = other.elements.store(Breakdown(scenes=(SCENE,))).scenes[0].items[0].status
    assert status is Status.PENDING
    assert len(other.elements.store(Breakdown(scenes=(SCENE,))).scenes[0].items) == 1


def test_films_are_found_by_id_and_by_name_unless_several_have_it(store):
    first = store.create("Two Doors")
    assert store.find(first) == store.find("Two Doors") == first
    store.create("Two Doors")
    with pytest.raises(Rejected, match="2 films have the name"):
        store.find("Two Doors")
    with pytest.raises(Rejected, match="no film Three Doors"):
        store.find("Three Doors")


def test_a_film_is_opened_once_and_others_beside_it(store, mine, other, database, tmp_path):
    again = Store(tmp_path / "home", database, store.blobs)
    with pytest.raises(Rejected, match="another vibeboard works in"):
        open_project(again, mine.id)
    again.close()


def test_a_film_that_could_not_be_opened_can_be_opened_when_that_is_mended(store):
    film = store.create("film")
    in_the_way = project_folder(store.home, film) / "scratch"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    with pytest.raises(FileExistsError):
        open_project(store, film)
    in_the_way.unlink()
    with open_project(store, film):
        pass


def test_a_film_can_be_opened_while_others_look_whether_it_is_open(store, mine):
    film, done = store.create("film"), threading.Event()

    def look() -> None:
        with Session(store.engine) as session:
            while not done.is_set():
                is_open(session, film)

    with ThreadPoolExecutor() as threads:
        looking = threads.submit(look)
        try:
            for _ in range(100):
                with open_project(store, film):
                    pass
        finally:
            done.set()
        looking.result()


def test_a_film_in_postgres_is_not_opened_from_another_machine_either(postgres, tmp_path):
    here, there = (Store(tmp_path / name, postgres, FolderBlobs(tmp_path / "blobs")) for name in ("here", "there"))
    film = here.create("film")
    with open_project(here, film), pytest.raises(Rejected, match="another vibeboard works in"):
        open_project(there, film)
    with open_project(there, film):
        pass
    here.close()
    there.close()


def test_what_another_open_film_has_in_hand_is_waited_for_until_it_closes(store, mine):
    with open_project(store, store.create("third")) as third:
        mine.jobs.claim("k", "task", "engine", {}, mine.owner)
        assert third.jobs.claim("k", "task", "engine", {}, third.owner) is None
        third.jobs.reclaim("somebody:1")
        assert mine.jobs.find("k").state is JobState.RUNNING
    mine.__exit__(None, None, None)
    with open_project(store, store.create("fourth")) as fourth:
        assert fourth.jobs.claim("k", "task", "engine", {}, fourth.owner).attempt == 2


def test_what_another_open_film_offered_is_waited_for_but_for_what_is_held_back(store, mine, other):
    for key in ("k", "held back"):
        mine.jobs.offer(mine.jobs.claim(key, "task", "engine", {}, mine.owner))
    mine.jobs.reorder("held back", paused=True)
    assert other.jobs.in_hand(["k", "held back"]) == {"k"}
    assert other.jobs.claim("k", "task", "engine", {}, other.owner) is None
    assert other.jobs.claim("held back", "task", "engine", {}, other.owner)
    assert mine.jobs.in_hand(["k"]) == set()


def test_a_film_takes_back_what_it_asked_for_and_nothing_that_another_asks_for_now(store, mine, other):
    mine.jobs.offer(mine.jobs.claim("k", "task", "engine", {}, mine.owner))
    other.jobs.withdraw("k")
    assert mine.jobs.find("k").state is JobState.QUEUED
    mine.jobs.withdraw("k")
    assert mine.jobs.find("k").state is JobState.FAILED
    other.jobs.offer(other.jobs.claim("k", "task", "engine", {}, other.owner))
    mine.jobs.withdraw("k")
    assert other.jobs.find("k").state is JobState.QUEUED
    assert not other.jobs.find("k").stop


KILLED = """
import os, sys
from pathlib import Path
from storage.blobs import FolderBlobs
from storage.project import open_project
from storage.store import Store

store = Store(Path(sys.argv[1]), sys.argv[2], FolderBlobs(Path(sys.argv[3])))
project = open_project(store, sys.argv[4])
project.jobs.claim("k", "task", "engine", {}, project.owner)
os.kill(os.getpid(), 9)
"""


def test_a_killed_process_holds_nothing(store, database, tmp_path):
    film = store.create("film")
    command = [sys.executable, "-c", KILLED, tmp_path / "home", database, tmp_path / "blobs", film]
    assert subprocess.run(list(map(str, command)), check=False).returncode == -9
    with open_project(store, store.create("other")) as other:
        assert other.jobs.claim("k", "task", "engine", {}, other.owner).attempt == 2
    with open_project(store, film):
        pass


def test_a_folder_keeps_being_one_film_with_its_own_database(tmp_path):
    for _ in range(2):
        with Project(tmp_path / "film" / ".vibeboard") as project:
            assert [row.id for row in project.store.projects()] == [project.id]
            assert project.store.projects()[0].name == "film"
    assert not (tmp_path / "film" / ".vibeboard" / "project").exists()
