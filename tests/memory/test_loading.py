"""A module whose weights we moved computes what one does that its library loaded, bit for bit."""

import json
import threading

import pytest
import torch
from safetensors.torch import load_file, save_file

from gpu_runtime.models.memory import TorchMemory, open_memory
from gpu_runtime.models.memory.device import CpuDevice
from tests.memory import tiny
from tests.memory.conftest import MIB, never
from vibeboard.faults import Cancelled, Rejected
from vibeboard.settings import Settings

MODELS = ("transformer", "vace", "text_encoder", "vae", "image_encoder")


def reference(folder, kind, **options):
    """As its library loads it, its weights then copied out of the mapped file, as `.to(device)` would: matrix products
    of weights that begin at odd addresses differ in the last bit."""
    model = kind.from_pretrained(folder, **options).eval()
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()
    return model


@pytest.mark.parametrize("name", MODELS)
def test_it_answers_as_from_pretrained_does(name, memory, tmp_path):
    model = getattr(tiny, name)()
    expected = tiny.answer(reference(tiny.saved(model, tmp_path), type(model)))
    memory.read(name, tmp_path, never)
    memory.upload(name, never)
    assert torch.equal(tiny.answer(memory.module(name)), expected)


@pytest.mark.parametrize("name", MODELS)
def test_streaming_the_blocks_changes_no_bit_and_takes_less_memory(name, memory, tmp_path):
    tiny.saved(getattr(tiny, name)(), tmp_path)
    memory.read(name, tmp_path, never)
    memory.upload(name, never)
    resident = memory.used()
    expected = tiny.answer(memory.module(name))
    for _ in range(2):
        assert torch.equal(tiny.answer(memory.module(name, offload=True)), expected)
    assert memory.used() < resident or name == "vae"  # which has no blocks
    assert torch.equal(tiny.answer(memory.module(name)), expected)
    assert memory.used() == resident


def test_streaming_holds_two_blocks_at_most(memory, tmp_path):
    tiny.saved(tiny.transformer(num_layers=12), tmp_path)
    memory.read("dit", tmp_path, never)
    memory.upload("dit", never)
    resident = memory.used()
    module = memory.module("dit", offload=True)
    rest = memory.used()
    memory.reset_peak()
    tiny.answer(module)
    assert memory.peak() - rest <= 2 * (resident - rest) / 12


def test_a_module_can_be_streamed_without_having_been_uploaded(memory, dit):
    memory.read("dit", dit, never)
    assert torch.equal(tiny.answer(memory.module("dit", offload=True)), tiny.answer(tiny.transformer()))
    memory.release("dit")
    assert memory.used() == 0
    memory.drop("dit")
    assert memory.host_bytes()[0] == 0


def test_weights_on_the_device_do_without_their_host_copy_and_can_have_one_again(loaded, dit):
    module = loaded.module("dit")
    expected, used = tiny.answer(module), loaded.used()
    loaded.drop("dit")
    assert torch.equal(tiny.answer(module), expected)
    loaded.read("dit", dit, never)
    assert torch.equal(tiny.answer(loaded.module("dit", offload=True)), expected)
    loaded.release("dit")
    loaded.drop("dit")
    assert (loaded.used(), loaded.host_bytes()[0]) == (0, 0)
    assert used > 0


def test_the_same_module_survives_leaving_and_coming_back(loaded):
    module = loaded.module("dit")
    expected = tiny.answer(module)
    loaded.release("dit")
    assert loaded.used() == 0
    loaded.upload("dit", never)
    assert loaded.module("dit") is module
    assert torch.equal(tiny.answer(module), expected)


def test_weights_keep_the_types_of_the_file_and_tables_are_computed(memory, tmp_path):
    tiny.saved(tiny.transformer(), tmp_path / "whole")
    half = tiny.transformer().from_pretrained(tmp_path / "whole", torch_dtype=torch.bfloat16)
    tiny.saved(half, tmp_path / "half")
    memory.read("dit", tmp_path / "half", never)
    memory.upload("dit", never)
    module = memory.module("dit")
    dtypes = {name: parameter.dtype for name, parameter in half.named_parameters()}
    assert {name: parameter.dtype for name, parameter in module.named_parameters()} == dtypes
    assert set(dtypes.values()) == {torch.float32, torch.bfloat16}
    assert torch.equal(module.rope.freqs_cos, half.rope.freqs_cos)
    expected = tiny.answer(reference(tmp_path / "half", type(half), torch_dtype=torch.bfloat16), torch.bfloat16)
    assert torch.equal(tiny.answer(module, torch.bfloat16), expected)


def test_tied_weights_are_one(memory, tmp_path):
    tiny.saved(tiny.text_encoder(), tmp_path)
    memory.read("umt5", tmp_path, never)
    memory.upload("umt5", never)
    module = memory.module("umt5")
    assert module.shared.weight is module.encoder.embed_tokens.weight


def test_files_of_older_transformers_with_longer_names_still_fit(memory, tmp_path):
    model = tiny.image_encoder()
    tiny.saved(model, tmp_path)
    path = tmp_path / "model.safetensors"
    renamed = {f"vision_model.{name.removeprefix('vision_model.')}": tensor for name, tensor in load_file(path).items()}
    save_file({**renamed, "vision_model.embeddings.position_ids": torch.arange(17)[None]}, path)
    memory.read("clip", tmp_path, never)
    memory.upload("clip", never)
    assert torch.equal(tiny.answer(memory.module("clip")), tiny.answer(model))


def test_shards_are_read_as_one(memory, tmp_path):
    model = tiny.transformer()
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    memory.read("dit", tmp_path, never)
    memory.upload("dit", never)
    assert torch.equal(tiny.answer(memory.module("dit")), tiny.answer(model))


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape"])
def test_files_that_do_not_fit_the_model_are_refused_with_a_name(change, memory, tmp_path):
    tiny.saved(tiny.transformer(), tmp_path)
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    name = "blocks.1.attn1.to_q.weight"
    match change:
        case "missing":
            del tensors[name]
        case "unexpected":
            tensors[name := "blocks.9.attn1.to_q.weight"] = torch.zeros(3)
        case "shape":
            tensors[name] = torch.zeros(3, 3)
    save_file(tensors, path)
    with pytest.raises(Rejected, match=name) as raised:
        memory.read("dit", tmp_path, never)
    assert raised.value.fault.code == "weights_mismatch"
    assert memory.host_bytes()[0] == 0


@pytest.mark.parametrize("named", ["Wan", "AutoModel", "UMT5EncoderModel", "../evil", 7])
def test_only_models_of_the_two_libraries_are_built(named, memory, tmp_path):
    tiny.saved(tiny.transformer(), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "_class_name": named}))
    with pytest.raises(Rejected, match="no model of diffusers"):
        memory.read("dit", tmp_path, never)


def test_stopping_while_reading_leaves_nothing_behind(memory, dit):
    with pytest.raises(Cancelled):
        memory.read("dit", dit, lambda: True)
    assert memory.host_bytes()[0] == 0
    memory.read("dit", dit, never)


def test_stopping_while_uploading_leaves_nothing_behind(memory, dit):
    memory.read("dit", dit, never)
    asked = iter([False, False])
    with pytest.raises(Cancelled):
        memory.upload("dit", lambda: next(asked, True))
    assert memory.used() == 0
    memory.upload("dit", never)


def test_a_device_that_is_too_small_runs_out_and_is_as_before(dit):
    memory = TorchMemory(CpuDevice(50_000), 64 * MIB)
    memory.read("dit", dit, never)
    with pytest.raises(torch.OutOfMemoryError):
        memory.upload("dit", never)
    assert memory.used() == 0


def test_dropped_weights_give_their_host_memory_back(loaded, dit):
    taken = loaded.host_bytes()[0]
    loaded.release("dit")
    loaded.drop("dit")
    assert loaded.host_bytes() == (0, loaded.host_bytes()[1])
    loaded.read("dit", dit, never)
    assert loaded.host_bytes()[0] == taken


def test_host_memory_that_is_used_up_refuses_and_keeps_what_is_there(dit, tmp_path):
    memory = TorchMemory(CpuDevice(64 * MIB), 200_000)
    memory.read("one", dit, never)
    with pytest.raises(MemoryError):
        memory.read("two", dit, never)
    memory.upload("one", never)
    assert torch.equal(tiny.answer(memory.module("one")), tiny.answer(tiny.transformer()))


def test_one_component_arrives_while_another_computes(loaded, tmp_path):
    tiny.saved(tiny.vace(), tmp_path)
    module = loaded.module("dit")
    expected = tiny.answer(module)
    arriving = threading.Thread(target=lambda: (loaded.read("vace", tmp_path, never), loaded.upload("vace", never)))
    arriving.start()
    answers = [tiny.answer(module)]
    while arriving.is_alive():
        answers.append(tiny.answer(module))
    assert all(torch.equal(found, expected) for found in answers)
    assert loaded.module("vace")


def test_the_settings_say_how_much_may_be_used():
    memory = open_memory(Settings(device="cpu", device_gib=0.25, host_gib=0.5))
    assert memory.device == "cpu"
    assert memory.device_capacity() == 256 * MIB
    assert 0.85 * 512 * MIB < memory.host_capacity() < 512 * MIB
