"""`vibeboard cost`: what a film took, and what making its clips costs under each idle window."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.working import STATE_FOLDER, film_store, has_film
from graphs.costs.film import LlmBill, ProjectCost, Work, project_cost
from graphs.costs.session import HOSTED_USD_PER_CLIP, WINDOWS_S, Hosted, SessionCost, Terms, clips_of, under_windows
from storage.spending import Spending
from vibeboard.faults import Rejected
from vibeboard.model import Frozen
from vibeboard.settings import Settings


class FilmCost(Frozen):
    """A film, and its GPU takes as a studio session under several idle windows; none if it has no such takes."""

    project: ProjectCost
    sessions: tuple[SessionCost, ...]


def film_cost(film: Path, settings: Settings) -> FilmCost:
    """What the film that is made in a folder took until now.

    Raises:
        Rejected: there is no film there.
    """
    if not has_film(film):
        raise Rejected("no_such_film", f"there is no film in {film}: name the folder that vibeboard make wrote")
    with film_store(film) as store:
        project_id = store.project_of(film / STATE_FOLDER)
        spending = Spending(store.engine, project_id)
        clips = clips_of(spending.jobs())
        windows = (*WINDOWS_S, settings.idle_unload_s)
        return FilmCost(
            project=project_cost(spending, project_id, settings.gpu_usd_per_hour),
            sessions=under_windows(clips, windows, terms(settings)) if clips else (),
        )


def terms(settings: Settings) -> Terms:
    """A session at the prices that are set, against the range of hosted ones and the one that is set."""
    prices = tuple(sorted({*HOSTED_USD_PER_CLIP, settings.hosted_usd_per_clip}))
    return Terms(gpu_usd_per_hour=settings.gpu_usd_per_hour, hosted_usd_per_clip=prices)


def show_cost(film: Path, console: Console, *, as_json: bool) -> None:
    """Print it for people, or as JSON."""
    cost = film_cost(film, Settings())
    if as_json:
        print(cost.model_dump_json(indent=1))
        return
    for part in (_shots(cost.project), _runs(cost.project)):
        console.print(part)
        console.print()
    for sentence in _summary(cost.project):
        console.print(sentence, highlight=False, soft_wrap=True)
    if cost.sessions:
        console.print()
        console.print(_sessions(cost.sessions))


def _shots(project: ProjectCost) -> Table:
    table = _table("shot", "jobs", "GPU", "processor", "GPU USD", "shared jobs")
    for shot in project.shots:
        table.add_row(escape(shot.label), *_work(shot.work), str(shot.shared_jobs or ""))
    if project.other.jobs:
        table.add_row("no shot", *_work(project.other), "")
    return table


def _runs(project: ProjectCost) -> Table:
    table = _table("run", "", "jobs", "GPU", "processor", "GPU USD", "model USD")
    for run in project.runs:
        name = f"{run.began_at:%Y-%m-%d %H:%M}"
        if run.estimate:
            table.add_row(name, "shots, as quoted", *_work(run.estimate), "")
            table.add_row("", "shots, as made", *_work(run.quoted), "")
        table.add_row("" if run.estimate else name, "all", *_work(run.actual), _usd(run.llm.usd))
    return table


def _summary(project: ProjectCost) -> Iterable[str]:
    yield f"the film: {_usd(project.usd)} USD, GPU {_seconds(project.work.gpu_s)}, {_words(project.llm)}"
    devices = project.devices
    if devices.active_s + devices.idle_s:
        yield (
            f"devices of the store: {_seconds(devices.active_s)} at work, {_seconds(devices.idle_s)} idle, "
            f"{_usd(devices.usd)} USD"
        )
    if not project.gpu_usd_per_hour:
        yield "the GPU counts as free: set VIBEBOARD_GPU_USD_PER_HOUR to what an hour costs"


def _words(llm: LlmBill) -> str:
    return f"models {_usd(llm.usd)} USD for {llm.input_tokens} tokens in and {llm.output_tokens} out"


def _sessions(sessions: Iterable[SessionCost]) -> Table:
    table = _table(
        "idle window", "cold starts", "at work", "idle", "USD", "USD a clip", "hosted (the GPU is worth it from)"
    )
    for session in sessions:
        hosted = ", ".join(
            f"{_usd(other.usd)} at {other.usd_per_clip:.2f} ({_clips(other)})" for other in session.hosted
        )
        table.add_row(
            _seconds(session.window_s),
            str(session.cold_starts),
            _seconds(session.active_s),
            _seconds(session.idle_s),
            _usd(session.usd),
            _usd(session.usd_per_clip or 0.0),
            hosted,
        )
    return table


def _clips(hosted: Hosted) -> str:
    return f"{hosted.break_even_clips} in a row" if hosted.break_even_clips else "never"


def _table(*heads: str) -> Table:
    return Table(*heads, box=None, pad_edge=False, header_style="bold")


def _work(work: Work) -> tuple[str, str, str, str]:
    return str(work.jobs), _seconds(work.gpu_s), _seconds(work.processor_s), _usd(work.usd)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 60:.1f} min"


def _usd(usd: float) -> str:
    return f"{usd:.4f}" if 0 < usd < 1 else f"{usd:.2f}"
