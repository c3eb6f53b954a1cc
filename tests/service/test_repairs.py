"""What the Medic changed, over HTTP, and a person's word on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from agents.medic.trail import Trail, changes
from graphs.repairs import refused_repairs
from storage.configured import service_store
from storage.records import Records
from vibeboard.events import Event, EventType
from vibeboard.settings import Settings

SHOTS = 8


@pytest.fixture
def records(server, film):
    with closing(service_store(server.home, Settings())) as store:
        yield Records(store, film.rpartition("/")[2])


@pytest.fixture
def repaired(records, film) -> str:
    """A film with a repair for each of some shots, of which the first was made for two."""
    for number in range(SHOTS):
        made = changes("speak_line", {"frames": f"{number + 1}s"}, {"frames": 24 * (number + 1)}, Trail())
        data = {"step": "line", "changes": [change.model_dump(mode="json") for change in made]}
        for unit in ("one", "two") if number == 0 else ("one",):
            records.log("run", Event(type=EventType.CALL_REPAIRED, unit=unit, data=data))
    return film


def judge(client, film, repair, *, refused, match=None):
    path = f"{film}/repairs/{repair['id']}"
    seen = match or client.get(path).headers["etag"]
    return client.patch(path, json={"refused": refused}, headers={"If-Match": seen})


def test_repairs_are_listed_once_with_all_that_they_were_made_for(client, repaired):
    listed = client.get(f"{repaired}/repairs").json()["items"]
    assert [(item["path"], item["before"], item["after"]) for item in listed[:2]] == [
        ("frames", "1s", 24),
        ("frames", "2s", 48),
    ]
    assert listed[0]["steps"] == [{"unit": "one", "step": "line"}, {"unit": "two", "step": "line"}]
    first = client.get(f"{repaired}/repairs", params={"limit": 3}).json()
    rest = client.get(f"{repaired}/repairs", params={"after": first["next"]}).json()
    assert first["items"] + rest["items"] == listed


def test_a_repair_is_refused_and_allowed_again(client, repaired, records):
    repair = client.get(f"{repaired}/repairs").json()["items"][0]
    assert judge(client, repaired, repair, refused=True).json() == {**repair, "refused": True}
    assert refused_repairs(records) == {repair["id"]}
    assert judge(client, repaired, repair, refused=False).json() == repair
    assert refused_repairs(records) == frozenset()


def test_who_has_not_seen_the_last_word_is_refused(client, repaired):
    repair = client.get(f"{repaired}/repairs").json()["items"][0]
    seen = client.get(f"{repaired}/repairs/{repair['id']}").headers["etag"]
    judge(client, repaired, repair, refused=True).raise_for_status()
    assert judge(client, repaired, repair, refused=True, match=seen).status_code == 412
    assert client.get(f"{repaired}/repairs/{'0' * 12}").status_code == 404


def test_words_on_several_repairs_at_once_are_all_kept(server, client, repaired, records):
    listed = client.get(f"{repaired}/repairs").json()["items"]
    with server.client() as other, ThreadPoolExecutor(SHOTS) as at_once:
        done = at_once.map(lambda repair: judge(other, repaired, repair, refused=True).status_code, listed)
        assert set(done) == {200}
    assert refused_repairs(records) == {repair["id"] for repair in listed}
