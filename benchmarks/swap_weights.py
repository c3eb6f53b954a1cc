"""Weights of Wan's shapes, at random, written without a model in memory: what is measured does not look at values."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import WanTransformer3DModel
from safetensors.torch import save_file

_COMMON = {
    "patch_size": (1, 2, 2), "attention_head_dim": 128, "in_channels": 16, "out_channels": 16, "text_dim": 4096,
    "freq_dim": 256, "cross_attn_norm": True, "qk_norm": "rms_norm_across_heads",
}  # fmt: skip
SMALL = {**_COMMON, "num_attention_heads": 12, "ffn_dim": 8960, "num_layers": 30}
"""Wan 2.1 T2V 1.3B."""
LARGE = {**_COMMON, "num_attention_heads": 40, "ffn_dim": 13824, "num_layers": 40}
"""Wan 2.1 T2V 14B."""

TARGETS = ("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "ffn.net.0.proj", "ffn.net.2")
_PATTERN = 32 << 20


def model_bytes(shape: dict[str, Any]) -> int:
    """What the tensors of a model of this shape take."""
    return _end(_header(_without_memory(shape)))


def write_model(folder: Path, shape: dict[str, Any]) -> int:
    """A component's folder in bfloat16, norms and embeddings of time in float32 as released; its tensors' bytes."""
    model = _without_memory(shape)
    folder.mkdir(exist_ok=True)
    model.save_config(folder)
    header = _header(model)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "diffusion_pytorch_model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        _fill(file, _end(header))
    return _end(header)


def _without_memory(shape: dict[str, Any]) -> WanTransformer3DModel:
    with init_empty_weights():
        return WanTransformer3DModel(**shape)


def _header(model: WanTransformer3DModel) -> dict[str, dict[str, Any]]:
    kept = set(WanTransformer3DModel._keep_in_fp32_modules or ())
    header, at = {}, 0
    for name, tensor in model.state_dict().items():
        dtype, size = ("F32", 4) if kept & set(name.split(".")) else ("BF16", 2)
        end = at + tensor.numel() * size
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    return header


def _end(header: dict[str, dict[str, Any]]) -> int:
    return max(tensor["data_offsets"][1] for tensor in header.values())


def _fill(file: Any, size: int) -> None:
    """Small finite numbers, read as either type."""
    generator = torch.Generator().manual_seed(0)
    pattern = (torch.randn(_PATTERN // 2, generator=generator) * 0.02).bfloat16().view(torch.uint8).numpy().tobytes()
    while size > 0:
        size -= file.write(pattern[:size])


def write_adapter(path: Path, shape: dict[str, Any], rank: int) -> int:
    """Low-rank matrices on six linear layers a block; their bytes."""
    model = _without_memory(shape)
    tensors = {}
    for number, block in enumerate(model.blocks):
        for target in TARGETS:
            layer, key = block.get_submodule(target), f"transformer.blocks.{number}.{target}"
            tensors[f"{key}.lora_A.weight"] = torch.randn(rank, layer.in_features).mul(0.01).bfloat16()
            tensors[f"{key}.lora_B.weight"] = torch.randn(layer.out_features, rank).mul(0.01).bfloat16()
    save_file(tensors, path)
    return sum(tensor.nbytes for tensor in tensors.values())
