"""Weights from the hub, spoken to over real HTTP: nothing twice, nothing unchecked, nothing half."""

import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from gpu_runtime import hub, installing
from gpu_runtime.catalog.declare import Adapter, Component, Kind, Licence
from tests.weights.conftest import DIT, OPEN, TOKENIZER, contents
from tests.weights.hub_server import COMMIT, serving
from vibeboard.digest import sha256_file
from vibeboard.faults import Cancelled, Rejected, Transient

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture
def server(repository, tmp_path, monkeypatch):
    shutil.copytree(repository, tmp_path / "hub/studio/tiny")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serving(tmp_path / "hub") as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def pull(item, weights, **options):
    return hub.pull(item, hub.listing(item), weights, **options)


def test_a_listing_says_what_would_be_fetched_and_fetches_nothing(server):
    listed = hub.listing(DIT)
    folder = server.repositories / "studio/tiny/transformer"
    assert {file.path: file.size for file in listed.files} == {
        WEIGHTS: (server.repositories / "studio/tiny" / WEIGHTS).stat().st_size,
        "transformer/config.json": (folder / "config.json").stat().st_size,
    }
    assert listed.revision == COMMIT
    assert server.served == []


def test_a_pull_installs_the_component_and_says_where_it_is_from(server, weights):
    told = []
    manifest = pull(DIT, weights, fetching=lambda done, total: told.append((done, total)))
    assert (manifest.repo, manifest.revision) == ("studio/tiny", COMMIT)
    assert manifest.files["diffusion_pytorch_model.safetensors"].sha256 == sha256_file(
        server.repositories / "studio/tiny" / WEIGHTS
    )
    assert told[-1][0] == told[-1][1] == hub.listing(DIT).bytes
    assert sorted(name for name, *_ in server.served) == sorted(["transformer/config.json", WEIGHTS])
    assert not weights.download("dit").exists()
    weights.verify("dit")


def test_pickles_and_papers_of_a_repository_are_never_asked_for(server, weights):
    folder = server.repositories / "studio/tiny/transformer"
    (folder / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    (folder / "README.md").write_text("hello")
    pull(DIT, weights)
    pull(TOKENIZER, weights)
    assert {name for name, *_ in server.served} == {
        WEIGHTS, "transformer/config.json", "tokenizer/tokenizer.json", "tokenizer/spiece.model",
    }  # fmt: skip


def test_a_stopped_pull_goes_on_at_the_byte_where_it_stopped(server, weights):
    save_file({"a": torch.zeros(25 << 18)}, server.repositories / "studio/tiny" / WEIGHTS)
    told = []
    with pytest.raises(Cancelled):
        pull(DIT, weights, fetching=lambda done, total: told.append(done), stopping=lambda: max([0, *told]) >= 10 << 20)
    assert weights.installed("dit") is None
    server.served.clear()
    pull(DIT, weights)
    (first,) = [first for name, first, _ in server.served if name == WEIGHTS]
    assert first >= 10 << 20
    weights.verify("dit")


def test_what_was_fetched_of_another_commit_is_given_up(server, weights):
    stale = weights.download("dit") / "another"
    stale.mkdir(parents=True)
    (stale / "config.json").write_text("{}")
    pull(DIT, weights)
    assert weights.installed("dit").files["config.json"].bytes > 2


def test_content_that_is_not_what_the_hub_announced_is_refused_and_fetched_again(server, weights):
    server.lies.add("diffusion_pytorch_model.safetensors")
    with pytest.raises(Rejected, match="its hash differs"):
        pull(DIT, weights)
    assert {name for name in contents(weights.root) if not name.startswith(".download/.lock")} == set()
    server.lies.clear()
    pull(DIT, weights)


def came(weights):
    return {path.name for path in weights.download("dit").rglob("*") if path.is_file()}


def test_a_download_waits_for_another_vibeboard_that_installs(server, weights):
    listed, other = hub.listing(DIT), ExitStack()

    def fetching(done, total):
        if done == total:
            other.enter_context(weights.locked())

    with ThreadPoolExecutor() as pool:
        pulling = pool.submit(hub.pull, DIT, listed, weights, fetching=fetching)
        with pytest.raises(TimeoutError):
            pulling.result(timeout=0.5)
        other.close()
        assert pulling.result(timeout=60).revision == COMMIT
    weights.verify("dit")


def disk(monkeypatch, free):
    """A disk with so much room (`free()`, bytes) beside what is always left alone."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(installing.shutil, "disk_usage", lambda _folder: usage(1 << 40, 0, installing._SPARE + free()))


def test_a_disk_with_room_for_the_download_has_room_for_its_installation(server, weights, monkeypatch):
    listed, told = hub.listing(DIT), [0]
    disk(monkeypatch, lambda: listed.bytes - told[-1])
    hub.pull(DIT, listed, weights, fetching=lambda done, total: told.append(done))
    weights.verify("dit")


def test_a_pull_that_goes_on_needs_room_for_the_rest_only(server, weights, monkeypatch):
    save_file({"a": torch.zeros(25 << 18)}, server.repositories / "studio/tiny" / WEIGHTS)
    listed, told = hub.listing(DIT), [0]
    with pytest.raises(Cancelled):
        hub.pull(DIT, listed, weights, lambda done, total: told.append(done), stopping=lambda: told[-1] >= 10 << 20)
    here = sum(path.stat().st_size for path in weights.download("dit").rglob("*") if path.is_file())
    assert here >= 10 << 20
    rest = listed.bytes - here
    disk(monkeypatch, lambda: rest - 1)
    with pytest.raises(Rejected, match="GB are needed"):
        hub.pull(DIT, listed, weights)
    disk(monkeypatch, lambda: rest)
    assert hub.pull(DIT, listed, weights)


def test_a_download_that_finds_no_room_to_be_cast_is_kept(server, weights, monkeypatch):
    disk(monkeypatch, lambda: hub.listing(DIT).bytes if not came(weights) else 0)
    half = replace(DIT, dtype="bfloat16")
    with pytest.raises(Rejected, match="GB are needed"):
        pull(half, weights)
    assert came(weights) == {"config.json", "diffusion_pytorch_model.safetensors"}
    monkeypatch.undo()
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    server.served.clear()
    pull(half, weights)
    assert server.served == []


def test_a_configuration_that_is_damaged_on_its_way_is_refused_and_fetched_again(server, weights):
    server.lies.add("config.json")
    with pytest.raises(Rejected, match=r"config\.json is not the JSON"):
        pull(DIT, weights)
    assert not came(weights)
    server.lies.clear()
    pull(DIT, weights)


def test_gated_weights_say_what_to_do(server, weights):
    server.gated.add("studio/tiny")
    gate = Licence("Tiny licence", gate="accept the terms at the repository's page")
    item = Component("dit", Kind.TRANSFORMER, 1, "float32", gate, "studio/tiny", "transformer")
    with pytest.raises(Rejected, match="accept the terms at the repository's page, set HF_TOKEN") as raised:
        pull(item, weights)
    assert raised.value.fault.code == "gated"


def test_a_token_opens_the_gate(server, weights, monkeypatch):
    server.gated.add("studio/tiny")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert pull(DIT, weights)


def test_a_repository_or_folder_that_is_not_there_is_named(server):
    nowhere = Component("x", Kind.VAE, 1, "float32", OPEN, "studio/nowhere", "vae")
    with pytest.raises(Rejected, match="studio/nowhere is not on the hub"):
        hub.listing(nowhere)
    nothing = Component("x", Kind.VAE, 1, "float32", OPEN, "studio/tiny", "vae")
    with pytest.raises(Rejected, match="has nothing for x"):
        hub.listing(nothing)


def test_a_hub_that_does_not_answer_is_worth_another_try(weights, monkeypatch):
    with serving(weights.root) as closed:
        monkeypatch.setenv("HF_ENDPOINT", closed.endpoint)
    with pytest.raises(Transient, match="run vibeboard models pull dit again"):
        hub.listing(DIT)


def test_an_adapter_is_one_file_of_its_repository(server, weights):
    folder = server.repositories / "studio/styles/loras"
    folder.mkdir(parents=True)
    save_file({"a": torch.ones(3)}, folder / "noir.safetensors")
    save_file({"a": torch.ones(3)}, folder / "comic.safetensors")
    adapter = Adapter("noir", DIT, 12, OPEN, "studio/styles", "loras/noir.safetensors")
    pull(adapter, weights)
    assert [name for name, *_ in server.served] == ["loras/noir.safetensors"]
    assert weights.adapter_file("noir").name == "noir.safetensors"


def test_two_pulls_of_the_same_weights_are_one_too_many(server, weights):
    with weights.locked("dit"), pytest.raises(Rejected, match="another vibeboard is at work on dit"):
        pull(DIT, weights)
