"""Checkpoints in the layout of Wan's authors give what their own code computes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from diffusers import WanTransformer3DModel, WanVACETransformer3DModel
from safetensors.torch import load_file, save_file

from gpu_runtime.models.wan import original
from gpu_runtime.models.wan.original import to_diffusers
from vibeboard.faults import Rejected

FOLDER = Path(os.environ.get("VIBEBOARD_PARITY_DIR", Path(__file__).parents[3] / "shared" / "parity"))
TOLERANCE = 1e-5


def fixture(name: str) -> Path:
    if not (FOLDER / name).is_dir():
        pytest.skip(f"{FOLDER / name} is not there; VIBEBOARD_PARITY_DIR names the folder of golden data")
    return FOLDER / name


def converted(golden: Path, target: Path) -> WanTransformer3DModel:
    to_diffusers(golden / "weights.safetensors", target, json.loads((golden / "config.json").read_bytes()))
    return WanTransformer3DModel.from_pretrained(target, torch_dtype=torch.float32).eval()


def cases(golden: Path) -> list[tuple[dict[str, torch.Tensor], torch.Tensor]]:
    inputs, expected = load_file(golden / "inputs.safetensors"), load_file(golden / "expected.safetensors")
    numbers = range(len(expected))
    named = [{name.partition(".")[2]: t for name, t in inputs.items() if name.startswith(f"case{n}.")} for n in numbers]
    return [(case, expected[f"case{n}.sample"]) for n, case in enumerate(named)]


def assert_near(sample: torch.Tensor, expected: torch.Tensor) -> None:
    assert (sample - expected).abs().max() <= TOLERANCE * expected.abs().max()


def test_text_to_video(tmp_path):
    golden = fixture("wan_dit")
    model = converted(golden, tmp_path)
    assert len(cases(golden)) == 3
    for case, expected in cases(golden):
        with torch.no_grad():
            assert_near(model(**case, return_dict=False)[0], expected)


def test_image_to_video(tmp_path):
    golden = fixture("wan_dit_i2v")
    model = converted(golden, tmp_path)
    assert len(cases(golden)) == 2
    for case, expected in cases(golden):
        text = torch.zeros(1, 512, case["text"].shape[2])
        text[:, : case["text"].shape[1]] = case["text"]
        with torch.no_grad():
            sample = model(
                hidden_states=torch.cat([case["latents"], case["condition"]], dim=1),
                timestep=case["timestep"],
                encoder_hidden_states=text,
                encoder_hidden_states_image=case["clip"],
                return_dict=False,
            )[0]
        assert_near(sample, expected)


def test_a_checkpoint_in_shards_comes_out_in_shards_of_its_own(tmp_path, monkeypatch):
    golden = fixture("wan_dit")
    config = json.loads((golden / "config.json").read_bytes())
    tensors = load_file(golden / "weights.safetensors")
    source, whole, parts = tmp_path / "source", tmp_path / "whole", tmp_path / "parts"
    for folder in (source, whole, parts):
        folder.mkdir()
    names = sorted(tensors)
    for n, some in enumerate((names[::2], names[1::2])):
        save_file({f"model.diffusion_model.{name}": tensors[name] for name in some}, source / f"{n}.safetensors")
    to_diffusers(golden / "weights.safetensors", whole, config)
    monkeypatch.setattr(original, "SHARD_BYTES", 30_000)
    to_diffusers(source, parts, config)
    assert len(list(parts.glob("*.safetensors"))) > 2
    one, other = (WanTransformer3DModel.from_pretrained(folder).state_dict() for folder in (whole, parts))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_lacks_a_tensor_is_no_wan(tmp_path):
    golden = fixture("wan_dit")
    tensors = load_file(golden / "weights.safetensors")
    del tensors["blocks.1.ffn.2.bias"]
    save_file(tensors, tmp_path / "broken.safetensors")
    with pytest.raises(Rejected, match=r"broken\.safetensors.*blocks\.1\.ffn\.net\.2\.bias is not there"):
        to_diffusers(tmp_path / "broken.safetensors", tmp_path, {"num_heads": 2})
    assert not (tmp_path / "config.json").exists()


def test_another_model_is_no_wan(tmp_path):
    save_file({"conv.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(Rejected, match=r"patch_embedding\.weight"):
        to_diffusers(tmp_path / "other.safetensors", tmp_path, {})


@pytest.mark.parametrize(
    ("model", "heads", "layers", "beside"), [("1.3b", 12, 30, range(0, 30, 2)), ("14b", 40, 40, range(0, 40, 5))]
)
def test_the_released_control_models_are_recognised_by_their_shapes(model, heads, layers, beside):
    """Shapes as published: 1.3B is 1536 wide with 15 control blocks, 14B is 5120 wide with 8."""
    dim, ffn = heads * 128, {"1.3b": 8960, "14b": 13824}[model]
    shapes = {
        "patch_embedding.weight": (dim, 16, 1, 2, 2),
        "head.head.weight": (64, dim),
        "text_embedding.0.weight": (dim, 4096),
        "time_embedding.0.weight": (dim, 256),
        "vace_patch_embedding.weight": (dim, 96, 1, 2, 2),
        **{f"blocks.{n}.ffn.0.weight": (ffn, dim) for n in range(layers)},
        **{f"vace_blocks.{n}.ffn.0.weight": (ffn, dim) for n in range(len(beside))},
        "blocks.0.norm3.weight": (dim,),
        "blocks.0.self_attn.norm_q.weight": (dim,),
    }
    made = original.configuration(shapes, {})
    assert made["_class_name"] == WanVACETransformer3DModel.__name__
    assert (made["num_attention_heads"], made["attention_head_dim"]) == (heads, 128)
    assert (made["num_layers"], made["vace_layers"], made["vace_in_channels"]) == (layers, list(beside), 96)
