"""Films and scripts over HTTP."""

from __future__ import annotations

from tests.service.conftest import SCRIPT


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
