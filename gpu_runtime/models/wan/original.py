"""Transformers of Wan in the layout of its authors' checkpoints, made into a component's folder in diffusers' layout.

The names are translated by diffusers' own single-file converter, which is given names in place of tensors; the tensors
are then copied shard by shard, so that no more than one shard is in memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from accelerate import init_empty_weights
from diffusers import WanTransformer3DModel, WanVACETransformer3DModel
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from vibeboard.faults import Rejected

SHARD_BYTES = 4 << 30
_NAME = "diffusion_pytorch_model"
_PREFIX = "model.diffusion_model."
_HEAD_DIM = 128
"""Of every released Wan; a file does not say it."""

Shapes = Mapping[str, Sequence[int]]


class _Source(NamedTuple):
    """A tensor of the checkpoint: the open file that has it, its name there, its shape and size in bytes."""

    file: Any
    name: str
    shape: list[int]
    bytes: int

    def read(self) -> Tensor:
        tensor: Tensor = self.file.get_tensor(self.name)
        return tensor.contiguous()


def to_diffusers(source: Path, target: Path, config: Mapping[str, Any]) -> None:
    """Write `config.json` and safetensors files into the folder `target`.

    `source` is a safetensors file or a folder of shards. `config` is the `config.json` that came with it, in the
    authors' words or diffusers'; what it leaves out is told from the shapes, so that it may be empty.

    Raises:
        Rejected: `not_wan` when the tensors are not those of a Wan transformer, with the first one that is amiss.
    """
    with ExitStack() as stack:
        found = _sources(source, stack)
        made = configuration({name: item.shape for name, item in found.items()}, config)
        renamed = _renamed(found)
        _check(source, _skeleton(made), {name: item.shape for name, item in renamed.items()})
        (target / "config.json").write_text(json.dumps(made, indent=2) + "\n")
        _write(renamed, target)


def configuration(shapes: Shapes, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of the diffusers model that has tensors of these shapes, by their names in the original."""
    try:
        dim, channels, *patch = shapes["patch_embedding.weight"]
        layers = _count(shapes, "blocks.")
        made: dict[str, Any] = {
            "_class_name": WanTransformer3DModel.__name__,
            "patch_size": list(patch),
            "num_attention_heads": dim // _head_dim(config, dim),
            "attention_head_dim": _head_dim(config, dim),
            "in_channels": channels,
            "out_channels": shapes["head.head.weight"][0] // math.prod(patch),
            "text_dim": shapes["text_embedding.0.weight"][1],
            "freq_dim": shapes["time_embedding.0.weight"][1],
            "ffn_dim": shapes["blocks.0.ffn.0.weight"][0],
            "num_layers": layers,
            "cross_attn_norm": "blocks.0.norm3.weight" in shapes,
            "qk_norm": "rms_norm_across_heads" if "blocks.0.self_attn.norm_q.weight" in shapes else None,
            "eps": config.get("eps", 1e-6),
        }
    except (KeyError, ValueError) as error:
        raise Rejected("not_wan", f"this is not a transformer of Wan: {error} is not there") from None
    return made | _image_branch(shapes, dim) | _control_branch(shapes, layers, config)


def _head_dim(config: Mapping[str, Any], dim: int) -> int:
    heads = config.get("num_attention_heads") or config.get("num_heads")
    return dim // heads if heads else _HEAD_DIM


def _image_branch(shapes: Shapes, dim: int) -> dict[str, Any]:
    if "img_emb.proj.1.weight" not in shapes:
        return {}
    return {"image_dim": shapes["img_emb.proj.1.weight"][1], "added_kv_proj_dim": dim}


def _control_branch(shapes: Shapes, layers: int, config: Mapping[str, Any]) -> dict[str, Any]:
    """VACE's blocks stand beside every n-th layer, from the first on."""
    if "vace_patch_embedding.weight" not in shapes:
        return {}
    beside = config.get("vace_layers") or range(0, layers, layers // _count(shapes, "vace_blocks."))
    return {
        "_class_name": WanVACETransformer3DModel.__name__,
        "vace_layers": list(beside),
        "vace_in_channels": shapes["vace_patch_embedding.weight"][1],
    }


def _count(names: Iterable[str], prefix: str) -> int:
    return len({name[len(prefix) :].partition(".")[0] for name in names if name.startswith(prefix)})


def _sources(source: Path, stack: ExitStack) -> dict[str, _Source]:
    """Every tensor by its name without a prefix that others put before it."""
    paths = sorted(source.glob("*.safetensors")) if source.is_dir() else [source]
    found = {}
    for path in paths:
        file = stack.enter_context(safe_open(path, framework="pt"))
        for name in file.keys():  # noqa: SIM118  (not a mapping)
            part = file.get_slice(name)
            shape = part.get_shape()
            size = math.prod(shape) * _width(part.get_dtype())
            found[name.removeprefix(_PREFIX)] = _Source(file, name, shape, size)
    return found


def _width(dtype: str) -> int:
    """Bytes of one number; safetensors' names end in its bits."""
    return max(int("".join(digit for digit in dtype.partition("_")[0] if digit.isdigit()) or 8) // 8, 1)


def _renamed(found: Mapping[str, _Source]) -> dict[str, _Source]:
    convert: Any = convert_wan_transformer_to_diffusers
    names: dict[str, str] = convert({name: name for name in found})
    return {new: found[old] for new, old in names.items()}


def _skeleton(config: Mapping[str, Any]) -> Any:
    """The model without memory for its tensors."""
    cls: Any = WanVACETransformer3DModel if "vace_layers" in config else WanTransformer3DModel
    with init_empty_weights():
        return cls.from_config(config)


def _check(source: Path, model: Any, shapes: Shapes) -> None:
    wanted = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    amiss = [f"{name} is not there" for name in sorted(wanted.keys() - shapes.keys())]
    amiss += [f"{name} is unknown" for name in sorted(shapes.keys() - wanted.keys())]
    amiss += [
        f"{name} has shape {list(shapes[name])}, wanted is {shape}"
        for name, shape in wanted.items()
        if name in shapes and list(shapes[name]) != shape
    ]
    if amiss:
        raise Rejected("not_wan", f"{source.name} is not a transformer of Wan that is known: {amiss[0]}")


def _write(sources: Mapping[str, _Source], target: Path) -> None:
    shards = _shards(sources)
    count = len(shards)
    files = [f"{_NAME}-{n:05}-of-{count:05}.safetensors" for n in range(1, count + 1)]
    files = files if count > 1 else [f"{_NAME}.safetensors"]
    for file, names in zip(files, shards, strict=True):
        save_file({name: sources[name].read() for name in names}, target / file, metadata={"format": "pt"})
    if count > 1:
        where = {name: file for file, names in zip(files, shards, strict=True) for name in names}
        total = sum(source.bytes for source in sources.values())
        index = {"metadata": {"total_size": total}, "weight_map": where}
        (target / f"{_NAME}.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def _shards(sources: Mapping[str, _Source]) -> list[list[str]]:
    shards: list[list[str]] = [[]]
    size = 0
    for name in sorted(sources):
        if shards[-1] and size + sources[name].bytes > SHARD_BYTES:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += sources[name].bytes
    return shards
