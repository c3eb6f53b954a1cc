"""Jobs that are asked for by themselves: joined while somebody is at them, begun anew otherwise, on both databases."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.asking import AskedJobs
from storage.database import open_database
from storage.jobs import Stand
from storage.queue import WorkQueue, process_name
from vibeboard.asset import BlobRef, Result
from vibeboard.faults import Cancelled, Fault, FaultKind
from vibeboard.jobs import JobClass, JobState

FAULT = Fault(kind=FaultKind.TRANSIENT, code="worker_died", message="gone")
RESULT = Result(outputs={"video": BlobRef(sha256="a" * 64, size=3, media="video/mp4")})


@pytest.fixture
def jobs(database):
    engine = open_database(database)
    yield AskedJobs(engine)
    engine.dispose()


def ask(jobs, stand=None, job_class=JobClass.INTERACTIVE) -> bool:
    return jobs.ask("k", "generate_shot", "previs", {"frames": 24}, job_class, stand or jobs.stand("k"))


def taken(jobs):
    (job,) = jobs.take("far:1", 1)
    return job


def dead_process() -> str:
    """The name of a process of this machine that is gone."""
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    return f"{process_name().rpartition(':')[0]}:{int(child.stdout)}"


def test_what_is_asked_for_is_taken_with_what_it_needs(jobs):
    assert ask(jobs)
    job = taken(jobs)
    assert (job.key, job.task, job.engine, job.params, job.attempt) == (
        "k",
        "generate_shot",
        "previs",
        {"frames": 24},
        1,
    )
    assert job.job_class is JobClass.INTERACTIVE
    assert jobs.find("k").project_id == ""


def test_what_waits_or_is_at_work_is_joined(jobs):
    ask(jobs)
    assert ask(jobs)
    job = taken(jobs)
    assert ask(jobs)
    assert jobs.stand("k") == Stand(1, JobState.RUNNING)
    assert jobs.made(job, RESULT, 1.0)


def test_many_who_ask_at_once_make_one_job(jobs):
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: ask(jobs, Stand(0, JobState.QUEUED)), range(16)))
    assert taken(jobs).attempt == 1
    assert jobs.take("far:1", 1) == []


@pytest.mark.parametrize("fault", [FAULT, Cancelled().fault], ids=["failed", "cancelled"])
def test_what_failed_is_begun_anew(jobs, fault):
    ask(jobs)
    jobs.failed(taken(jobs), fault)
    assert ask(jobs)
    view = jobs.look(["k"])["k"]
    assert (view.state, view.fault) == (JobState.QUEUED, None)
    assert taken(jobs).attempt == 3


def test_what_is_being_stopped_is_begun_anew_and_the_late_end_counts_no_more(jobs):
    ask(jobs)
    job = taken(jobs)
    jobs.stop("k")
    assert ask(jobs)
    assert not jobs.failed(job, Cancelled().fault)
    assert jobs.beat("far:1", {"k": None}) == {"k"}
    assert taken(jobs).attempt == 3


def test_whoever_looked_before_it_ended_has_to_look_again(jobs):
    ask(jobs)
    job = taken(jobs)
    seen = jobs.stand("k")
    jobs.made(job, RESULT, 1.0)
    assert not ask(jobs, seen)
    assert jobs.look(["k"])["k"].result == RESULT


def test_what_a_process_of_a_film_runs_is_joined_while_that_lives(jobs):
    WorkQueue(jobs._engine, "film").claim("k", "generate_shot", "previs", {"frames": 24}, process_name())
    assert ask(jobs)
    assert jobs.stand("k") == Stand(1, JobState.RUNNING)


def test_what_a_process_of_a_film_ran_that_is_gone_is_begun_anew(jobs):
    WorkQueue(jobs._engine, "film").claim("k", "generate_shot", "previs", {"frames": 24}, dead_process())
    assert ask(jobs)
    assert jobs.stand("k") == Stand(2, JobState.QUEUED)


def test_an_output_is_known_once_it_was_published(jobs):
    ask(jobs)
    jobs.made(taken(jobs), RESULT, 1.0)
    assert jobs.asset("a" * 64) is None
    for _ in range(2):
        jobs.publish("k", RESULT)
    assert jobs.asset("a" * 64) == RESULT.outputs["video"]
    assert jobs.stand("k") == Stand(1, JobState.DONE)
