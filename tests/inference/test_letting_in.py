"""Whom a worker lets in, and where it listens."""

from __future__ import annotations

import subprocess

import pytest

from api.listening import parse_address
from tests.inference.conftest import VIBEBOARD, shot, working
from vibeboard.faults import Rejected

TOKEN = "a-long-random-word"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with working(tmp_path_factory.mktemp("guarded") / "film", "0.0.0.0:0", VIBEBOARD_WORKER_TOKEN=TOKEN) as started:
        yield started


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
@pytest.mark.parametrize("path", ["/inference/" + "0" * 64, "/blobs/" + "0" * 64, "/openapi.json", "/nothing"])
def test_without_the_token_nothing_is_answered(guarded, shown, path):
    answer = guarded.http.get(path, headers={"authorization": shown} if shown is not None else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_the_token_a_result_is_made(guarded):
    assert guarded.ask(shot(1)).status_code == 401
    shown = {"authorization": f"Bearer {TOKEN}"}
    made = guarded.http.post("/inference", json=shot(1), headers=shown).json()
    assert guarded.http.get(made["outputs"]["video"]["url"], headers=shown).status_code == 200
    assert guarded.http.get(made["outputs"]["video"]["url"]).status_code == 401


def test_whether_it_is_alive_is_told_to_anyone(guarded):
    assert guarded.http.get("/healthz").json() == {"status": "ok"}


def test_a_page_that_made_its_own_name_point_here_is_not_let_in(shared):
    for host in ("evil.example", "evil.example:8188", "127.0.0.1.evil.example"):
        assert shared.http.get("/openapi.json", headers={"host": host}).status_code == 403
    for host in ("localhost", "localhost:1", "127.0.0.1", "[::1]:8188"):
        assert shared.http.get("/openapi.json", headers={"host": host}).status_code == 200


def test_it_does_not_listen_beyond_this_machine_without_a_token(tmp_path):
    command = [VIBEBOARD, "worker", tmp_path / "film", "--listen", "0.0.0.0:0"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "VIBEBOARD_WORKER_TOKEN" in done.stderr


def test_an_address_that_another_has_is_said(shared, tmp_path):
    command = [VIBEBOARD, "worker", tmp_path / "film", "--listen", shared.url.removeprefix("http://")]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "in use" in done.stderr


@pytest.mark.parametrize("text", ["127.0.0.1:8188", "[::1]:0", "localhost:65535", "0.0.0.0:1"])
def test_an_address_is_read_as_it_is_written(text):
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text", ["", "8188", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "http://a:1", "a b:1"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Rejected, match="--listen"):
        parse_address(text)
