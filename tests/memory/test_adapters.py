"""Adapters go beside the weights: on, off and in place of one another without a trace."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from gpu_runtime.run import AdapterUse
from tests.memory import tiny
from tests.memory.conftest import MIB, never
from vibeboard.faults import Rejected

RANK = 4
LAYERS = [f"blocks.{block}.{layer}" for block in range(3) for layer in ("attn1.to_q", "attn2.to_out.0", "ffn.net.2")]
AUTHORS = {"attn1.to_q": "self_attn.q", "attn2.to_out.0": "cross_attn.o", "ffn.net.2": "ffn.2"}


def matrices(seed):
    """Down and up by layer."""
    module = tiny.transformer()
    torch.manual_seed(seed)
    found = {}
    for name in LAYERS:
        layer = module.get_submodule(name)
        found[name] = torch.randn(RANK, layer.in_features), torch.randn(layer.out_features, RANK)
    return found


def diffusers_file(path, seed, alpha=None, metadata=None):
    tensors = {}
    for name, (down, up) in matrices(seed).items():
        tensors |= {f"transformer.{name}.lora_A.weight": down, f"transformer.{name}.lora_B.weight": up}
        if alpha is not None:
            tensors[f"transformer.{name}.alpha"] = torch.tensor(float(alpha))
    save_file(tensors, path, metadata)
    return path


def authors_file(path, seed, alpha):
    tensors = {}
    for name, (down, up) in matrices(seed).items():
        block, layer = name.split(".", 2)[1:]
        key = f"diffusion_model.blocks.{block}.{AUTHORS[layer]}"
        tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(alpha)}
    save_file(tensors, path)
    return path


def merged(seed, strength):
    """What an adapter means: the same model with `strength * up @ down` added to the weights."""
    module = tiny.transformer()
    with torch.no_grad():
        for name, (down, up) in matrices(seed).items():
            module.get_submodule(name).weight += strength * up @ down
    return tiny.answer(module)


def put(memory, *adapters):
    memory.set_adapters("dit", [(AdapterUse(adapter=path.stem, scale=scale), path) for path, scale in adapters])
    return tiny.answer(memory.module("dit"))


def test_an_adapter_that_needs_a_scaling_of_its_own_is_refused(tmp_path, loaded):
    """StoryMem's layout: the authors' names in PEFT's wrapper, whose rank-stabilised factor is nowhere in the file."""
    key = "base_model.model.blocks.0.self_attn.q"
    path = tmp_path / "memory.safetensors"
    width = tiny.transformer().get_submodule("blocks.0.attn1.to_q").in_features
    save_file({f"{key}.lora_A.weight": torch.ones(RANK, width), f"{key}.lora_B.weight": torch.ones(width, RANK)}, path)
    with pytest.raises(Rejected, match=r"no linear layer blocks\.0\.self_attn\.q"):
        put(loaded, (path, 1.0))


@pytest.fixture
def one(tmp_path):
    return diffusers_file(tmp_path / "one.safetensors", seed=1)


@pytest.fixture
def two(tmp_path):
    return diffusers_file(tmp_path / "two.safetensors", seed=2)


def close(found, expected):
    return torch.allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_an_adapter_means_what_it_means_at_its_strength(loaded, one):
    assert close(put(loaded, (one, 1.0)), merged(1, 1.0))
    assert close(put(loaded, (one, 0.3)), merged(1, 0.3))
    assert not close(merged(1, 1.0), merged(1, 0.3))


def test_switching_in_place_and_back_to_none_is_exact(loaded, one, two):
    bare = put(loaded)
    with_one = put(loaded, (one, 1.0))
    with_two = put(loaded, (two, 1.0))
    assert not torch.equal(with_one, with_two)
    assert torch.equal(put(loaded, (one, 1.0)), with_one)
    both = put(loaded, (one, 1.0), (two, 1.0))
    assert torch.equal(put(loaded, (two, 1.0)), with_two)
    assert torch.equal(put(loaded, (one, 1.0), (two, 1.0)), both)
    assert torch.equal(put(loaded), bare)


def test_adapters_do_not_survive_their_base_leaving_the_device(loaded, one):
    bare = put(loaded)
    used = loaded.used()
    put(loaded, (one, 1.0))
    assert loaded.used() > used
    loaded.release("dit")
    assert loaded.used() == 0
    loaded.upload("dit", never)
    assert torch.equal(tiny.answer(loaded.module("dit")), bare)


def test_an_adapter_works_on_streamed_blocks(loaded, one):
    expected = put(loaded, (one, 1.0))
    assert torch.equal(tiny.answer(loaded.module("dit", offload=True)), expected)


@pytest.mark.parametrize("layout", ["alpha as tensors", "alpha in the header", "keys of the authors"])
def test_every_layout_that_people_publish_is_read(layout, loaded, tmp_path):
    path = tmp_path / "it.safetensors"
    match layout:
        case "alpha as tensors":
            diffusers_file(path, 1, alpha=2.0)
        case "alpha in the header":
            header = {"transformer.lora_alpha": 2.0, "transformer.r": RANK, "transformer.alpha_pattern": {}}
            diffusers_file(path, 1, metadata={"format": "pt", "lora_adapter_metadata": json.dumps(header)})
        case "keys of the authors":
            authors_file(path, 1, alpha=2.0)
    assert close(put(loaded, (path, 1.0)), merged(1, 2.0 / RANK))


def test_a_bias_scales_with_the_strength(loaded, one, tmp_path):
    bias = torch.randn(24)
    path = tmp_path / "biased.safetensors"
    tensors = {name: torch.zeros_like(tensor) for name, tensor in load_file(one).items()}
    save_file({**tensors, "transformer.blocks.0.attn1.to_q.lora_B.bias": bias}, path)
    module = tiny.transformer()
    with torch.no_grad():
        module.blocks[0].attn1.to_q.bias += 0.5 * bias
    assert close(put(loaded, (path, 0.5)), tiny.answer(module))


@pytest.mark.parametrize(
    ("key", "shape", "said"),
    [
        ("transformer.blocks.7.attn1.to_q.lora_A.weight", (RANK, 24), "has no linear layer blocks.7.attn1.to_q"),
        ("transformer.patch_embedding.lora_A.weight", (RANK, 24), "has no linear layer patch_embedding"),
        ("transformer.blocks.0.attn1.to_q.lora_A.weight", (RANK, 25), "does not fit the layer"),
        ("transformer.blocks.0.attn1.to_k.lora_A.weight", (RANK, 24), "lacks one of its two matrices"),
        ("transformer.blocks.0.attn1.to_q.lora_magnitude_vector", (24,), "is no part of a low-rank adapter"),
        ("diffusion_model.blocks.0.norm3.diff", (24,), "changes a norm"),
        ("diffusion_model.blocks.0.self_attn.q.hada_w1_a", (24, 2), "not those of a Wan transformer"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_base_stays_bare(key, shape, said, loaded, one, tmp_path):
    bare = put(loaded)
    path = tmp_path / "wrong.safetensors"
    others = {} if key.startswith("diffusion_model") else load_file(one)
    save_file({**others, key: torch.ones(shape)}, path)
    with pytest.raises(Rejected, match=said) as raised:
        put(loaded, (path, 1.0))
    assert raised.value.fault.code == "adapter_mismatch"
    assert torch.equal(put(loaded), bare)


def test_a_pickle_is_no_adapter(loaded, tmp_path):
    torch.save({"transformer.blocks.0.attn1.to_q.lora_A.weight": torch.ones(RANK, 24)}, tmp_path / "it.safetensors")
    with pytest.raises(Rejected, match="not a whole safetensors file"):
        put(loaded, (tmp_path / "it.safetensors", 1.0))


def test_a_file_that_was_replaced_is_read_again(loaded, one):
    put(loaded, (one, 1.0))
    put(loaded)
    diffusers_file(one, seed=5)
    assert close(put(loaded, (one, 1.0)), merged(5, 1.0))


def test_host_memory_for_adapters_is_bounded_and_the_oldest_goes(dit, tmp_path):
    memory = TorchMemory(CpuDevice(64 * MIB), 4 * MIB)
    memory.read("dit", dit, never)
    memory.upload("dit", never)
    weights = memory.host_bytes()[0]
    expected = {}
    for seed in range(20):
        path = diffusers_file(tmp_path / f"{seed}.safetensors", seed)
        expected[path] = put(memory, (path, 1.0))
        assert memory.host_bytes()[0] - weights <= 4 * MIB // 16
    assert all(torch.equal(put(memory, (path, 1.0)), answer) for path, answer in expected.items())


def test_adapters_that_the_host_cannot_hold_together_go_on_together(loaded, dit, tmp_path):
    tight = TorchMemory(CpuDevice(64 * MIB), 4 * MIB)
    tight.read("dit", dit, never)
    tight.upload("dit", never)
    paths = [diffusers_file(tmp_path / f"{seed}.safetensors", seed) for seed in range(40)]
    adapters = [(path, 0.1) for path in paths]
    assert torch.equal(put(tight, *adapters), put(loaded, *adapters))
    assert tight.host_bytes()[0] < loaded.host_bytes()[0]


def test_a_device_without_room_for_an_adapter_stays_bare(dit, one):
    memory = TorchMemory(CpuDevice(130_000), 64 * MIB)
    memory.read("dit", dit, never)
    memory.upload("dit", never)
    used, bare = memory.used(), put(memory)
    with pytest.raises(torch.OutOfMemoryError):
        put(memory, (one, 1.0))
    assert memory.used() == used
    assert torch.equal(put(memory), bare)
