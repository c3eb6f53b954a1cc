"""Torch modules without weights, and the places in them where weights belong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from accelerate import init_empty_weights
from torch import nn

from gpu_runtime.safetensors_file import TensorSpan
from vibeboard.faults import Rejected

TORCH_DTYPES = {
    "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2, "I16": torch.int16, "U16": torch.uint16, "F16": torch.float16, "BF16": torch.bfloat16,
    "I32": torch.int32, "U32": torch.uint32, "F32": torch.float32, "I64": torch.int64, "U64": torch.uint64,
    "F64": torch.float64,
}  # fmt: skip

_WRAPPER = "vision_model."
"""A part of names that transformers 4 has and 5 has not."""

_SHOWN = 3


@dataclass
class Slot:
    """A parameter or buffer of a module, under all the names that tied weights have, with all its owners."""

    shape: tuple[int, ...]
    names: list[str] = field(default_factory=list)
    places: list[tuple[nn.Module, str]] = field(default_factory=list)

    def put(self, tensor: torch.Tensor) -> None:
        """Let the module compute with this tensor."""
        for owner, leaf in self.places:
            parameter = owner._parameters.get(leaf)
            if parameter is None:
                owner._buffers[leaf] = tensor
            else:
                parameter.data = tensor


def model_class(folder: Path) -> tuple[type[Any], dict[str, Any]]:
    """The class that a component's `config.json` names, of diffusers or transformers only, and that configuration.

    Raises:
        Rejected: `unknown_model`.
    """
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_bytes())
    except (FileNotFoundError, ValueError):
        raise Rejected("unknown_model", f"{folder.name} has no readable config.json: install it again") from None
    named = config.get("_class_name") or next(iter(config.get("architectures") or []), None)
    library: Any = diffusers if "_class_name" in config else transformers
    base = diffusers.ModelMixin if library is diffusers else transformers.PreTrainedModel
    found = getattr(library, named, None) if isinstance(named, str) else None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise Rejected("unknown_model", f"{folder.name}: config.json names {named}, no model of {library.__name__}")
    return found, config


def skeleton(folder: Path) -> nn.Module:
    """The module of a component with empty parameters. Buffers that are computed, not stored, are there."""
    kind, config = model_class(folder)
    module: nn.Module
    with init_empty_weights(include_buffers=False):
        if issubclass(kind, diffusers.ModelMixin):
            module = kind.from_config(config)  # type: ignore[no-untyped-call]
        else:
            module = kind(kind.config_class.from_dict(config))
    if isinstance(module, transformers.PreTrainedModel):
        module.tie_weights()  # the context above parts what was tied
    return module.eval()


def slots(module: nn.Module) -> list[Slot]:
    """Every parameter and stored buffer, empty, in the order of the module. Tied ones are one."""
    found: dict[int, Slot] = {}
    parameters: dict[int, nn.Parameter] = {}
    for path, owner in module.named_modules():
        prefix = f"{path}." if path else ""
        for leaf, tensor in _stored(owner):
            slot = found.setdefault(id(tensor), Slot(tuple(tensor.shape)))
            slot.names.append(prefix + leaf)
            slot.places.append((owner, leaf))
            if leaf in owner._parameters:
                empty = nn.Parameter(torch.empty(0, dtype=tensor.dtype), requires_grad=False)
                owner._parameters[leaf] = parameters.setdefault(id(tensor), empty)
    return list(found.values())


def _stored(owner: nn.Module) -> list[tuple[str, torch.Tensor]]:
    buffers = {leaf: item for leaf, item in owner._buffers.items() if leaf not in owner._non_persistent_buffers_set}
    return [(leaf, tensor) for leaf, tensor in (owner._parameters | buffers).items() if tensor is not None]


def computed(module: nn.Module) -> list[tuple[Slot, torch.Tensor]]:
    """Buffers that no file holds, such as the tables of rotary embeddings."""
    found = []
    for path, owner in module.named_modules():
        for leaf in sorted(owner._non_persistent_buffers_set & owner._buffers.keys()):
            if (tensor := owner._buffers[leaf]) is not None:
                slot = Slot(tuple(tensor.shape), [f"{path}.{leaf}".lstrip(".")], [(owner, leaf)])
                found.append((slot, tensor))
    return found


def blocks(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """The parts that are always called as a whole, as their library declares them, outermost, with their paths."""
    declared = set(getattr(module, "_no_split_modules", None) or ())
    return list(_outermost(module, "", declared))


def _outermost(module: nn.Module, path: str, declared: set[str]) -> Iterator[tuple[str, nn.Module]]:
    for name, child in module.named_children():
        if type(child).__name__ in declared:
            yield path + name, child
        else:
            yield from _outermost(child, f"{path}{name}.", declared)


def match(module: nn.Module, found: list[Slot], stored: dict[str, TensorSpan], name: str) -> list[tuple[Slot, str]]:
    """Every slot with the name of the tensor that fills it.

    Raises:
        Rejected: `weights_mismatch` when tensors are missing, not expected or of another shape; some are named.
    """
    by_name = {alias: slot for slot in found for alias in slot.names}
    filled: dict[int, tuple[Slot, str]] = {}
    unexpected = []
    for stored_name, span in stored.items():
        alias = _alias(stored_name, by_name)
        if alias is None:
            unexpected.append(stored_name)
        elif span.shape != by_name[alias].shape:
            raise _mismatch(name, f"{stored_name} is {list(span.shape)}, expected {list(by_name[alias].shape)}")
        else:
            filled.setdefault(id(by_name[alias]), (by_name[alias], stored_name))
    if missing := [slot.names[0] for slot in found if id(slot) not in filled]:
        raise _mismatch(name, f"{len(missing)} tensors are missing, {', '.join(missing[:_SHOWN])} among them")
    if unexpected := [item for item in unexpected if not _ignored(module, item)]:
        raise _mismatch(name, f"{len(unexpected)} tensors fit nowhere, {', '.join(unexpected[:_SHOWN])} among them")
    return [filled[id(slot)] for slot in found]


def _alias(name: str, known: dict[str, Slot]) -> str | None:
    candidates = (name, name.removeprefix(_WRAPPER), _WRAPPER + name)
    return next((candidate for candidate in candidates if candidate in known), None)


def _ignored(module: nn.Module, name: str) -> bool:
    """Tensors that older files have though they are computed."""
    if any(name.removeprefix(_WRAPPER) in slot.names for slot, _ in computed(module)):
        return True
    return any(
        re.search(pattern, name) for pattern in getattr(module, "_keys_to_ignore_on_load_unexpected", None) or ()
    )


def _mismatch(name: str, what: str) -> Rejected:
    return Rejected("weights_mismatch", f"{name}: {what}; its files and config.json do not belong together, pull again")
