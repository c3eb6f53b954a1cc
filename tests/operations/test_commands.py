"""`vibeboard migrate`, `backup`, `restore` and `doctor` as an operator runs them."""

from __future__ import annotations

import inspect
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from api import cli, doctor
from storage.database import open_database
from storage.project import open_project
from storage.store import Store
from tests.build.conftest import VIBEBOARD
from tests.storage.films import fill
from vibeboard.settings import Settings

OURS = ("VIBEBOARD_", "MINIMAX_")


def vibeboard(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    given |= {f"VIBEBOARD_{name.upper()}": str(value) for name, value in settings.items()}
    command = [VIBEBOARD, *map(str, arguments)]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=120)


def refused(done: subprocess.CompletedProcess[str], says: str) -> None:
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def revision(home) -> str:
    with closing(sqlite3.connect(home / "vibeboard.db")) as database:
        return database.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def newest(tmp_path) -> str:
    open_database(tmp_path / "new.db").dispose()
    with closing(sqlite3.connect(tmp_path / "new.db")) as database:
        return database.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_a_store_goes_through_an_archive_to_another_kind_of_store(filled, postgres, tmp_path):
    assert "2 films" in vibeboard("backup", tmp_path / "backup.tar", "--home", filled.home).stdout
    elsewhere = {"database": postgres, "blobs": tmp_path / "blobs"}
    told = vibeboard("restore", tmp_path / "backup.tar", "--home", tmp_path / "there", **elsewhere)
    assert "2 films" in told.stdout, told.stderr
    films = vibeboard("storage", "films", **elsewhere).stdout
    assert sorted(line.split()[-1] for line in films.splitlines()) == ["first", "second"]


def test_the_home_is_a_setting_too(filled, tmp_path):
    assert vibeboard("backup", tmp_path / "backup.tar", home=filled.home).returncode == 0


def test_what_cannot_be_is_said_in_a_sentence(filled, tmp_path):
    nothing = tmp_path / "nothing"
    refused(vibeboard("backup", tmp_path / "b.tar", "--home", nothing), "there is no store in")
    assert not nothing.exists()
    refused(vibeboard("backup", nothing / "b.tar", "--home", filled.home), "there is no folder")
    (tmp_path / "old.tar").write_bytes(b"precious")
    refused(vibeboard("backup", tmp_path / "old.tar", "--home", filled.home), "no backup is overwritten")
    assert (tmp_path / "old.tar").read_bytes() == b"precious"
    refused(vibeboard("restore", tmp_path / "no.tar", "--home", nothing), "there is no archive")
    refused(vibeboard("restore", tmp_path / "old.tar", "--home", nothing), "damaged or none of vibeboard's")
    refused(vibeboard("migrate", "--home", tmp_path / "nowhere"), "there is no store in")
    refused(vibeboard("migrate", "--to", "1848", "--home", filled.home), "there is no such revision")


def test_the_schema_goes_both_ways_and_shows_where_it_is(filled, tmp_path):
    filled.close()
    last = newest(tmp_path)
    assert f"-> {last}" in vibeboard("migrate", "--show", "--home", filled.home).stdout
    assert f"from {last} to 0005" in vibeboard("migrate", "--to", "0005", "--home", filled.home).stdout
    assert revision(filled.home) == "0005"
    assert "-> 0005" in vibeboard("migrate", "--show", "--home", filled.home).stdout
    assert revision(filled.home) == "0005"
    assert f"from 0005 to {last}" in vibeboard("migrate", "--home", filled.home).stdout
    assert "already" in vibeboard("migrate", "--home", filled.home).stdout


def test_a_step_back_that_would_lose_a_film_is_refused_and_changes_nothing(filled, tmp_path):
    filled.close()
    refused(vibeboard("migrate", "--to", "0004", "--home", filled.home), "the older schema holds one film")
    assert revision(filled.home) == newest(tmp_path)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_schema_in_use_is_left_alone(kind, request, tmp_path, filled):
    settings = {} if kind == "sqlite" else {"database": request.getfixturevalue("postgres"), "blobs": tmp_path / "b"}
    store = filled if kind == "sqlite" else Store(tmp_path / "other", settings["database"], filled.blobs)
    with store.written():
        refused(vibeboard("migrate", "--to", "0005", "--home", store.home, **settings), "is in use")
    with open_project(store, store.create("film")) as project:
        fill(project, "film")
        refused(vibeboard("migrate", "--home", store.home, **settings), "is in use")
    if store is not filled:
        store.engine.dispose()


def test_the_doctor_finds_a_store_that_is_well(filled):
    done = vibeboard("doctor", "--home", filled.home)
    assert done.returncode == 0, done.stdout
    assert "The database answers, its schema is the newest" in done.stdout
    assert f"Files can be kept in {filled.home / 'blobs'}" in done.stdout
    before = sorted(kept.sha256 for kept in filled.blobs.listed())
    assert len(before) == len(set(before)) == 14


def test_the_doctor_says_what_is_wrong_and_what_to_do(filled, tmp_path):
    away = vibeboard("doctor", database="postgresql://u:hush@127.0.0.1:9/x", blobs=tmp_path / "blobs")
    assert away.returncode == 1
    assert "does not answer: start it, or set VIBEBOARD_DATABASE" in away.stdout
    assert "hush" not in away.stdout + away.stderr
    filled.close()
    vibeboard("migrate", "--to", "0005", "--home", filled.home)
    old = vibeboard("doctor", "--home", filled.home)
    assert old.returncode == 1
    assert "back up, then vibeboard migrate" in old.stdout
    (tmp_path / "file").write_bytes(b"")
    no_folder = vibeboard("doctor", "--home", filled.home, database=tmp_path / "d.db", blobs=tmp_path / "file" / "in")
    assert "Files cannot be kept in" in no_folder.stdout


def test_the_doctor_knows_the_port_that_serve_takes():
    assert inspect.signature(cli.serve).parameters["port"].default == doctor.PORT
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        assert "is taken" in doctor._port(port).sentence
    assert "is free" in doctor._port(port).sentence


def test_the_doctor_asks_the_driver_for_the_card(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!{sys.executable}\nprint('Some Card, 49140 MiB, 580.1')\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "_torch", lambda: "2.13.0")
    assert doctor._gpu() == doctor.Finding("well", "GPU: Some Card, 49140 MiB, 580.1.")
    monkeypatch.setattr(doctor, "_torch", lambda: "2.13.0+cpu")
    assert "install the CUDA one" in doctor._gpu().sentence
    program.write_text(f"#!{sys.executable}\nraise SystemExit(9)\n")
    assert doctor._gpu().state == "wrong"


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("device_gib", "abc", "VIBEBOARD_DEVICE_GIB is 'abc', and should be a valid number"),
        ("device_gib", "0", "VIBEBOARD_DEVICE_GIB is '0', and should be greater than 0"),
        ("device", "gpu", "VIBEBOARD_DEVICE is 'gpu', and should be cpu, cuda, or cuda:1 and so on"),
        ("device", "cuda:one", "VIBEBOARD_DEVICE is 'cuda:one'"),
    ],
)
@pytest.mark.parametrize("command", [("doctor",), ("worker",), ("models", "list")], ids=str)
def test_a_setting_that_is_not_legal_is_told_with_what_is(tmp_path, setting, value, says, command):
    refused(vibeboard(*command, home=tmp_path, **{setting: value}), says)


@pytest.mark.parametrize("device", ["", "cpu", "cuda", "cuda:3"])
def test_every_kind_of_device_is_a_legal_setting(device, monkeypatch):
    monkeypatch.setenv("VIBEBOARD_DEVICE", device)
    assert Settings().device == device
