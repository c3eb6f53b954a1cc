"""Who may do what: every route of the service, walked without a token, with too little of one, and as somebody else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import httpx2
import pytest

from tests.service.conftest import SCRIPT, VIBEBOARD, Server, issued, serving

OPEN = {"/healthz", "/readyz", "/api/content/{signed}"}
"""Routes that need no token: what they give says nothing of anybody's films, or was signed."""
OWNED = ("project_id", "episode_id", "thread")


class Route(NamedTuple):
    method: str
    path: str
    parameters: tuple[str, ...]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("guarded") / "home"
    with serving(home, "--tokens", "--no-workers", VIBEBOARD_RATE_PER_MINUTE="100000") as served:
        yield served


def opened(server: Server, secret: str) -> httpx2.Client:
    return server.client(Authorization=f"Bearer {secret}")


@pytest.fixture(scope="module")
def mine(guarded) -> Iterator[httpx2.Client]:
    with opened(guarded, issued(guarded, "anna")) as client:
        yield client


@pytest.fixture(scope="module")
def routes(mine) -> list[Route]:
    document = mine.get("/openapi.json").json()
    return [
        Route(method.upper(), path, tuple(item["name"] for item in known.get("parameters", []) if item["in"] == "path"))
        for path, methods in document["paths"].items()
        for method, known in methods.items()
    ]


@pytest.fixture(scope="module")
def film(mine) -> dict[str, str]:
    """Something of Anna's to fill in: a film with a script and an episode."""
    ask = {"script": SCRIPT, "width": 96, "height": 64, "plan_only": True}
    episode = mine.post("/api/episodes", json=ask).json()
    return {"project_id": episode["project_id"], "episode_id": episode["id"], "thread": episode["project_id"]}


FILLED = {
    "key": "0" * 64,
    "sha256": "0" * 64,
    "number": "1",
    "other": "1",
    "run_id": "a",
    "token_id": "a",
    "name": "film.mp4",
    "signed": "nothing",
}


def url(route: Route, film: dict[str, str]) -> str:
    filled = dict.fromkeys(route.parameters, "1") | FILLED | film
    return route.path.format(**filled)


def sent(client: httpx2.Client, route: Route, film: dict[str, str]) -> httpx2.Response:
    body = {} if route.method in ("GET", "HEAD", "DELETE") else {"json": {}}
    with client.stream(route.method, url(route, film), **body) as answer:
        answer.read()
        return answer


def test_without_a_token_every_route_but_the_open_ones_says_who_can_make_one(guarded, routes, film):
    with guarded.client() as nobody:
        answers = {route: sent(nobody, route, film) for route in routes if route.path not in OPEN}
    assert {route: answer.status_code for route, answer in answers.items() if answer.status_code != 401} == {}
    said = [answer.json()["detail"] for route, answer in answers.items() if route.method != "HEAD"]
    assert all("vibeboard tokens create" in detail for detail in said)


def test_the_wrong_person_finds_nothing_at_any_route_of_a_film(guarded, routes, film):
    walked = [route for route in routes if set(route.parameters) & set(OWNED)]
    assert len(walked) > 15
    with opened(guarded, issued(guarded, "ben")) as ben:
        answers = {route: sent(ben, route, film).status_code for route in walked}
    assert {route: status for route, status in answers.items() if status != 404} == {}


def test_the_wrong_person_lists_nothing(guarded, routes, film):
    with opened(guarded, issued(guarded, "cleo")) as cleo:
        assert cleo.get("/api/projects").json()["items"] == []
        assert cleo.get("/api/episodes").json()["items"] == []
        assert [item["name"] for item in cleo.get("/api/tokens").json()["items"]] == ["test"]
        named = cleo.get("/api/episodes", params={"project_id": film["project_id"]})
        assert named.status_code == 404
        taken = cleo.post("/api/episodes", json={"project_id": film["project_id"], "plan_only": True})
        assert taken.status_code == 404


def test_a_token_to_read_with_changes_nothing(guarded, routes, film):
    with opened(guarded, issued(guarded, "anna", "read")) as reader:
        assert reader.get(f"/api/projects/{film['project_id']}").status_code == 200
        changing = [route for route in routes if route.method not in ("GET", "HEAD") and route.path not in OPEN]
        answers = {route: sent(reader, route, film).status_code for route in changing}
    allowed = {
        "/api/tokens/browser",  # gives no more than the token has
        "/api/threads/{project_id}/commands",  # some commands only read; each says what it needs
    }
    assert {route: status for route, status in answers.items() if status != 403 and route.path not in allowed} == {}


def test_a_revoked_token_is_over_and_so_are_the_pages_that_it_let_in(guarded, mine):
    made = mine.post("/api/tokens", json={"name": "farm", "scopes": ["read"]}).json()
    with opened(guarded, made["secret"]) as farm:
        page = farm.post("/api/tokens/browser", json={"scopes": ["read"]}).json()["secret"]
        assert farm.get("/api/projects").status_code == 200
        with opened(guarded, page) as browser:
            assert browser.get("/api/projects").status_code == 200
            assert browser.post("/api/tokens/browser", json={}).status_code == 403
            assert mine.delete(f"/api/tokens/{made['token']['id']}").status_code == 204
            assert browser.get("/api/projects").status_code == 401
        assert farm.get("/api/projects").status_code == 401


def test_a_token_gives_no_more_than_it_has(guarded):
    with opened(guarded, issued(guarded, "dora", "read,admin")) as dora:
        refused = dora.post("/api/tokens", json={"name": "more", "scopes": ["spend"]})
    assert refused.status_code == 403
    assert "lacks spend" in refused.json()["detail"]


def test_a_foreign_page_can_change_nothing_of_who_needs_no_token(client):
    foreign = client.post("/api/projects", json={"name": "x"}, headers={"Origin": "https://evil.example"})
    rebound = client.get("/api/projects", headers={"Host": "evil.example"})
    assert (foreign.status_code, rebound.status_code) == (403, 403)


def test_it_does_not_listen_beyond_this_machine_without_tokens(tmp_path):
    command = [VIBEBOARD, "serve", "--home", tmp_path / "home", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "add --tokens" in done.stderr


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path):
    with serving(tmp_path / "home", "--tokens", "--no-workers", VIBEBOARD_RATE_PER_MINUTE="5") as server:
        with opened(server, issued(server, "anna")) as anna:
            answers = [anna.get("/api/projects") for _ in range(8)]
        with opened(server, issued(server, "ben")) as ben:
            assert ben.get("/api/projects").status_code == 200
    assert [answer.status_code for answer in answers][:5] == [200] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_answers_carry_headers_for_browsers_and_an_id(client):
    answer = client.get("/api/projects", headers={"X-Request-Id": "mine-1"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-Id"] == "mine-1"
