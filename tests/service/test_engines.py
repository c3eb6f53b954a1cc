"""Engines and weights over HTTP: what the command line says of them."""

from __future__ import annotations

from gpu_runtime.catalog.declare import adapters, backbones, components
from gpu_runtime.engine import registry
from gpu_runtime.manifest import MANIFEST, Manifest
from tests.service.conftest import serving


def test_every_engine_says_what_it_can_make_and_why_not(client):
    listed = {engine["name"]: engine for engine in client.get("/api/engines").json()["items"]}
    assert set(listed) == set(registry())
    assert listed["previs"]["why_not"] == ""
    assert {name: engine["why_not"] for name, engine in listed.items()} == {
        name: engine.missing() for name, engine in registry().items()
    }
    wan = listed["wan2.1-vace-1.3b"]
    assert (wan["quality"], wan["limits"]["fps"], wan["limits"]["frames_step"]) == ("draft", {"num": 16, "den": 1}, 4)
    assert wan["weights"] == [component.id for component in backbones()[wan["name"]].components]


def test_every_set_of_weights_is_listed_with_its_licence_and_whether_it_is_here(client):
    models = client.get("/api/models").json()
    assert {item["id"] for item in models["weights"]} == {*components(), *adapters()}
    assert {item["id"] for item in models["backbones"]} == set(backbones())
    assert all(item["licence"]["name"] and item["size"] >= 0 for item in models["weights"])


def test_weights_that_are_here_are_said_to_be(tmp_path):
    name = next(iter(backbones()["wan2.1-vace-1.3b"].components)).id
    folder = tmp_path / "models" / name
    folder.mkdir(parents=True)
    manifest = Manifest(component=name, files={}, dtype="bfloat16", tensor_bytes=7, repo="r/x", revision="abc")
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    with (
        serving(tmp_path / "home", "--no-workers", VIBEBOARD_MODELS=str(tmp_path / "models")) as served,
        served.client() as client,
    ):
        models = client.get("/api/models").json()
    (here,) = [item for item in models["weights"] if item["installed"]]
    assert (here["id"], here["size"], here["revision"]) == (name, 7, "abc")
