"""Low-rank adapters as files: the layouts in which people publish them, read into one form.

Understood are those of diffusers and PEFT (`transformer.blocks.0.attn1.to_q.lora_A.weight`, with `alpha` as a tensor or
in the header), and the ones with the key names of Wan's authors (`diffusion_model....lora_down.weight`,
`lora_unet_...`), which diffusers translates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.lora_pipeline import WanLoraLoaderMixin
from safetensors import safe_open
from torch import nn

from gpu_runtime.safetensors_file import read_header
from vibeboard.faults import Rejected

_PREFIXES = ("transformer.", "transformer_2.", "diffusion_model.", "text_encoder.", "base_model.model.")
_AUTHORS = ("diffusion_model.", "lora_unet_")
_KEY = re.compile(r"(.+?)\.(lora_A|lora_B|lora_down|lora_up|alpha)(?:\.default)?(?:\.(weight|bias))?")
_HEADER_KEY = "lora_adapter_metadata"
_SHOWN = 3


@dataclass(frozen=True)
class LowRank:
    """What is added to a linear layer's output: `factor * up @ (down @ x) + bias`, with `down` [rank, in] and `up`
    [out, rank]."""

    down: torch.Tensor
    up: torch.Tensor
    bias: torch.Tensor | None
    factor: float


def read_adapter(path: Path, module: nn.Module, component: str) -> dict[str, LowRank]:
    """The adapter in a file by the paths of the linear layers of `module` that it goes on.

    Raises:
        Rejected: `not_safetensors`, or `adapter_mismatch` when it was made for another model, or is of another kind.
    """
    read_header(path)
    tensors, settings = _load(path)
    if type(module).__name__.startswith("Wan") and any(key.startswith(_AUTHORS) for key in tensors):
        tensors = _translated(path, tensors)
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        found = _KEY.fullmatch(_bare(key))
        if not found:
            raise _mismatch(path, f"{key} is no part of a low-rank adapter")
        kind = {"lora_A": "down", "lora_down": "down", "alpha": "alpha"}.get(found[2], "up")
        parts.setdefault(found[1], {})["bias" if found[3] == "bias" else kind] = tensor
    _all_known(path, parts, module, component)
    return {target: _low_rank(path, target, part, module, settings) for target, part in parts.items()}


def _load(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (no mapping)
        header = file.metadata() or {}
    settings = {_bare(key): value for key, value in json.loads(header.get(_HEADER_KEY, "{}")).items()}
    return tensors, settings


def _translated(path: Path, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Keys of Wan's authors as diffusers has them; alpha is in the weights then. Its translation leaves differences of
    norms out, so they have to be zero."""
    for key, tensor in tensors.items():
        if "norm" in key and key.endswith((".diff", ".diff_b")) and bool(tensor.any()):
            raise _mismatch(path, f"{key} changes a norm, which no low-rank adapter does")
    try:
        translated: dict[str, torch.Tensor] = WanLoraLoaderMixin.lora_state_dict(dict(tensors))
    except (ValueError, KeyError) as error:
        raise _mismatch(path, f"its keys are not those of a Wan transformer ({error})") from None
    return translated


def _bare(key: str) -> str:
    """Without the names of the pipeline's part and of PEFT's wrapper."""
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return key


def _all_known(path: Path, parts: Mapping[str, object], module: nn.Module, component: str) -> None:
    linear = {name for name, layer in module.named_modules() if isinstance(layer, nn.Linear)}
    if unknown := [target for target in parts if target not in linear]:
        shown = ", ".join(unknown[:_SHOWN])
        raise _mismatch(path, f"{component} has no linear layer {shown} ({len(unknown)} of {len(parts)} are unknown)")


def _low_rank(
    path: Path, target: str, part: Mapping[str, torch.Tensor], module: nn.Module, settings: Mapping[str, Any]
) -> LowRank:
    layer = module.get_submodule(target)
    down, up = part.get("down"), part.get("up")
    if down is None or up is None:
        raise _mismatch(path, f"{target} lacks one of its two matrices")
    rank = down.shape[0]
    if down.shape != (rank, layer.in_features) or up.shape != (layer.out_features, rank):
        raise _mismatch(path, f"{target} is {list(up.shape)} x {list(down.shape)}, which does not fit the layer")
    default = settings.get("alpha_pattern", {}).get(target, settings.get("lora_alpha", rank))
    alpha = float(part["alpha"]) if "alpha" in part else float(default)
    return LowRank(down, up, part.get("bias"), alpha / rank)


def _mismatch(path: Path, what: str) -> Rejected:
    return Rejected("adapter_mismatch", f"the adapter {path.name} does not fit: {what}; take one made for this model")
