"""Assets over HTTP: taken by their bytes, handed out whole or in ranges, linked to, and nobody else's."""

from __future__ import annotations

import io
import re
import threading
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from api.app import create_app
from api.routes.assets import fetcher_of
from api.security.origins import parse_origins
from api.security.urls import Fetcher
from tests.servers import KEY, SECRET, new_database
from tests.service.conftest import serving
from tests.service.in_process import service_in
from vibeboard.digest import sha256

FACE = io.BytesIO()
Image.new("RGB", (16, 8), "red").save(FACE, "PNG")
PNG = FACE.getvalue()
SIZE = len(PNG)
LAST = SIZE - 1


def begin(client, name: str = "Assets") -> str:
    return f"/api/projects/{client.post('/api/projects', json={'name': name}).json()['id']}"


def upload(client, project: str, data: bytes = PNG, name: str = "face.png", status: int = 201):
    answer = client.post(f"{project}/assets", files={"file": (name, data)})
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def project(client) -> str:
    return begin(client)


@pytest.fixture(scope="module")
def face(client, project) -> str:
    """The path of an uploaded picture."""
    return f"{project}/assets/{upload(client, project)['sha256']}"


def test_an_upload_is_named_by_its_bytes_and_known_by_them(client, project):
    answer = client.post(f"{project}/assets", files={"file": ("../../etc/notes.exe", b"a note", "image/png")})
    made = answer.json()
    assert (made["sha256"], made["size"], made["media"]) == (sha256(b"a note"), 6, "text/plain")
    assert made["uploaded"]["name"] == "notes.exe"
    assert client.get(answer.headers["location"]).json()["made"] == []


def test_what_is_not_taken_is_refused_with_what_is(client, project):
    refused = upload(client, project, b"<html><script>alert(1)</script></html>", "page.png", 415)
    assert (refused["code"], "Final Draft" in refused["detail"]) == ("unsupported_media", True)
    assert client.get(f"{project}/assets/{sha256(b'<html>')}").status_code == 404


def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path):
    with serving(tmp_path / "home", "--no-workers", VIBEBOARD_UPLOAD_MIB="0.01") as served, served.client() as client:
        project = begin(client)
        refused = upload(client, project, b"x" * 20_000, "long.txt", 413)
        assert refused["status"] == 413
        assert client.get(f"{project}/assets").json()["items"] == []
        assert list(served.home.rglob("upload-*")) == []


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("bytes=0-0", [(0, 0)]),
        ("bytes=5-", [(5, LAST)]),
        ("bytes=-4", [(SIZE - 4, LAST)]),
        ("bytes=-99999999", [(0, LAST)]),
        (f"bytes=3-{SIZE * 10}", [(3, LAST)]),
        ("bytes=0-1,4-5", [(0, 1), (4, 5)]),
        ("BYTES = 2-3", [(2, 3)]),
    ],
)
def test_ranges_are_answered(client, face, asked, parts):
    answer = client.get(f"{face}/content", headers={"Range": asked})
    assert answer.status_code == 206, answer.text
    if len(parts) == 1:
        ((first, last),) = parts
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
        assert answer.content == PNG[first : last + 1]
    else:
        found = re.findall(rb"content-range: bytes (\d+)-(\d+)/", answer.content, re.IGNORECASE)
        assert [(int(first), int(last)) for first, last in found] == parts
        assert all(b"\r\n\r\n" + PNG[first : last + 1] + b"\r\n" in answer.content for first, last in parts)


@pytest.mark.parametrize(
    "asked",
    [f"bytes={SIZE}-", "bytes=5-2", "bytes=-0", "bytes=a-b", "bytes=", f"bytes=0-1,{SIZE}-", "bytes=" + "0-0," * 50],
)
def test_ranges_of_nothing_are_refused_with_the_size(client, face, asked):
    answer = client.get(f"{face}/content", headers={"Range": asked})
    assert (answer.status_code, answer.json()["code"]) == (416, "bad_range")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


def test_a_unit_that_nobody_knows_and_a_tag_of_other_bytes_get_all_of_it(client, face):
    for headers in ({"Range": "lines=1-2"}, {"Range": "bytes=0-1", "If-Range": '"other"'}):
        answer = client.get(f"{face}/content", headers=headers)
        assert (answer.status_code, answer.content) == (200, PNG)


def test_bytes_never_change_and_their_tag_is_their_hash(client, face):
    answer = client.get(f"{face}/content")
    tag = answer.headers["etag"]
    assert (answer.content, tag) == (PNG, f'"{sha256(PNG)}"')
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "image/png"
    for known in (tag, f'"a", W/{tag}', "*"):
        again = client.get(f"{face}/content", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    look = client.head(f"{face}/content")
    assert (look.status_code, look.headers["content-length"], look.content) == (200, str(SIZE), b"")


def test_a_name_cannot_leave_its_header(client, project):
    made = upload(client, project, b"another note", 'a"; filename=b.html\r\nX-Bad: 1 ü.txt')
    answer = client.get(f"{project}/assets/{made['sha256']}/content")
    assert "x-bad" not in answer.headers
    assert re.fullmatch(r"inline; filename\*=UTF-8''[\w.%-]+", answer.headers["content-disposition"])
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_another_film_has_is_not_there(client, project, face):
    """The store has the bytes, and the hash is right: it is the other film's all the same."""
    other, name = begin(client, "Other"), face.rpartition("/")[2]
    assert client.get(f"{other}/assets/{name}/content").status_code == 404
    there = client.get(f"{other}/assets/{name}").json()["detail"]
    assert there.replace(name, "") == client.get(f"{other}/assets/{'0' * 64}").json()["detail"].replace("0" * 64, "")
    assert client.post(f"{other}/assets/{name}/url", json={}).status_code == 404
    upload(client, other)
    assert client.get(f"{other}/assets/{name}/content").content == PNG


def test_a_link_needs_no_token_and_ends(tmp_path):
    with serving(tmp_path / "home", "--no-workers") as served, served.client() as client:
        project = begin(client)
        path = f"{project}/assets/{upload(client, project)['sha256']}"
        link = client.post(f"{path}/url", json={"seconds": 60}).json()["url"]
        assert httpx2.get(link, headers={"Range": "bytes=0-3"}).content == PNG[:4]
        moved = client.get(f"{path}/content", params={"redirect": 1})
        assert (moved.status_code, httpx2.get(moved.headers["location"]).content) == (307, PNG)
        film, name, end, signature = link.rpartition("/")[2].split(".")
        for forged in (
            f"{film}.{name}.{int(end) + 1}.{signature}",
            f"{film}.{'0' * 64}.{end}.{signature}",
            f"{film}.{name}.{end}.{'0' * 64}",
            f"{film}.{name}.1.{signature}",
        ):
            assert client.get(f"/api/content/{forged}").json()["code"] == "forbidden"
        client.delete(project)
        assert httpx2.get(link).status_code == 404


def test_a_list_goes_page_by_page_through_everything(client):
    project = begin(client, "Pages")
    made = sorted(upload(client, project, b"note %d" % number, "note.txt")["sha256"] for number in range(5))
    made_face = upload(client, project)["sha256"]
    seen, after = [], ""
    while after is not None:
        page = client.get(f"{project}/assets", params={"limit": 2, "after": after}).json()
        seen, after = [*seen, *(asset["sha256"] for asset in page["items"])], page["next"]
    assert seen == sorted([*made, made_face])
    (picture,) = client.get(f"{project}/assets", params={"media": "image", "origin": "uploaded"}).json()["items"]
    assert picture["sha256"] == made_face
    assert client.get(f"{project}/assets", params={"origin": "made"}).json()["items"] == []


def test_a_fetch_goes_only_where_the_operator_allows(client, project):
    answer = client.post(f"{project}/assets/fetch", json={"url": "http://169.254.169.254/latest/meta-data"})
    assert (answer.status_code, answer.json()["code"]) == (422, "url_refused")
    assert "VIBEBOARD_FETCH_HOSTS" in answer.json()["detail"]


@contextmanager
def files_at(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Tests say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"files.example:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def _here(_host, _port):
    return ["127.0.0.1"]


def test_a_file_that_was_fetched_is_the_films(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a face.png").write_bytes(PNG)
    with files_at(tmp_path / "files") as host, service_in(tmp_path / "home") as service:
        app = create_app(service)
        allowed = parse_origins(f"http://{host}", "")
        app.dependency_overrides[fetcher_of] = lambda: Fetcher(
            allowed, most_bytes=2**20, resolve=_here, reachable=lambda _address: True
        )
        with TestClient(app, base_url="http://localhost") as client:
            project = begin(client)
            made = client.post(f"{project}/assets/fetch", json={"url": f"http://{host}/a%20face.png"}).json()
            assert (made["media"], made["uploaded"]["name"]) == ("image/png", "a face.png")
            assert client.get(f"{project}/assets/{made['sha256']}/content").content == PNG


@pytest.fixture(scope="module")
def in_bucket(postgres_server, s3_server, tmp_path_factory):
    """A server over Postgres and S3."""
    folder = tmp_path_factory.mktemp("cloud")
    given = {
        "VIBEBOARD_DATABASE": new_database(postgres_server),
        "VIBEBOARD_BLOBS": f"s3://{s3_server.bucket}/assets",
        "VIBEBOARD_S3_ENDPOINT": s3_server.endpoint,
        "VIBEBOARD_S3_REGION": "us-east-1",
        "VIBEBOARD_S3_KEY_ID": KEY,
        "VIBEBOARD_S3_SECRET": SECRET,
        "VIBEBOARD_BLOB_CACHE": str(folder / "cache"),
    }
    with serving(folder / "home", "--no-workers", **given) as served, closing(served.client()) as client:
        yield client, s3_server, folder / "cache"


def test_from_a_bucket_the_same_bytes_come_through_the_cache_and_by_its_own_links(in_bucket):
    client, bucket, cache = in_bucket
    project = begin(client)
    path = f"{project}/assets/{upload(client, project)['sha256']}"
    for copy in cache.rglob("*"):
        if copy.is_file():
            copy.unlink()
    assert client.get(f"{path}/content", headers={"Range": "bytes=1-3"}).content == PNG[1:4]
    link = client.post(f"{path}/url", json={"seconds": 60}).json()["url"]
    moved = client.get(f"{path}/content", params={"redirect": 1}).headers["location"]
    for url in (link, moved):
        answer = httpx2.get(url, headers={"Range": "bytes=1-3"})
        assert urlsplit(url).netloc == urlsplit(bucket.endpoint).netloc
        assert (answer.status_code, answer.content) == (206, PNG[1:4])
        assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''face.png"
    assert httpx2.get(link.replace("X-Amz-Expires=60", "X-Amz-Expires=600")).status_code == 403
