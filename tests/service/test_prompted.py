"""A single shot from a prompt: an episode of one shot, and never anything but a shot."""

from __future__ import annotations

import io

import av
import pytest

from tests.service.test_episodes import standing, until

SMALL = {"width": 96, "height": 64, "seconds": 0.5, "auto_approve": True}
PROMPT = "Anna enters. Ben looks up.\n\nINT. BANK - DAY\n\nBEN\nHands up!"


def ask(client, status: int = 202, key: str = "", **fields):
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post("/api/shots", json={"prompt": PROMPT, **SMALL, **fields}, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def made(client):
    begun = ask(client, name="Bank", place="street", time="NIGHT")
    return begun | until(client, begun, "finished")


def test_the_clip_is_one_shot_of_the_length_and_size_that_were_asked_for(client, made):
    content = client.get(made["clip"])
    assert content.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(content.content)) as film:
        frames = [frame.to_image().size for frame in film.decode(film.streams.video[0])]
    assert frames == [(96, 64)] * 12
    assert [name for name in made["files"] if name.startswith("takes/") and name.endswith(".mp4")] == ["takes/1A.mp4"]


def test_a_files_name_is_looked_up_and_never_opened(client, made):
    files = f"/api/episodes/{made['id']}/files"
    assert client.head(f"{files}/film.mp4").headers["etag"] == f'"{made["files"]["film.mp4"]}"'
    for name in ("film.mkv", "..%2f..%2fvibeboard.db", "/etc/passwd", "takes/../film.mp4/x"):
        assert client.get(f"{files}/{name}").json()["code"] == "no_such_file", name


def test_a_take_says_where_it_came_from(client, made):
    take = made["files"]["takes/1A.mp4"]
    asset = client.get(f"/api/projects/{made['project_id']}/assets/{take}").json()
    (making,) = asset["made"]
    assert (making["task"], making["engine"], making["quality"]) == ("generate_shot", "previs", "previs")
    assert (making["seed"], making["params"]["frames"], making["runs"]) == (0, 12, [made["run_id"]])
    assert making["revision"].startswith("1+torch-")
    assert making["seconds"] > 0
    assert "prompt" not in making["params"]
    film = client.get(f"/api/projects/{made['project_id']}/assets/{made['files']['film.mp4']}").json()
    (segment,) = film["made"][0]["inputs"]
    assert client.get(f"/api/projects/{made['project_id']}/assets/{segment}").json()["made"][0]["task"] == (
        "finish_segment"
    )


def test_the_same_request_twice_is_one_film(client):
    first, again = (ask(client, key="one-shot", name="Once", seed=3) for _ in range(2))
    assert first["id"] == again["id"]
    assert client.get(f"/api/projects/{first['project_id']}/scripts").json()["next"] is None


def test_a_film_with_a_script_of_its_own_keeps_it(client, film):
    before = client.get(f"{film}/scripts").json()
    refused = ask(client, 409, project_id=film.rpartition("/")[2])
    assert refused["code"] == "wrong_state"
    assert client.get(f"{film}/scripts").json() == before


def test_a_film_that_was_begun_gets_its_shot(client):
    project = client.post("/api/projects", json={"name": "Begun"}).json()["id"]
    assert ask(client, project_id=project)["project_id"] == project


@pytest.mark.parametrize(
    ("fields", "status", "path"),
    [
        ({"engine": "magic"}, 404, "body.engine"),
        ({"quality": "final"}, 404, "body.quality"),
        ({"fps": "x"}, 422, "body.fps"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field_and_leaves_no_film(client, fields, status, path):
    before = standing(client)
    assert [error["path"] for error in ask(client, status, **fields)["errors"]] == [path]
    assert standing(client) == before


def test_a_prompt_that_says_nothing_is_refused(client):
    assert ask(client, 422, prompt=" \n\t ")["errors"][0]["path"] == "body.prompt"
