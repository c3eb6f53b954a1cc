"""What every answer says to browsers, the id of a request, and bodies that are too large, over real HTTP."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response, UploadFile, WebSocket
from websockets.sync.client import connect

from api import problems
from api.security.headers import BodyLimit, RequestId, SecurityHeaders
from vibeboard.faults import Rejected

MOST, MOST_FILE = 1000, 5000


def app(read):
    service = FastAPI()
    problems.install(service)

    @service.get("/film")
    def film(request: Request):
        return request.state.request_id

    @service.get("/page")
    def page(response: Response):
        response.headers["content-security-policy"] = "default-src 'self'"
        response.headers["cache-control"] = "public, max-age=60"
        return "a page"

    @service.get("/fault")
    def fault():
        raise Rejected("forbidden", "no")

    @service.post("/note")
    def note(body: dict[str, str]):
        return len(body)

    @service.post("/file")
    async def file(upload: UploadFile):
        return upload.size

    @service.post("/raw")
    async def raw(request: Request):
        async for chunk in request.stream():
            read.append(len(chunk))
        return sum(read)

    @service.websocket("/socket")
    async def talk(socket: WebSocket):
        await socket.accept()
        await socket.send_text(socket.state.request_id)
        await socket.close()

    return SecurityHeaders(RequestId(BodyLimit(service, lambda scope: MOST_FILE if scope["path"] == "/file" else MOST)))


@pytest.fixture
def read():
    return []


@pytest.fixture
def url(read):
    config = uvicorn.Config(app(read), log_config=None, lifespan="off", proxy_headers=True, ws="websockets-sansio")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door, contextlib.ExitStack() as stack:
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        stack.callback(thread.join)
        stack.callback(setattr, server, "should_exit", True)
        yield f"http://127.0.0.1:{door.getsockname()[1]}"


@pytest.mark.parametrize("path", ["/film", "/fault", "/nothing", "/openapi.json"])
def test_every_answer_tells_browsers_what_not_to_do(url, path):
    said = httpx2.get(url + path).headers
    assert said["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in said["content-security-policy"]
    assert "frame-ancestors 'none'" in said["content-security-policy"]
    assert said["referrer-policy"] == "no-referrer"
    assert said["cross-origin-resource-policy"] == "same-site"
    assert said["cache-control"] == "no-store"
    assert "strict-transport-security" not in said


def test_what_a_route_sets_itself_stays(url):
    said = httpx2.get(f"{url}/page").headers
    assert said.get_list("content-security-policy") == ["default-src 'self'"]
    assert said.get_list("cache-control") == ["public, max-age=60"]
    assert said["x-content-type-options"] == "nosniff"


def test_who_came_by_https_stays_with_it(url):
    said = httpx2.get(f"{url}/film", headers={"X-Forwarded-Proto": "https"}).headers
    assert said["strict-transport-security"] == "max-age=31536000"


def test_a_request_keeps_the_id_that_it_came_with(url):
    answer = httpx2.get(f"{url}/film", headers={"X-Request-Id": "job-7.a_B"})
    assert answer.headers["x-request-id"] == answer.json() == "job-7.a_B"


@pytest.mark.parametrize("bad", ["", "a b", "a" * 65, "<script>", 'x"y', "a\tb"])
def test_an_id_that_is_no_plain_word_is_replaced(url, bad):
    answer = httpx2.get(f"{url}/film", headers={"X-Request-Id": bad})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.json() == answer.headers["x-request-id"]


def test_every_request_without_an_id_gets_another(url):
    assert len({httpx2.get(f"{url}/film").headers["x-request-id"] for _ in range(5)}) == 5


def test_a_socket_has_an_id_too_and_works(url):
    with connect(f"ws{url[4:]}/socket", additional_headers={"X-Request-Id": "s1"}, proxy=None) as client:
        assert client.recv() == "s1"


def refused(answer):
    return (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_body_that_says_it_is_too_large_is_not_read(url, read):
    assert httpx2.post(f"{url}/raw", content=bytes(MOST)).json() == MOST
    read.clear()
    assert refused(httpx2.post(f"{url}/raw", content=bytes(MOST + 1)))
    assert read == []


def test_a_body_that_says_nothing_is_read_up_to_the_limit(url, read):
    def chunks(size):
        for _ in range(size // 100):
            yield bytes(100)

    assert httpx2.post(f"{url}/raw", content=chunks(MOST)).json() == MOST
    read.clear()
    assert refused(httpx2.post(f"{url}/raw", content=chunks(MOST + 100)))
    assert sum(read) <= MOST


def test_text_and_files_have_limits_of_their_own(url):
    assert httpx2.post(f"{url}/note", json={"a": "b"}).json() == 1
    assert refused(httpx2.post(f"{url}/note", json={"a": "b" * MOST}))
    assert httpx2.post(f"{url}/file", files={"upload": bytes(MOST + 1)}).json() == MOST + 1
    assert refused(httpx2.post(f"{url}/file", files={"upload": bytes(MOST_FILE)}))


@pytest.mark.parametrize("length", ["-5", "+5", "5, 6", "five", "9" * 5000])
def test_a_length_that_is_none_does_not_get_so_far(url, length, read):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"POST /raw HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\nx".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    assert read == []
