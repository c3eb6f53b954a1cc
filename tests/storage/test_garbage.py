"""A clean-up takes what nothing refers to, and never anything else."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.base import empty_checkpoint

from graphs.checkpoints import checkpoints
from storage.blobs import FolderBlobs
from storage.episodes import Episodes
from storage.garbage import collect
from storage.project import Project, open_project
from storage.store import Store
from storage.tables import EpisodeRow
from tests.storage.films import fill
from vibeboard.asset import Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected


@pytest.fixture
def store(database, tmp_path):
    opened = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


def names(store: Store) -> set[str]:
    return {kept.sha256 for kept in store.blobs.listed()}


def test_what_nothing_refers_to_goes_and_earlier_takes_stay(store):
    with open_project(store, store.create("film")) as project:
        made = fill(project, "film")
    swept = collect(store)
    assert set(made.values()) - names(store) == {made["unused"]}
    assert (swept.removed, swept.kept) == (1, len(made) - 1)
    assert swept.freed == len("film unused")


def test_what_is_younger_than_was_said_stays(store):
    store.blobs.put(b"just made", "text/plain")
    assert collect(store, timedelta(days=1)).removed == 0
    assert collect(store).removed == 1


def test_films_that_share_files_keep_them_for_each_other(store):
    for name in ("one", "two"):
        with open_project(store, store.create(name)) as project:
            made = fill(project, "same" if name == "two" else "other")
    collect(store)
    assert set(made.values()) - names(store) == {made["unused"]}


def test_what_an_episode_that_waits_was_asked_for_with_stays(store):
    film = store.create("film")
    edits = store.blobs.put(b"the edits of then", "application/json").sha256
    Episodes(store.engine).add(EpisodeRow(id="e", project_id=film, run_id="e-1", ask="{}", request=edits))
    assert collect(store).removed == 0
    assert names(store) == {edits}


def test_nothing_is_taken_while_a_film_is_open(store):
    with open_project(store, store.create("film")), pytest.raises(Rejected, match="is in use"):
        collect(store)


def test_nothing_is_taken_while_a_worker_is_at_work(store):
    with store.written(), pytest.raises(Rejected, match="is in use"):
        collect(store)


def test_a_folder_is_cleaned_up_only_while_nobody_works_in_it(tmp_path):
    with Project(tmp_path / "film") as project:
        store = Store.in_folder(project.root)
        with pytest.raises(Rejected, match="is in use"):
            collect(store)
    collect(store)
    store.close()


async def saved(project: Project, run: str, state: dict[str, str]) -> None:
    """A checkpoint of a run, as LangGraph writes it."""
    async with checkpoints(project) as saver:
        checkpoint = {**empty_checkpoint(), "channel_values": state, "channel_versions": dict.fromkeys(state, 1)}
        config = {"configurable": {"thread_id": run, "checkpoint_ns": ""}}
        config = await saver.aput(config, checkpoint, {}, dict.fromkeys(state, 1))
        await saver.aput_writes(config, [("done", {"result": state["write"]})], "task")


async def test_what_a_run_in_progress_refers_to_stays_until_it_is_finished(store):
    with open_project(store, store.create("film")) as project:
        made = fill(project, "film", unfinished=True)
        in_plan = project.blobs.put(b"named by the plan", "text/plain").sha256
        plan = project.blobs.put(f'["{in_plan}"]'.encode(), "application/json").sha256
        write = project.blobs.put(b"named by a pending write", "text/plain").sha256
        await saved(project, "run film", {"plan": plan, "write": write})
    collect(store)
    assert {in_plan, plan, write} <= names(store)
    with open_project(store, "film") as project:
        project.finish_run("run film", Event(type=EventType.RUN_FINISHED))
    collect(store)
    assert set(made.values()) - names(store) == {made["unused"]}
    assert not {in_plan, plan, write} & names(store)


def test_what_a_killed_run_had_made_and_not_yet_persisted_stays(store):
    with open_project(store, store.create("film")) as project:
        fill(project, "film", unfinished=True)
        (project.root / "checkpoints.db").touch()
        ref = project.blobs.put(b"made", "video/mp4")
        job = project.jobs.claim("k", "generate_shot", "previs", {}, project.owner)
        project.jobs.made(job, Result(outputs={"video": ref}), 1.0)
    collect(store)
    assert ref.sha256 in names(store)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), shots=st.integers(1, 6))
def test_whatever_was_persisted_in_whatever_order_can_still_be_read(tmp_path_factory, seed, shots):
    chance, store = random.Random(seed), Store.in_folder(tmp_path_factory.mktemp("film"))
    with Project(store.home) as project:
        project.start_run("run", "digest", 1)
        for number in range(12):
            ref = project.blobs.put(chance.randbytes(20), "video/mp4")
            if chance.random() < 0.5:
                continue
            result = Result(outputs={"video": ref})
            job = project.jobs.claim(f"k{number}", "generate_shot", "previs", {}, project.owner)
            project.jobs.made(job, result, 1.0)
            unit = f"shot {chance.randrange(shots)}"
            project.persist("run", unit, "take", job.key, result, Event(type=EventType.ASSET_PERSISTED))
        project.finish_run("run", Event(type=EventType.RUN_FINISHED))
        used = {use.sha256 for use in project.uses()}
    collect(store)
    assert names(store) == used
    store.close()
