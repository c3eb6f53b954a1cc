"""Films and scripts over HTTP."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.service.conftest import SCRIPT

OTHER = SCRIPT.replace("Not tonight.", "Not this year.")


def test_a_film_is_begun_and_read_back(client):
    made = client.post("/api/projects", json={"name": "The Last Fare"})
    assert made.status_code == 201
    read = client.get(made.headers["location"])
    assert read.json()["name"] == "The Last Fare"
    assert read.headers["etag"] == made.headers["etag"]


def test_a_script_is_read_into_scenes(client, film):
    (revision,) = client.get(f"{film}/scripts").json()["items"]
    assert [scene["heading"] for scene in revision["scenes"]] == ["INT. KITCHEN - NIGHT", "EXT. YARD - DAY"]


def test_revisions_are_counted_within_their_film(client):
    for name in ("one", "other"):
        film = f"/api/projects/{client.post('/api/projects', json={'name': name}).json()['id']}/scripts"
        first = client.post(film, json={"text": SCRIPT}).json()
        second = client.post(film, json={"text": SCRIPT.replace("Then when?", "When?")}).json()
        assert [first["number"], second["number"]] == [1, 2]
        assert [item["number"] for item in client.get(film).json()["items"]] == [2, 1]
        assert client.get(film, params={"limit": 1, "after": "2"}).json()["items"] == [first]
        assert client.get(f"{film}/3").status_code == 404
        assert "+When?" in client.get(f"{film}/1/diff/2").json()["diff"]


def test_a_difference_has_a_line_for_each_line_also_at_the_end(client):
    film = f"/api/projects/{client.post('/api/projects', json={'name': 'ends'}).json()['id']}/scripts"
    for last in ("Anna waits.", "Anna runs."):
        client.post(film, json={"text": f"INT. HALL - DAY\n\n{last}"})
    lines = client.get(f"{film}/1/diff/2").json()["diff"].splitlines()
    assert lines[-2:] == ["-Anna waits.", "+Anna runs."]


def test_a_key_that_nobody_remembers_any_more_makes_what_is_asked_for_now(server, client):
    headers = {"Idempotency-Key": "nightly"}
    first, again = (client.post("/api/projects", json={"name": "Monday"}, headers=headers).json() for _ in range(2))
    assert first == again
    with closing(sqlite3.connect(server.home / "vibeboard.db")) as store, store:
        store.execute("UPDATE reply SET created_at = datetime('now', '-2 days') WHERE key = 'nightly'")
    other = client.post("/api/projects", json={"name": "Tuesday"}, headers=headers).json()
    assert (other["name"], other["id"] == first["id"]) == ("Tuesday", False)


def test_an_upload_that_is_sent_again_is_the_same_request_whatever_parts_it_from_the_rest(client, film):
    def sent(name: str, text: str, boundary: str):
        form = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": f"upload {film}"}
        part = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{text}'
        body = f"--{boundary}\r\n{part}\r\n--{boundary}--\r\n".encode()
        return client.post(f"{film}/scripts/upload", content=body, headers=form)

    first, again = sent("kettle.fountain", OTHER, "one"), sent("kettle.fountain", OTHER, "two")
    assert (first.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, first.json(), "true")
    for changed in (sent("cup.fountain", OTHER, "three"), sent("kettle.fountain", SCRIPT, "one")):
        assert (changed.status_code, changed.json()["code"]) == (422, "key_reused")
