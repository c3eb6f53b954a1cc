"""As much of the hub's protocol as a pull needs: the list of a repository's files with sizes and hashes, and the files,
from any byte on. What it is told to do wrong, it does."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "c0ffee" + "0" * 34


class Hub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, repositories: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = repositories
        self.served: list[tuple[str, int, int]] = []
        """Path, first byte, bytes sent, for every file that was asked for."""
        self.gated: set[str] = set()
        self.lies: set[str] = set()
        """Names of files whose content differs from what the list says."""
        self.pause_after = 0
        """Stop sending a body after so many bytes until `go_on`."""
        self.paused, self.go_on = threading.Event(), threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if found := re.fullmatch(r"/api/models/([^/]+/[^/?]+)(/revision/\w+)?(\?.*)?", self.path):
            self._list(found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.+)", self.path):
            self._file(found[1], found[3])
        else:
            self._answer(404, b"", {})

    def _list(self, repository: str) -> None:
        folder = self.server.repositories / repository
        if not folder.is_dir():
            return self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        siblings = [self._sibling(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
        body = {"id": repository, "sha": COMMIT, "siblings": siblings}
        return self._answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _sibling(self, path: Path, folder: Path) -> dict[str, object]:
        data = path.read_bytes()
        entry: dict[str, object] = {"rfilename": str(path.relative_to(folder)), "size": len(data), "blobId": "b10b"}
        if path.suffix == ".safetensors":
            entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        return entry

    def _file(self, repository: str, name: str) -> None:
        if repository in self.server.gated and not self.headers.get("Authorization"):
            return self._answer(403, b"", {"X-Error-Code": "GatedRepo"})
        data = (self.server.repositories / repository / name).read_bytes()
        if Path(name).name in self.server.lies:
            data = data[:-1] + bytes([data[-1] ^ 1])
        first = int(re.sub(r"\D", "", self.headers.get("Range", "0")))
        self.server.served.append((name, first, len(data) - first))
        status = 206 if "Range" in self.headers else 200
        return self._answer(status, data[first:], {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "X-Repo-Commit": COMMIT}.items():
            self.send_header(name, value)
        self.end_headers()
        if 0 < self.server.pause_after < len(body):
            self.wfile.write(body[: self.server.pause_after])
            self.server.paused.set()
            self.server.go_on.wait(60)
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def serving(repositories: Path) -> Iterator[Hub]:
    hub = Hub(repositories)
    thread = threading.Thread(target=hub.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()
