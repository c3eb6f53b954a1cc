"""What is told of a build that goes into a pipe or a log: how much is done, and how long it still takes."""

from __future__ import annotations

import io

import pytest

from api.progress import PlainWatch, watch_for
from graphs.quote import Quoted
from graphs.request import MakeRequest
from vibeboard.events import Event, EventType

FRAMES = 1000


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass as the test says."""
    now = [100.0]
    monkeypatch.setattr("api.progress.time.monotonic", lambda: now[0])
    return now


def progress(done: int) -> Event:
    data = {"task": "generate_shot", "done": done, "total": FRAMES}
    return Event(type=EventType.JOB_PROGRESS, unit="one", data=data)


def test_the_time_left_is_told_once_something_tells_it(clock):
    said = io.StringIO()
    watch = watch_for(said, MakeRequest(script="", name="film", engines={}), 2)
    assert isinstance(watch, PlainWatch)
    quoted = Quoted(unit="one", label="shot 1A", steps=("take",), found=(), reasons=("new",), seconds=10.0)
    watch(Event(type=EventType.QUOTE_READY, data={"todo": [quoted.model_dump(mode="json")]}))
    for done in (1, 500):
        clock[0] += 10.0
        watch(progress(done))
    early, late = said.getvalue().splitlines()[1:]
    assert early == "0%: 0 of 1 shot done"
    assert late == "31%: 0 of 1 shot done, about 45 s left"
