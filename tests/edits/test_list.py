"""The list of a film's edits: in order, never shortened, each occasion once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from storage.edits import EditLog
from storage.eventlog import CHAT
from storage.project import Project
from vibeboard.edits import Author, EditList, Reseed
from vibeboard.events import EventType
from vibeboard.faults import Rejected


def seed(number: int) -> Reseed:
    return Reseed(scene_id="e1", shot_id="s1", seed=number)


@pytest.fixture
def project(tmp_path):
    with Project(tmp_path) as project:
        yield project


def test_what_is_undone_stays_in_the_list_and_out_of_the_build(project):
    first = project.edits.add("a", Author.PERSON, seed(1))
    second = project.edits.add("b", Author.DIRECTOR, seed(2))
    assert project.edits.undo("c", Author.PERSON).id == second
    assert [(item.id, item.active, item.author) for item in project.edits.entries()] == [
        (first, True, "person"),
        (second, False, "director"),
    ]
    assert [item.id for item in project.edits.active().edits] == [first]
    assert project.edits.redo("d", Author.PERSON).id == second
    assert [item.id for item in project.edits.active().edits] == [first, second]


def test_the_same_occasion_counts_once_and_gives_the_same_answer(project):
    assert project.edits.add("a", Author.PERSON, seed(1)) == project.edits.add("a", Author.PERSON, seed(1))
    project.edits.add("b", Author.PERSON, seed(2))
    assert project.edits.undo("c", Author.PERSON) == project.edits.undo("c", Author.PERSON)
    assert len(project.edits.active().edits) == 1


def test_whoever_undoes_the_last_edit_at_the_same_time_undoes_another(project):
    made = {project.edits.add(f"add {number}", Author.PERSON, seed(number)) for number in range(8)}
    with ThreadPoolExecutor(8) as threads:
        undone = threads.map(lambda number: project.edits.undo(f"undo {number}", Author.PERSON).id, range(8))
        assert set(undone) == made
    assert project.edits.active().edits == ()


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda edits: edits.undo("x", Author.PERSON, 9), "no edit 9"),
        (lambda edits: edits.redo("x", Author.PERSON, 1), "active already"),
        (lambda edits: edits.redo("x", Author.PERSON), "nothing to redo"),
    ],
)
def test_what_cannot_be_undone_or_done_again_is_said(project, do, why):
    project.edits.add("a", Author.PERSON, seed(1))
    with pytest.raises(Rejected, match=why):
        do(project.edits)


def test_the_last_of_several_is_undone_and_the_one_undone_last_comes_back(project):
    for number in range(3):
        project.edits.add(str(number), Author.PERSON, seed(number))
    assert [project.edits.undo(f"u{n}", Author.PERSON).id for n in range(3)] == [3, 2, 1]
    assert project.edits.redo("r", Author.PERSON).id == 1
    with pytest.raises(Rejected, match="undone already"):
        project.edits.undo("x", Author.PERSON, 2)


def test_edits_are_in_the_log(project):
    project.edits.add("a", Author.DIRECTOR, seed(1))
    project.edits.undo("b", Author.PERSON)
    logged = [(event.type, event.data["edit"], event.data["author"]) for _, event in project.events(CHAT)]
    assert logged == [(EventType.EDIT_MADE, 1, "director"), (EventType.EDIT_UNDONE, 1, "person")]


def test_an_answer_is_taken_once(project):
    project.chat.answer("3.1.1", "no")
    with pytest.raises(Rejected, match="answered before"):
        project.chat.answer("3.1.1", "yes")
    assert project.chat.answer_to("3.1.1") == "no"
    assert [event.type for _, event in project.events(CHAT)] == [EventType.INPUT_ANSWERED]


class Edits(RuleBasedStateMachine):
    """Adding, undoing and redoing in any order against a plain list."""

    def __init__(self) -> None:
        super().__init__()
        engine = create_engine("sqlite://")
        SQLModel.metadata.create_all(engine)
        self.engine, self.log, self.count = engine, EditLog(engine, "film"), 0
        self.active: dict[int, bool] = {}

    def key(self) -> str:
        self.count += 1
        return str(self.count)

    @rule(number=st.integers(0, 9))
    def add(self, number: int) -> None:
        self.active[self.log.add(self.key(), Author.PERSON, seed(number))] = True

    @precondition(lambda self: self.active)
    @rule(data=st.data(), undoing=st.booleans())
    def switch(self, data: st.DataObject, undoing: bool) -> None:
        edit = data.draw(st.sampled_from(sorted(self.active)))
        do = self.log.undo if undoing else self.log.redo
        if self.active[edit] is undoing:
            do(self.key(), Author.PERSON, edit)
            self.active[edit] = not undoing
        else:
            with pytest.raises(Rejected):
                do(self.key(), Author.PERSON, edit)

    @invariant()
    def agrees(self) -> None:
        assert {item.id: item.active for item in self.log.entries()} == self.active
        assert isinstance(self.log.active(), EditList)

    def teardown(self) -> None:
        self.engine.dispose()


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)


@pytest.mark.parametrize("change", ["add", "undo", "redo"])
def test_a_change_follows_what_was_read_or_is_refused(project, change):
    edits = project.edits
    first = edits.add("a", Author.PERSON, seed(1))
    edits.undo("b", Author.PERSON, edits.add("c", Author.PERSON, seed(2)))
    calls = {
        "add": lambda key, seen: edits.add(key, Author.PERSON, seed(3), seen),
        "undo": lambda key, seen: edits.undo(key, Author.PERSON, first, seen).id,
        "redo": lambda key, seen: edits.redo(key, Author.PERSON, None, seen).id,
    }
    seen = edits.version()
    done = calls[change]("d", seen)
    assert edits.version() == seen + 1
    assert calls[change]("d", seen) == done
    edits.must_follow("d", seen)
    edits.add("e", Author.PERSON, seed(4), seen + 1)
    with pytest.raises(Rejected, match="have changed since"):
        edits.must_follow("f", seen)
    with pytest.raises(Rejected, match="have changed since"):
        edits.add("f", Author.PERSON, seed(5), seen)
    assert edits.find("f") is None
