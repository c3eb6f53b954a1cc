"""What a studio session costs on a GPU that is rented by the second and let go when it was idle for a while.

The model: the machine wakes at the first clip, loads the weights, makes one clip after the other in the order in which
they are asked for, and is let go `window_s` after the last one. All that time is paid, as RunPod's serverless price
list has it: start, work and idle time alike. A clip that comes later wakes it again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import Field

from graphs.costs.film import SECONDS_AN_HOUR, on_gpu
from graphs.request import TAKE_TASK
from storage.spending import JobSpent
from vibeboard.model import Frozen

WINDOWS_S = (30.0, 300.0, 900.0)
"""Idle windows that people choose from, s."""
HOSTED_USD_PER_CLIP = (0.10, 0.25)
"""What hosted APIs take for a clip, from the cheapest to the dearest, USD."""
COLD_START_S = 45.0
"""Loading about 30 GB takes 30 to 60 s by what renters report; not measured here."""


class Clip(NamedTuple):
    """A clip that is asked for at `at_s`, s from any zero, and takes `work_s` of a warm machine."""

    at_s: float
    work_s: float


class Terms(Frozen):
    """What the GPU costs, how long it takes to wake, and the prices per clip that it is held against."""

    gpu_usd_per_hour: float = Field(ge=0, description="USD/h")
    cold_start_s: float = Field(COLD_START_S, ge=0, description="s")
    hosted_usd_per_clip: tuple[float, ...] = HOSTED_USD_PER_CLIP


class Hosted(Frozen):
    """The same clips at a hosted API. `saved_usd` is what the own GPU saves, negative if it costs more.

    `break_even_clips` is how many clips made back to back, of the session's mean length and with one wake-up, cost no
    more than there; None if a clip's own seconds already cost as much.
    """

    usd_per_clip: float = Field(ge=0, description="USD")
    usd: float = Field(ge=0, description="USD")
    saved_usd: float = Field(description="USD")
    break_even_clips: int | None = Field(ge=1)


class SessionCost(Frozen):
    """A session under one idle window. `active_s`, `idle_s` and `cold_s` are paid; `longest_wait_s` is how long a clip
    had to wait at most before its work began. `usd_per_clip` is the hosted price at which both cost the same.
    """

    window_s: float = Field(ge=0, description="s")
    clips: int = Field(ge=0)
    cold_starts: int = Field(ge=0)
    active_s: float = Field(ge=0, description="s")
    idle_s: float = Field(ge=0, description="s")
    cold_s: float = Field(ge=0, description="s")
    longest_wait_s: float = Field(ge=0, description="s")
    usd: float = Field(ge=0, description="USD")
    usd_per_clip: float | None = Field(ge=0, description="USD")
    hosted: tuple[Hosted, ...]


def session_cost(clips: Iterable[Clip], window_s: float, terms: Terms) -> SessionCost:
    """What the clips of a session cost with an idle window of `window_s` seconds."""
    asked = sorted(clips)
    cold_starts, idle, longest_wait, free = 0, 0.0, 0.0, -math.inf
    for clip in asked:
        if clip.at_s > free + window_s:
            idle += window_s if cold_starts else 0.0
            cold_starts += 1
            begin = clip.at_s + terms.cold_start_s
        else:
            begin = max(clip.at_s, free)
            idle += begin - free
        longest_wait, free = max(longest_wait, begin - clip.at_s), begin + clip.work_s
    idle += window_s if asked else 0.0
    active, cold = sum(clip.work_s for clip in asked), cold_starts * terms.cold_start_s
    usd = _usd(active + idle + cold, terms)
    mean = active / len(asked) if asked else 0.0
    return SessionCost(
        window_s=window_s,
        clips=len(asked),
        cold_starts=cold_starts,
        active_s=active,
        idle_s=idle,
        cold_s=cold,
        longest_wait_s=longest_wait,
        usd=usd,
        usd_per_clip=usd / len(asked) if asked else None,
        hosted=tuple(_against(price, len(asked), usd, mean, window_s, terms) for price in terms.hosted_usd_per_clip),
    )


def under_windows(clips: Sequence[Clip], windows_s: Iterable[float], terms: Terms) -> tuple[SessionCost, ...]:
    """The same session under each window, from the shortest."""
    return tuple(session_cost(clips, window, terms) for window in sorted(set(windows_s)))


def spread(clips: int, work_s: float, over_s: float) -> tuple[Clip, ...]:
    """Clips of one length that are asked for evenly over `over_s` seconds, the first at its beginning."""
    return tuple(Clip(over_s * number / clips, work_s) for number in range(clips))


def clips_of(jobs: Iterable[JobSpent]) -> tuple[Clip, ...]:
    """The takes that a device made for a film as clips that were asked for when their work began, which leaves out how
    long they waited; times are those of the epoch."""
    takes = (job for job in jobs if job.ours and job.task == TAKE_TASK and on_gpu(job))
    return tuple(Clip(job.ended_at.timestamp() - job.seconds, job.seconds) for job in takes)


def break_even_clips(usd_per_clip: float, work_s: float, window_s: float, terms: Terms) -> int | None:
    """How many clips of `work_s`, made back to back after one wake-up, cost no more than at a hosted price per clip;
    None if no number does."""
    saved = usd_per_clip - _usd(work_s, terms)
    if saved <= 0:
        return None
    return max(1, math.ceil(_usd(terms.cold_start_s + window_s, terms) / saved))


def _against(price: float, clips: int, usd: float, mean_s: float, window_s: float, terms: Terms) -> Hosted:
    return Hosted(
        usd_per_clip=price,
        usd=price * clips,
        saved_usd=price * clips - usd,
        break_even_clips=break_even_clips(price, mean_s, window_s, terms),
    )


def _usd(seconds: float, terms: Terms) -> float:
    return seconds * terms.gpu_usd_per_hour / SECONDS_AN_HOUR
