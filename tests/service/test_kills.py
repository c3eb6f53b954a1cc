"""SIGKILL of the service and its workers at random moments: nothing is lost or made twice, for anybody."""

from __future__ import annotations

import os

import pytest

from benchmarks.service_kills import STORES, shaken

KILLS = int(os.environ.get("VIBEBOARD_SERVICE_KILLS", "4"))


@pytest.mark.parametrize("store", STORES)
def test_films_and_logs_are_what_they_would_be_undisturbed(store):
    found = shaken(store, KILLS).findings
    assert found.wrong == []
    assert found.repairs > 0
    assert found.shots >= 12 * found.episodes
    assert found.attempts > 2 * found.jobs, "no kill met any work"  # undisturbed, one to offer it and one to take it


def test_without_the_content_key_work_is_done_twice():
    found = shaken("SQLite and a folder", KILLS, module="benchmarks.unkeyed", calm=False).findings
    assert found.made_twice > 0
