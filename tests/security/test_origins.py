"""Which pages may call: a real server, its own pages, those of a setting, foreign ones, and programs without any."""

from __future__ import annotations

import contextlib
import socket
import threading

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from api.security.origins import OriginCheck, parse_origins
from vibeboard.faults import Rejected

STUDIO = "https://studio.example"


def app():
    service = FastAPI()

    @service.get("/film")
    def film():
        return "a film"

    @service.post("/film")
    def make():
        return "made"

    @service.websocket("/socket")
    async def talk(socket: WebSocket):
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    return service


@contextlib.contextmanager
def serving(single_user):
    guarded = OriginCheck(app(), parse_origins(STUDIO, "origins"), single_user=single_user)
    config = uvicorn.Config(guarded, log_config=None, lifespan="off", ws="websockets-sansio")
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        try:
            yield door.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def port():
    with serving(single_user=False) as number:
        yield number


@pytest.fixture(scope="module")
def own_port():
    with serving(single_user=True) as number:
        yield number


def post(port, **headers):
    return httpx2.post(f"http://127.0.0.1:{port}/film", headers=headers)


def greeting(port, origin=None, **headers):
    with connect(f"ws://127.0.0.1:{port}/socket", origin=origin, additional_headers=headers, proxy=None) as client:
        return client.recv()


def test_pages_of_the_service_and_of_the_setting_may_change_things(port):
    for origin in (f"http://127.0.0.1:{port}", STUDIO, f"{STUDIO}:443"):
        assert post(port, Origin=origin).status_code == 200
    assert post(port).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://studio.example",
        f"{STUDIO}.evil.example",
        f"{STUDIO}:8443",
        "null",
        "",
        "https://[",
        "http://127.0.0.1",
    ],
)
def test_a_foreign_page_may_change_nothing_and_is_told_so(port, origin):
    refused = post(port, Origin=origin)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert "VIBEBOARD_ORIGINS" in refused.json()["detail"]


def test_without_a_name_of_the_service_no_page_is_its_own(port):
    assert post(port, Host="", Origin="http://").status_code == 403


def test_a_page_with_two_origins_is_foreign(port):
    headers = [("Origin", STUDIO), ("Origin", "https://evil.example")]
    assert httpx2.post(f"http://127.0.0.1:{port}/film", headers=headers).status_code == 403


def test_looking_is_left_to_the_browsers_own_rule(port):
    assert httpx2.get(f"http://127.0.0.1:{port}/film", headers={"Origin": "https://evil.example"}).status_code == 200


def test_a_socket_opens_for_the_same_pages_only(port):
    assert greeting(port, STUDIO) == greeting(port, f"http://127.0.0.1:{port}") == "hello"
    for origin in ("https://evil.example", "null", f"https://127.0.0.1:{port}"):
        with pytest.raises(InvalidStatus, match="403"):
            greeting(port, origin)


def test_a_program_opens_a_socket_with_a_token_only(port):
    with pytest.raises(InvalidStatus, match="403"):
        greeting(port)
    with pytest.raises(InvalidStatus, match="403"):
        greeting(port, Authorization="Basic dXNlcjp3b3Jk")
    assert greeting(port, Authorization="Bearer vb_x") == "hello"


def test_a_token_does_not_open_a_socket_for_a_foreign_page(port):
    with pytest.raises(InvalidStatus, match="403"):
        greeting(port, "https://evil.example", Authorization="Bearer vb_x")


def test_who_is_alone_needs_no_token_for_a_socket(own_port):
    assert greeting(own_port) == greeting(own_port, f"http://127.0.0.1:{own_port}") == "hello"
    with pytest.raises(InvalidStatus, match="403"):
        greeting(own_port, "https://evil.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.1.2.3"])
def test_who_is_alone_calls_this_machine_by_its_own_names(own_port, host):
    assert httpx2.get(f"http://127.0.0.1:{own_port}/film", headers={"Host": f"{host}:{own_port}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "", "["]
)
def test_a_name_that_somebody_made_point_here_is_refused(own_port, host):
    """DNS rebinding: page and service have the same origin then, evil.example."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert httpx2.get(f"http://127.0.0.1:{own_port}/film", headers=headers).status_code == 403
    assert httpx2.post(f"http://127.0.0.1:{own_port}/film", headers=headers).status_code == 403


def test_behind_a_name_of_its_own_the_service_is_called_by_it(port):
    headers = {"Host": "films.example", "Origin": "http://films.example"}
    assert httpx2.post(f"http://127.0.0.1:{port}/film", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "text", ["https://", "https://a.example/path", "*.example", "ftp://a.example", "https://u@a.example", "a b\x00"]
)
def test_a_setting_that_names_no_origin_is_refused_in_a_sentence(text):
    with pytest.raises(Rejected, match=r"^origins: .* is no origin"):
        parse_origins(f"https://good.example, {text}", "origins")


def test_origins_are_the_same_however_they_are_spelt():
    spelt = parse_origins("Studio.Example, https://studio.example:443,,", "origins")
    assert spelt == parse_origins("https://STUDIO.example", "origins")
    assert parse_origins("", "origins") == frozenset()
    assert sorted(map(str, parse_origins("http://[::1]:80, https://A.example:8443, http://b.example:443", "x"))) == [
        "http://[::1]",
        "http://b.example:443",
        "https://a.example:8443",
    ]
    assert parse_origins("https://bücher.example", "x") == parse_origins("https://xn--bcher-kva.example", "x")
