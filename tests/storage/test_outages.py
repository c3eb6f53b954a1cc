"""A store whose servers are stopped hard: one fault for all who ask, locks that are not believed in, and a way back."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import Session, select

from graphs.checkpoints import checkpoints
from storage.blobs import FolderBlobs
from storage.database import open_database
from storage.garbage import collect
from storage.project import Project
from storage.queue import WorkQueue
from storage.store import Store
from storage.tables import Asset, JobRow, ProjectRow, Use
from tests.servers import new_database
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected, StoreAway

STARTED = Event(type=EventType.RUN_STARTED)


@pytest.fixture
def server(breakable_postgres):
    yield breakable_postgres
    breakable_postgres.start()


@pytest.fixture
def store(server, tmp_path):
    opened = Store(tmp_path / "home", new_database(server.url), FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


@pytest.fixture
def engine(store):
    return store.engine


def end_all_connections(server) -> None:
    """As an administrator, or a server that goes down in an orderly way."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid != pg_backend_pid()"
        )


def test_a_server_that_is_stopped_in_the_middle_of_a_transaction_is_away_until_it_is_back(server, store, engine):
    assert store.answers()
    with Session(engine) as session:
        session.add(ProjectRow(id="lost", name="lost"))
        session.flush()
        server.stop()
        with pytest.raises(StoreAway, match="does not answer") as away:
            session.commit()
    assert away.value.fault.code == "store_away"
    with pytest.raises(StoreAway):
        store.projects()
    assert not store.answers()
    server.start()
    assert store.answers()
    assert store.projects() == []


def test_nobody_opens_a_database_that_is_away(server, store):
    url = store.engine.url.render_as_string(hide_password=False)
    server.stop()
    with pytest.raises(StoreAway, match="start it"):
        open_database(url)


def test_a_connection_that_an_administrator_ends_is_an_outage_in_use_and_none_when_idle(server, store, engine):
    assert store.projects() == []
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        end_all_connections(server)
        with pytest.raises(StoreAway):
            connection.execute(text("SELECT 1"))
    assert store.projects() == []


def test_what_is_wrong_with_a_question_is_no_outage(engine):
    with Session(engine) as session:
        session.add(Asset(sha256="a", size=1, media="video/mp4"))
        session.add(Use(project_id="nobody", unit="u", step="s", role="r", job_key="none", sha256="a"))
        with pytest.raises(IntegrityError):
            session.commit()
    with engine.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text("SELECT nothing FROM nowhere"))


def test_a_database_that_is_not_there_is_refused_and_not_waited_for(server):
    with pytest.raises(Rejected, match=r"refuses .*does not exist"):
        open_database(server.url.replace("/postgres?", "/nowhere?"))


def test_who_held_a_film_does_nothing_more_for_it_once_the_server_forgot_the_lock(server, store, tmp_path):
    """Also when it came back before anybody noticed: the pool would go on with new connections."""
    film = store.create("film")
    with Project(tmp_path / "a", store, film) as project:
        project.log("run", STARTED)
        server.stop()
        server.start()
        assert store.answers()
        for ask in (lambda: project.log("run", STARTED), lambda: project.jobs.find("k"), project.pins):
            with pytest.raises(StoreAway, match="was locked"):
                ask()
        with Project(tmp_path / "b", store, film) as other:
            assert len(other.events("run")) == 1
            with pytest.raises(Rejected, match="another vibeboard"):
                Project(tmp_path / "c", store, film)
    with Project(tmp_path / "a", store, film) as project:
        project.log("run", STARTED)


def test_a_lock_that_was_ended_by_itself_is_missed_too(server, store, tmp_path):
    with Project(tmp_path / "a", store, store.create("film")) as project:
        end_all_connections(server)
        with pytest.raises(StoreAway, match="was locked"):
            project.log("run", STARTED)


def test_a_film_that_cannot_be_opened_for_an_outage_can_be_afterwards(server, store, tmp_path):
    film = store.create("film")
    server.stop()
    with pytest.raises(StoreAway):
        Project(tmp_path / "a", store, film)
    server.start()
    with Project(tmp_path / "a", store, film) as project:
        project.log("run", STARTED)


async def looked_up(project, config, meanwhile) -> None:
    async with checkpoints(project) as saver:
        assert await saver.aget_tuple(config) is None
        meanwhile()
        await saver.aget_tuple(config)


async def test_checkpoints_are_away_with_the_database(server, store, tmp_path):
    config = {"configurable": {"thread_id": "run", "checkpoint_ns": ""}}
    with Project(tmp_path / "a", store, store.create("film")) as project:
        for _ in ("while it is used", "when it is opened"):
            with pytest.raises(StoreAway):
                await looked_up(project, config, server.stop)


def test_who_writes_in_a_store_keeps_clean_ups_out_again_after_an_outage(server, store):
    with store.written() as membership:
        server.stop()
        with pytest.raises(StoreAway):
            membership.renew()
        server.start()
        assert store.answers()
        membership.renew()
        with pytest.raises(Rejected, match="in use"):
            collect(store)
    collect(store)


def test_a_job_written_down_while_the_server_stops_is_written_down_once(server, store):
    """Whether the server had it is not known to who was cut off; telling it again does no harm."""
    queue = WorkQueue(store.engine)
    job = queue.claim("k", "task", "engine", {}, "me:0")
    server.stop()
    with pytest.raises(StoreAway):
        queue.failed(job, StoreAway("away").fault)
    server.start()
    assert store.answers()
    assert queue.failed(job, StoreAway("away").fault)
    assert not queue.failed(job, StoreAway("away").fault)
    with Session(store.engine) as session:
        assert len(session.exec(select(JobRow)).all()) == 1
