"""The episodes of a store: what is told of them, and that none is left behind."""

from __future__ import annotations

import pytest

from storage.blobs import FolderBlobs
from storage.episodes import Episodes
from storage.records import Records
from storage.store import Store
from storage.tables import EpisodeRow
from vibeboard.episodes import EpisodeState
from vibeboard.events import EventType


@pytest.fixture
def store(database, tmp_path):
    opened = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


@pytest.fixture
def in_hand(store):
    """An episode that a process is planning."""
    episodes, film = Episodes(store.engine), store.create("film")
    episodes.add(EpisodeRow(id="e", project_id=film, run_id="e-1", ask="{}"))
    (row,) = episodes.admit("somebody:1", 1)
    episodes.become(row, EpisodeState.PLANNING)
    return episodes, row, Records(store, film)


def kinds(film: Records, run_id: str) -> list[EventType]:
    return [event.type for _, event in film.events(run_id)]


def test_an_episode_that_was_cancelled_just_before_it_asks_for_its_price_does_not_wait(in_hand):
    episodes, row, film = in_hand
    assert episodes.stop(row)
    assert episodes.become(row, EpisodeState.WAITING)
    assert episodes.find("e").state is EpisodeState.CANCELLED
    assert kinds(film, "e-1")[-1] is EventType.RUN_CANCELLED


def test_an_episode_that_is_made_again_is_told_to_be_queued(in_hand):
    episodes, row, film = in_hand
    episodes.become(row, EpisodeState.FAILED)
    assert episodes.again(episodes.find("e"), "e-2")
    assert not episodes.again(episodes.find("e"), "e-3")
    assert kinds(film, "e-2") == [EventType.EPISODE_QUEUED]
