"""Whose job is next when many films wait: films take turns, and what a person holds back stays."""

from __future__ import annotations

import pytest

from storage.blobs import FolderBlobs
from storage.records import Records
from storage.store import Store
from vibeboard.faults import Rejected
from vibeboard.jobs import EngineStock, JobState, Snapshot, Stock


@pytest.fixture
def store(database, tmp_path):
    opened = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


def offer(store: Store, films: list[str], each: int) -> list[Records]:
    opened = [Records(store, store.create(name)) for name in films]
    for film, name in zip(opened, films, strict=True):
        for at in range(each):
            film.jobs.offer(film.jobs.claim(f"{name}{at}", "task", "engine", {}, "service"))
    return opened


def taken(store: Store, most: int) -> list[str]:
    return sorted(job.key for job in store.queue.take("worker", most))


def test_films_take_turns_however_many_jobs_each_has(store):
    offer(store, ["a", "b", "c"], each=6)
    assert taken(store, 3) == ["a0", "b0", "c0"]
    assert taken(store, 6) == ["a1", "a2", "b1", "b2", "c1", "c2"]


def test_a_film_that_comes_late_has_its_share_at_once(store):
    offer(store, ["a"], each=8)
    assert taken(store, 4) == ["a0", "a1", "a2", "a3"]
    offer(store, ["b"], each=8)
    assert taken(store, 4) == ["b0", "b1", "b2", "b3"]
    assert taken(store, 2) == ["a4", "b4"]


def test_a_job_that_is_held_back_waits_and_one_that_is_preferred_goes_first(store):
    (film,) = offer(store, ["a"], each=3)
    film.jobs.reorder("a0", paused=True)
    film.jobs.reorder("a2", priority=5)
    assert [job.key for job in store.queue.take("worker", 1)] == ["a2"]
    assert taken(store, 5) == ["a1"]
    film.jobs.reorder("a0", paused=False)
    assert taken(store, 5) == ["a0"]


def test_a_worker_leaves_the_jobs_of_engines_that_it_is_without_to_others(store):
    (film,) = offer(store, ["a"], each=1)
    film.jobs.offer(film.jobs.claim("w", "task", "wan", {}, "service", 5))
    film.jobs.offer(film.jobs.claim("u", "task", "of-a-later-version", {}, "service"))
    assert store.queue.waiting() == {("engine", ""): 1, ("of-a-later-version", ""): 1, ("wan", ""): 1}
    assert sorted(job.key for job in store.queue.take("bare", 9, without={"wan", "another"})) == ["a0", "u"]
    assert store.queue.take("bare", 9, without={"wan"}) == []
    assert store.queue.waiting() == {("wan", ""): 1}
    assert taken(store, 9) == ["w"]


def test_a_worker_leaves_the_jobs_that_are_named_by_another_revision_than_its_own_to_others(store):
    (film,) = offer(store, ["a"], each=1)
    for key, revision in {"old": "1+abc", "new": "1+def", "nobody said": ""}.items():
        film.jobs.offer(film.jobs.claim(key, "task", "wan", {}, "service", revision=revision))
    assert store.queue.waiting() == {("engine", ""): 1, ("wan", ""): 1, ("wan", "1+abc"): 1, ("wan", "1+def"): 1}
    first = store.queue.take("w:1", 9, revisions={"wan": "1+def", "another": "3"})
    assert sorted(job.key for job in first) == ["a0", "new", "nobody said"]
    assert {job.key: job.revision for job in first}["new"] == "1+def"
    assert store.queue.take("w:1", 9, revisions={"wan": "1+def"}) == []
    assert [job.key for job in store.queue.take("w:2", 9, revisions={"wan": "1+abc"})] == ["old"]


def test_a_film_that_waits_for_an_engine_has_its_turn_with_the_rest(store):
    late, _ = offer(store, ["a", "b"], each=2)
    for at in range(3):
        late.jobs.offer(late.jobs.claim(f"w{at}", "task", "wan", {}, "service", 5))
    assert sorted(job.key for job in store.queue.take("bare", 2, without={"wan"})) == ["a0", "b0"]


def test_what_a_worker_can_do_is_shown_as_long_as_it_is_there(store):
    idle, bare = Snapshot(workers=1, queued=0, running=()), Stock(engines={"wan": EngineStock(missing="its weights")})
    store.queue.show("far:1", idle, bare)
    store.queue.show("near:2", idle)
    assert [view.stock for view in store.queue.workers()] == [bare, None]
    assert store.queue.last_stocks() == {}
    for revision in ("1+abc", "1+def"):
        able = Stock(engines={"wan": EngineStock(revision=revision)})
        store.queue.show("far:1", idle, able)
        assert store.queue.workers()[0].stock == able
    store.queue.leave("far:1")
    assert [view.owner for view in store.queue.workers()] == ["near:2"]
    assert store.queue.last_stocks() == {"wan": able}


def test_nothing_is_taken_while_all_is_paused(store):
    offer(store, ["a"], each=2)
    store.queue.pause_all(on=True)
    store.queue.pause_all(on=True)
    assert store.queue.all_paused()
    assert taken(store, 5) == []
    store.queue.pause_all(on=False)
    assert taken(store, 5) == ["a0", "a1"]


def test_a_film_lists_its_own_jobs_only(store):
    mine, other = offer(store, ["a", "b"], each=3)
    store.queue.take("worker", 1)
    assert [row.key for row in mine.jobs.listed(None, 9)] == ["a0", "a1", "a2"]
    assert [row.key for row in mine.jobs.listed(None, 9, after="a0")] == ["a1", "a2"]
    assert [row.key for row in mine.jobs.listed(JobState.RUNNING, 9)] == ["a0"]
    assert other.jobs.of_film("b1").key == "b1"
    with pytest.raises(Rejected, match="no job a0"):
        other.jobs.of_film("a0")
