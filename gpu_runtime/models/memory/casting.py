"""Weights that are published in another floating type than the one they are used in, cast once, when installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from gpu_runtime.models.memory.modules import model_class
from gpu_runtime.safetensors_file import TORCH_NAMES, TensorSpan


def casts(folder: Path, header: Mapping[str, TensorSpan], dtype: str) -> dict[str, str]:
    """The tensors of a file that are to be cast, and to what. What the model keeps in 32 bits stays there."""
    kept = _kept(model_class(folder)[0], dtype)
    wanted = {}
    for name, span in header.items():
        target = "float32" if kept & set(name.split(".")) else dtype
        if span.dtype in TORCH_NAMES and TORCH_NAMES[span.dtype] != target:
            wanted[name] = target
    return wanted


def _kept(kind: type[Any], dtype: str) -> set[str]:
    """Parts of names that `from_pretrained` of the two libraries keeps in 32 bits when the rest is in 16."""
    always = set(getattr(kind, "_keep_in_fp32_modules_strict", None) or ())
    declared = set(getattr(kind, "_keep_in_fp32_modules", None) or ())
    if dtype == "float32":
        return set()
    is_transformers = hasattr(kind, "_keep_in_fp32_modules_strict")
    return always if is_transformers and dtype != "float16" else always | declared


def cast(source: Path, target: Path, wanted: Mapping[str, str], step: Callable[[int], None]) -> None:
    """Write a file again with some tensors in other types; `step` is told the bytes of each tensor and may raise."""
    tensors = {}
    with safe_open(source, "pt") as file:
        metadata = file.metadata()
        for name in file.keys():  # noqa: SIM118  (no mapping)
            tensor = file.get_tensor(name)
            step(tensor.nbytes)
            tensors[name] = tensor.to(getattr(torch, wanted[name])) if name in wanted else tensor
    save_file(tensors, target, metadata)
