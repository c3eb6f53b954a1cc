"""The folder of weights: what gets in, what is refused, and what is noticed afterwards."""

import json
import os
import pickle
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from gpu_runtime.catalog.declare import Adapter, Kind, Licence
from gpu_runtime.installing import Origin
from gpu_runtime.manifest import choose
from gpu_runtime.weights import Weights, refusal
from tests.memory import tiny
from tests.weights.conftest import DIT, OPEN, TOKENIZER, contents
from vibeboard.digest import sha256_file
from vibeboard.faults import Cancelled, Rejected
from vibeboard.settings import Settings

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture
def source(repository, tmp_path):
    """A copy of the repository, to be spoilt."""
    return shutil.copytree(repository, tmp_path / "source")


def refused(code, call, *arguments):
    with pytest.raises(Rejected) as raised:
        call(*arguments)
    assert raised.value.fault.code == code
    return str(raised.value)


def test_an_installed_component_is_its_files_and_a_manifest(weights, repository):
    manifest = weights.install(DIT, repository)
    folder = weights.folder("dit")
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, "config.json", "component.json", ".verified.json"}
    assert manifest == weights.installed("dit")
    original = repository / "transformer" / WEIGHTS
    assert manifest.files[WEIGHTS].sha256 == sha256_file(original)
    assert manifest.files[WEIGHTS].bytes == original.stat().st_size
    assert manifest.tensor_bytes == sum(tensor.nbytes for tensor in load_file(original).values())
    assert weights.size("dit") == manifest.tensor_bytes
    assert (manifest.dtype, manifest.repo) == ("float32", "folder")


def test_the_components_own_folder_is_as_good_as_the_repositorys(weights, repository):
    whole = weights.install(DIT, repository)
    assert weights.install(DIT, repository / "transformer") == whole


def test_configuration_is_installed_without_what_no_library_reads(weights, repository):
    weights.install(TOKENIZER, repository)
    assert set(weights.installed("tokenizer").files) == {"tokenizer.json", "spiece.model"}
    assert weights.size("tokenizer") == 0


def test_what_is_missing_is_said_with_the_command(weights, repository):
    assert weights.missing(["dit", "tokenizer"]) == "weights: run vibeboard models pull dit tokenizer"
    weights.install(DIT, repository)
    assert weights.missing(["dit", "tokenizer"]) == "weights: run vibeboard models pull tokenizer"
    assert weights.missing(["dit"]) == ""
    assert "vibeboard models pull tokenizer" in refused("not_installed", weights.check, "tokenizer")


def test_a_revision_names_the_content_and_nothing_else(weights, repository, source, tmp_path):
    weights.install(DIT, repository)
    first = weights.revision(["dit"])
    elsewhere = Weights(tmp_path / "elsewhere")
    elsewhere.install(DIT, source, origin=Origin("studio/tiny", "v2"))
    assert elsewhere.revision(["dit"]) == first
    tiny.saved(tiny.transformer(seed=1), source / "transformer")
    elsewhere.install(DIT, source)
    assert elsewhere.revision(["dit"]) != first
    assert elsewhere.revision([]) == ""


def test_a_changed_file_is_noticed_before_it_is_loaded(weights, repository):
    weights.install(DIT, repository)
    weights.check("dit")
    path = weights.folder("dit") / WEIGHTS
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    sentence = refused("weights_changed", weights.check, "dit")
    assert WEIGHTS in sentence
    assert "vibeboard models pull dit" in sentence


def test_an_untouched_file_is_not_read_again_and_a_touched_one_once(weights, repository):
    weights.install(DIT, repository)
    read = []
    count = lambda done, total: read.append(done)  # noqa: E731
    weights.check("dit", count)
    assert not read
    os.utime(weights.folder("dit") / WEIGHTS, (1, 1))
    weights.check("dit", count)
    assert read
    read.clear()
    weights.check("dit", count)
    assert not read


@pytest.mark.parametrize("spoil", ["delete", "truncate", "damage the stamp"])
def test_verifying_reads_everything(spoil, weights, repository):
    weights.install(DIT, repository)
    path = weights.folder("dit") / WEIGHTS
    match spoil:
        case "delete":
            path.unlink()
        case "truncate":
            os.truncate(path, path.stat().st_size - 1)
        case "damage the stamp":
            (weights.folder("dit") / ".verified.json").write_text("[1")
            weights.check("dit")
            return
    assert WEIGHTS in refused("weights_changed", weights.verify, "dit")
    assert WEIGHTS in refused("weights_changed", weights.check, "dit")


def test_a_damaged_manifest_says_so(weights, repository):
    weights.install(DIT, repository)
    (weights.folder("dit") / "component.json").write_text("{")
    assert "damaged" in refused("weights_changed", weights.installed, "dit")


def test_pickles_are_refused_under_any_name(weights, source):
    folder = source / "transformer"
    (folder / WEIGHTS).rename(folder / "diffusion_pytorch_model.bin")
    assert "pickles can run code" in refused("not_safetensors", weights.install, DIT, source)
    (folder / WEIGHTS).write_bytes(pickle.dumps({"weight": [0.0] * 99}))
    assert WEIGHTS in refused("not_safetensors", weights.install, DIT, source)
    adapter = Adapter("style", DIT, 1, OPEN, "studio/style", "style.safetensors")
    torch.save({"a": torch.ones(3)}, source / "style.pt")
    refused("not_safetensors", weights.install, adapter, source / "style.pt")
    assert contents(weights.root) == {}


def test_a_folder_without_weights_or_with_a_shard_missing_is_refused(weights, source):
    tiny.transformer().save_pretrained(source / "transformer", max_shard_size="20KB")
    (source / "transformer" / WEIGHTS).unlink(missing_ok=True)
    shard = sorted((source / "transformer").glob("*-of-*"))[1]
    shard.unlink()
    assert shard.name in refused("no_weights", weights.install, DIT, source)
    assert "no .safetensors" in refused("no_weights", weights.install, DIT, source / "tokenizer")
    assert "is not there" in refused("no_weights", weights.install, DIT, source / "nowhere")


def test_one_variant_of_the_weights_is_chosen():
    config = ["config.json"]
    shards = [
        "diffusion_pytorch_model-00001-of-00002.safetensors",
        "diffusion_pytorch_model-00002-of-00002.safetensors",
    ]
    index = "diffusion_pytorch_model.safetensors.index.json"
    half = ["diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.safetensors.index.fp16.json"]
    assert choose([*config, WEIGHTS, *half, "diffusion_pytorch_model.bin", "README.md"]) == [*config, WEIGHTS]
    assert choose([*config, *shards, index, *half]) == sorted([*config, *shards, index])
    assert choose(["config.json", "odd_name.safetensors"]) == ["config.json", "odd_name.safetensors"]


def test_stopping_half_way_changes_nothing(weights, repository, source):
    weights.install(DIT, repository)
    before = contents(weights.root)
    tiny.saved(tiny.transformer(seed=1), source / "transformer")
    told = []
    with pytest.raises(Cancelled):
        weights.install(DIT, source, lambda done, total: told.append(done), lambda: bool(told))
    assert told
    assert contents(weights.root) == before


def test_a_process_that_died_while_installing_leaves_nothing_that_stays(weights, repository):
    weights.install(DIT, repository)
    before = contents(weights.root)
    (weights.root / ".partial-dit").mkdir()
    (weights.root / ".partial-dit" / WEIGHTS).write_bytes(b"half")
    weights.folder("dit").rename(weights.root / ".old-dit")  # killed between its two renames
    weights.install(TOKENIZER, repository)
    after = {name: data for name, data in contents(weights.root).items() if not name.startswith("tokenizer/")}
    assert after == before


def test_weights_are_removed_after_an_installation_that_died(weights, repository):
    weights.install(DIT, repository)
    (weights.root / ".partial-dit").mkdir()
    (weights.root / ".partial-dit" / WEIGHTS).write_bytes(b"half")
    assert weights.remove("dit")
    assert contents(weights.root) == {}


def test_weights_are_not_removed_under_a_pull(weights, repository):
    weights.install(DIT, repository)
    with weights.locked("dit"):
        refused("models_busy", weights.remove, "dit")
    assert weights.installed("dit")


def test_damaged_json_is_refused_by_name(weights, source):
    index = source / "transformer/diffusion_pytorch_model.safetensors.index.json"
    for text in ('{"weight_map": {', "[]", '{"weight_map": []}'):
        index.write_text(text)
        assert index.name in refused("not_json", weights.install, DIT, source)
    index.unlink()
    (source / "transformer/config.json").write_bytes(b"\xff{")
    assert "config.json" in refused("not_json", weights.install, DIT, source)
    assert "config.json" in refused("not_json", weights.install, DIT, source / "transformer" / WEIGHTS)
    assert contents(weights.root) == {}


def test_two_installations_at_once_are_one_too_many(weights, repository):
    with weights.locked():
        refused("models_busy", weights.install, DIT, repository)


def test_removing_frees_what_it_says(weights, repository):
    weights.install(DIT, repository)
    size = sum(path.stat().st_size for path in weights.folder("dit").iterdir())
    assert weights.remove("dit") == size
    assert weights.installed("dit") is None
    assert contents(weights.root) == {}


def test_files_that_are_not_what_the_hub_has_are_refused(weights, repository):
    origin = Origin("studio/tiny", "v1", {WEIGHTS: "0" * 64})
    with pytest.raises(Rejected, match="is not what studio/tiny has"):
        weights.install(DIT, repository, origin=origin)
    assert weights.installed("dit") is None


def test_weights_in_another_type_are_cast_once_as_the_library_would(weights, repository, tmp_path):
    component = replace(DIT, dtype="bfloat16")
    manifest = weights.install(component, repository)
    expected = tiny.transformer().from_pretrained(repository / "transformer", torch_dtype=torch.bfloat16)
    found = load_file(weights.folder("dit") / WEIGHTS)
    for name, tensor in expected.state_dict().items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.equal(found[name], tensor)
    assert manifest.tensor_bytes == sum(tensor.nbytes for tensor in found.values())
    weights.verify("dit")
    again = Weights(tmp_path / "again")
    assert again.install(component, weights.folder("dit")).files == manifest.files


def test_what_the_library_keeps_in_32_bits_is_widened_in_a_checkpoint_of_16_bits_only(weights, repository, tmp_path):
    model = tiny.transformer().from_pretrained(repository / "transformer").to(torch.bfloat16)
    tiny.saved(model, tmp_path / "transformer")
    weights.install(replace(DIT, dtype="bfloat16"), tmp_path)
    expected = tiny.transformer().from_pretrained(tmp_path / "transformer", torch_dtype=torch.bfloat16).state_dict()
    found = load_file(weights.folder("dit") / WEIGHTS)
    assert {tensor.dtype for tensor in found.values()} == {torch.bfloat16, torch.float32}
    assert {name: tensor.dtype for name, tensor in found.items()} == {
        name: tensor.dtype for name, tensor in expected.items()
    }


def test_text_encoders_are_cast_as_their_library_would(weights, tmp_path):
    model = tiny.text_encoder()
    tiny.saved(model, tmp_path / "text_encoder")
    encoder = replace(DIT, id="umt5", kind=Kind.TEXT_ENCODER, dtype="bfloat16", folder="text_encoder")
    weights.install(encoder, tmp_path)
    expected = type(model).from_pretrained(tmp_path / "text_encoder", dtype=torch.bfloat16).state_dict()
    for name, tensor in load_file(weights.folder("umt5") / "model.safetensors").items():
        assert tensor.dtype == expected[name].dtype
        assert torch.equal(tensor, expected[name])


def test_an_adapter_is_one_file(weights, tmp_path):
    adapter = Adapter("style", DIT, 96, OPEN, "studio/style", "files/style.safetensors")
    (tmp_path / "files").mkdir()
    save_file({"a": torch.ones(3, dtype=torch.bfloat16)}, tmp_path / "files/style.safetensors")
    for source in (tmp_path, tmp_path / "files/style.safetensors"):
        manifest = weights.install(adapter, source)
        assert weights.adapter_file("style") == weights.folder("style") / "style.safetensors"
        assert (manifest.dtype, manifest.tensor_bytes) == ("bfloat16", 6)


def test_only_a_transformer_comes_from_a_single_file(weights, tmp_path):
    save_file({"a": torch.ones(3)}, tmp_path / "it.safetensors")
    vae = replace(DIT, kind=Kind.VAE)
    assert "only a transformer" in refused("no_weights", weights.install, vae, tmp_path / "it.safetensors")


def test_a_licence_that_forbids_commercial_use_has_to_be_allowed():
    research = Licence("CC-BY-NC-4.0", commercial=False)
    assert "VIBEBOARD_NONCOMMERCIAL=1" in refusal(research, Settings(noncommercial=False))
    assert refusal(research, Settings(noncommercial=True)) == ""
    assert refusal(OPEN, Settings(noncommercial=False)) == ""


def test_a_manifest_tells_of_no_machine_and_no_hour(weights, repository):
    weights.install(DIT, repository)
    data = json.loads((weights.folder("dit") / "component.json").read_text())
    assert set(data) == {"component", "files", "dtype", "tensor_bytes", "repo", "revision"}
    assert str(repository) not in json.dumps(data)
