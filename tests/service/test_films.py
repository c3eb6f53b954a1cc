"""Films and scripts over HTTP."""

from __future__ import annotations


def test_a_film_is_begun_and_read_back(client):
    made = client.post("/api/projects", json={"name": "The Last Fare"})
    assert made.status_code == 201
    read = client.get(made.headers["location"])
    assert read.json()["name"] == "The Last Fare"
    assert read.headers["etag"] == made.headers["etag"]


def test_a_script_is_read_into_scenes(client, film):
    (revision,) = client.get(f"{film}/scripts").json()["items"]
    assert [scene["heading"] for scene in revision["scenes"]] == ["INT. KITCHEN - NIGHT", "EXT. YARD - DAY"]
