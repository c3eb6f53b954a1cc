"""What a film took: whose a job is, which run's, and what the log says was paid."""

from __future__ import annotations

from contextlib import closing

import pytest

from graphs.costs.film import project_cost
from graphs.costs.session import clips_of
from storage.project import Project
from storage.spending import Spending
from storage.store import Store
from vibeboard.asset import Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Fault, FaultKind

NEURAL, RATE = "wan2.1-vace-1.3b", 3.6
"""0.001 USD a second."""


@pytest.fixture
def store(tmp_path):
    with closing(Store.in_folder(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def films(store, tmp_path):
    """Two films of one store."""
    ids = [store.create(name) for name in ("one", "two")]
    with Project(tmp_path / "one", store, ids[0]) as one, Project(tmp_path / "two", store, ids[1]) as two:
        yield one, two


def made(project, key, seconds, engine="previs", task="generate_shot"):
    """A job that somebody had made for a film."""
    job = project.jobs.claim(key, task, engine, {}, project.owner)
    result = Result(outputs={"video": project.blobs.put(key.encode(), "video/mp4")})
    project.jobs.made(job, result, seconds)
    return result


def used(project, run_id, unit, key, result):
    data = {"step": "take", "job": key, "outputs": {"video": result.outputs["video"].sha256}}
    project.persist(run_id, unit, "take", key, result, Event(type=EventType.ASSET_PERSISTED, unit=unit, data=data))


def quoted(project, run_id, unit, label, device_seconds, seconds):
    item = {"unit": unit, "label": label, "steps": ["take"], "found": [], "reasons": ["new"]}
    item |= {"seconds": seconds, "device_seconds": device_seconds}
    project.log(run_id, Event(type=EventType.QUOTE_READY, data={"current": 0, "todo": [item]}))


def answered(project, run_id, usd, tokens):
    usage = {"input": tokens, "output": 7, "cached": 0, "estimated": False}
    data = {"purpose": "elements", "model": "M", "usage": usage, "usd": usd}
    project.log(run_id, Event(type=EventType.LLM_ANSWERED, data=data))


def cost(project, rate=RATE):
    return project_cost(Spending(project.store.engine, project.id), project.id, rate)


def test_seconds_of_the_gpu_cost_money_and_those_of_the_processor_none(project):
    project.start_run("run", "digest", 1)
    used(project, "run", "s1", "a", made(project, "a", 20.0, NEURAL))
    used(project, "run", "s2", "b", made(project, "b", 5.0))
    first, second = cost(project).shots
    assert (first.work.gpu_s, first.work.processor_s, first.work.usd) == (20.0, 0.0, pytest.approx(0.02))
    assert (second.work.gpu_s, second.work.processor_s, second.work.usd) == (0.0, 5.0, 0.0)
    assert cost(project).usd == pytest.approx(0.02)
    assert cost(project, rate=0.0).usd == 0.0


def test_every_take_of_a_shot_counts_and_not_only_the_active_one(project):
    project.start_run("run", "digest", 1)
    for key in ("a", "b"):
        used(project, "run", "s1", key, made(project, key, 10.0, NEURAL))
    (shot,) = cost(project).shots
    assert (shot.work.jobs, shot.work.gpu_s) == (2, 20.0)


def test_a_job_that_two_shots_use_counts_for_the_first(project):
    project.start_run("run", "digest", 1)
    result = made(project, "a", 10.0, NEURAL)
    for unit in ("s1", "s2"):
        used(project, "run", unit, "a", result)
    (shot,) = cost(project).shots
    assert (shot.unit, shot.work.gpu_s) == ("s1", 10.0)


def test_a_job_counts_for_the_run_that_took_it_up_first(project):
    for run_id in ("first", "second"):
        project.start_run(run_id, run_id, 1)
        project.finish_run(run_id, Event(type=EventType.RUN_FINISHED))
    result = made(project, "a", 10.0, NEURAL)
    used(project, "first", "s1", "a", result)
    used(project, "second", "s1", "b", made(project, "b", 2.0, NEURAL))
    used(project, "second", "s1", "a", result)
    assert [run.actual.gpu_s for run in cost(project).runs] == [10.0, 2.0]
    assert cost(project).work.gpu_s == 12.0


def test_a_job_that_films_share_is_paid_once_by_the_one_that_had_it_made(films):
    one, two = films
    result = made(one, "a", 30.0, NEURAL)
    for film in films:
        film.start_run(f"run of {film.id}", "digest", 1)
        used(film, f"run of {film.id}", "s1", "a", result)
    (payer,), (sharer,) = cost(one).shots, cost(two).shots
    assert (payer.work.gpu_s, payer.shared_jobs) == (30.0, 0)
    assert (sharer.work.gpu_s, sharer.work.usd, sharer.shared_jobs) == (0.0, 0.0, 1)
    assert cost(two).usd == 0.0


def test_what_another_film_took_is_not_seen(films):
    one, two = films
    one.start_run("run", "digest", 1)
    answered(one, "run", 0.5, 100)
    quoted(one, "run", "s1", "shot 1", 1.0, 1.0)
    used(one, "run", "s1", "a", made(one, "a", 30.0, NEURAL))
    seen = cost(two)
    assert (seen.shots, seen.runs, seen.usd, seen.llm.calls, seen.work.jobs) == ((), (), 0.0, 0, 0)


def test_the_estimate_stands_beside_what_its_shots_took(project):
    project.start_run("run", "digest", 1)
    quoted(project, "run", "s1", "shot 1A", 12.0, 3.0)
    quoted(project, "run", "s1", "shot 1A", 99.0, 99.0)
    used(project, "run", "s1", "a", made(project, "a", 15.0, NEURAL))
    used(project, "run", "film", "b", made(project, "b", 4.0, "assemble", "assemble_film"))
    (run,) = cost(project).runs
    assert (run.estimate.gpu_s, run.estimate.processor_s, run.estimate.usd) == (12.0, 3.0, pytest.approx(0.012))
    assert (run.quoted.gpu_s, run.quoted.processor_s) == (15.0, 0.0)
    assert (run.actual.gpu_s, run.actual.processor_s, run.actual.jobs) == (15.0, 4.0, 2)
    assert [shot.label for shot in cost(project).shots] == ["shot 1A", "film"]


def test_models_are_billed_to_their_run_and_the_chat(project):
    project.start_run("run", "digest", 1)
    answered(project, "run", 0.25, 100)
    answered(project, "chat", 0.05, 10)
    seen = cost(project)
    (run,) = seen.runs
    assert (run.llm.calls, run.llm.input_tokens, run.llm.output_tokens, run.usd) == (1, 100, 7, 0.25)
    assert (seen.chat.usd, seen.llm.calls, seen.usd) == (0.05, 2, pytest.approx(0.3))
    assert run.estimate is None


def test_a_result_that_failed_its_probe_was_paid_all_the_same(project):
    made(project, "a", 8.0, NEURAL)
    project.jobs.free("a", Fault(kind=FaultKind.TRANSIENT, code="bad_result", message="black"))
    seen = cost(project)
    assert (seen.shots, seen.other.gpu_s, seen.work.gpu_s) == ((), 8.0, 8.0)


def test_clips_are_the_takes_of_a_device_that_the_film_had_made(project):
    made(project, "a", 8.0, NEURAL)
    made(project, "b", 8.0)
    made(project, "c", 8.0, "tone", "speak_line")
    jobs = Spending(project.store.engine, project.id).jobs()
    (clip,) = clips_of(jobs)
    assert clip.work_s == 8.0
    assert clip.at_s == pytest.approx(jobs[0].ended_at.timestamp() - 8.0)
