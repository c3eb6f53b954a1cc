"""Takes over HTTP: listed, made anew, and taken up again without rendering."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from storage.configured import service_store
from storage.records import Records
from vibeboard.settings import Settings

SHORT = "INT. KITCHEN - NIGHT\n\nA kettle whistles.\n\nANNA (40s) turns it off.\n"
SMALL = {"width": 160, "height": 90, "fps": "12", "slate": False, "auto_approve": True}
BUILD_S = 120


def build(client, film) -> dict:
    asked = client.post("/api/episodes", json={"project_id": film.rpartition("/")[2], **SMALL}).json()
    end = time.monotonic() + BUILD_S
    while (stand := client.get(f"/api/episodes/{asked['id']}").json())["state"] not in ("finished", "failed"):
        assert time.monotonic() < end, stand
        time.sleep(0.2)
    assert stand["state"] == "finished", stand
    return stand


def takes(client, film, which="1A"):
    return client.get(f"{film}/shots/{which}/takes").json()["items"]


def shot(client, film, which="1A"):
    return client.get(f"{film}/shots/{which}").json()


def activate(client, film, take, which="1A", match="*"):
    return client.post(f"{film}/shots/{which}/takes/{take['key']}/activate", headers={"If-Match": match})


def redo(client, film, which="1A", match="*", **headers):
    return client.post(f"{film}/shots/{which}/redo", headers={"If-Match": match, **headers})


def renders(client, film):
    """The pictures that were ever rendered for the film."""
    jobs = client.get(f"{film}/jobs", params={"limit": 200}).json()["items"]
    return sorted(job["key"] for job in jobs if job["task"] == "generate_shot")


@pytest.fixture(scope="module")
def made(client) -> str:
    """A film that was made, then its first shot with another seed too."""
    project = client.post("/api/projects", json={"name": "The Kettle"}).json()["id"]
    film = f"/api/projects/{project}"
    client.post(f"{film}/scripts", json={"text": SHORT}).raise_for_status()
    build(client, film)
    redo(client, film).raise_for_status()
    build(client, film)
    return film


def test_a_made_shot_is_current_and_shows_its_take(client, made):
    first = shot(client, made)
    assert (first["standing"], first["reasons"], first["renders"]) == ("current", [], False)
    take = first["take"]
    assert (take["engine"], take["quality"], take["active"]) == ("previs", "previs", True)
    assert take["seed"] == first["seed"]
    assert take["assets"]["video"]["size"] > 0
    assert client.get(f"{made}/quote").json()["shots"] == []


def test_a_new_seed_makes_the_shot_stale_until_it_is_made_again(client, film):
    client.post(f"{film}/scripts", json={"text": SHORT}).raise_for_status()
    before = shot(client, film)
    answer = redo(client, film)
    assert (answer.status_code, answer.json()["shots"]) == (201, ["1A"])
    assert shot(client, film)["seed"] != before["seed"]
    again = redo(client, film, **{"Idempotency-Key": f"again {film}"}).json()
    assert redo(client, film, **{"Idempotency-Key": f"again {film}"}).json() == again


def test_a_shot_that_changed_since_it_was_read_is_not_redone(client, film):
    path = f"{film}/shots/1A"
    seen = client.get(path).headers["etag"]
    again = redo(client, film, match=seen)
    assert (again.status_code, again.headers["etag"]) == (201, client.get(path).headers["etag"])
    late = redo(client, film, match=seen)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert client.post(f"{path}/redo").status_code == 428
    assert redo(client, film, match=again.headers["etag"]).status_code == 201
    assert len(client.get(f"{film}/edits").json()["items"]) == 2


def test_of_two_who_redo_what_both_have_read_one_is_refused(client, film):
    seen = client.get(f"{film}/shots/1A").headers["etag"]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: redo(client, film, match=seen), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412]


def test_a_redo_that_a_crash_broke_off_before_it_was_answered_is_not_refused_for_itself(server, client, film):
    seen = client.get(f"{film}/shots/1A").headers["etag"]
    key = {"Idempotency-Key": f"crashed {film}"}
    made = redo(client, film, match=seen, **key)
    with closing(sqlite3.connect(server.home / "vibeboard.db", timeout=BUILD_S)) as store, store:
        store.execute("DELETE FROM reply WHERE key = ?", [f"crashed {film}"])
    again = redo(client, film, match=seen, **key)
    assert (again.status_code, again.json()["id"]) == (201, made.json()["id"])


def test_every_take_is_listed_and_one_is_active(client, made):
    old, new = takes(client, made)
    assert (old["active"], new["active"]) == (False, True)
    assert old["key"] != new["key"]
    assert old["assets"]["video"]["sha256"] != new["assets"]["video"]["sha256"]
    first = client.get(f"{made}/shots/1A/takes", params={"limit": 1}).json()
    assert (first["items"], first["next"]) == ([old], old["key"])
    assert takes(client, made, shot(client, made)["id"]) == [old, new]


def test_an_earlier_take_is_used_again_without_rendering(client, made):
    old, new = takes(client, made)
    rendered = renders(client, made)
    seen = client.get(f"{made}/shots/1A").headers["etag"]
    assert client.post(f"{made}/shots/1A/takes/{old['key']}/activate").status_code == 428
    active = activate(client, made, old, match=seen).json()
    late = activate(client, made, new, match=seen)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert (active["take"]["key"], active["seed"], active["standing"]) == (old["key"], old["seed"], "current")
    assert [take["active"] for take in takes(client, made)] == [True, False]
    assert [item["renders"] for item in client.get(f"{made}/quote").json()["shots"]] == [False]
    files = build(client, made)["files"]
    assert renders(client, made) == rendered
    assert [(take["key"], take["active"]) for take in takes(client, made)] == [(old["key"], True), (new["key"], False)]
    (first,) = client.get("/api/episodes", params={"project_id": made.rpartition("/")[2]}).json()["items"][2:]
    assert files["film.mp4"] == first["files"]["film.mp4"]
    activate(client, made, new).raise_for_status()


def test_a_take_of_another_plan_is_refused_with_what_differs(client, made):
    old, new = takes(client, made)
    wide = {"kind": "size", "scene_id": "1", "shot_id": "1A", "size": "ECU"}
    changed = client.post(f"{made}/edits", json=wide, headers={"If-Match": "*"})
    assert changed.status_code == 201, changed.text
    edits = client.get(f"{made}/edits").json()
    refused = activate(client, made, old)
    assert (refused.status_code, refused.json()["code"]) == (422, "take_unfit")
    assert "camera changed" in refused.json()["detail"]
    assert client.get(f"{made}/edits").json() == edits
    stale = shot(client, made)
    assert (stale["standing"], stale["renders"], stale["take"]["key"]) == ("stale", True, new["key"])
    assert "camera changed" in stale["reasons"]
    client.post(f"{made}/edits/undo", headers={"If-Match": "*"}).raise_for_status()


def test_a_take_of_another_engine_is_used_again_by_pinning_its_engine(client, server, made):
    _, new = takes(client, made)
    ident = shot(client, made)["id"]
    with closing(service_store(server.home, Settings())) as store:
        Records(store, made.rpartition("/")[2]).pin_shots("generate_shot", {ident: "wan2.1-t2v-1.3b"})
    stale = shot(client, made)
    assert (stale["engine"], stale["standing"]) == ("wan2.1-t2v-1.3b", "stale")
    assert stale["reasons"][0] == "engine previs became wan2.1-t2v-1.3b"
    active = activate(client, made, new).json()
    assert (active["engine"], active["standing"]) == ("previs", "current")


def test_a_take_that_is_not_there_is_not_found(client, made):
    answer = activate(client, made, {"key": "0" * 64})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_take")
    assert activate(client, made, {"key": "0"}).status_code == 422
    assert client.get(f"{made}/shots/9Z/takes").status_code == 404


def test_a_shot_that_was_not_made_has_no_takes(client, film):
    assert takes(client, film) == []
