"""What is known of installed weights: which files, of what content, from where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from vibeboard.digest import canonical, sha256
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

MANIFEST = "component.json"
FOLDER = "folder"
"""The `repo` of weights that were copied from this machine."""

_WEIGHTS = re.compile(r"(diffusion_pytorch_model|model)(-\d{5}-of-\d{5})?\.safetensors")
_INDEX = re.compile(r"(diffusion_pytorch_model|model)\.safetensors\.index\.json")
_CONFIGURATION = (".json", ".model", ".txt")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


class FileRecord(Frozen):
    sha256: str
    bytes: int


class Manifest(Frozen):
    """`tensor_bytes` is what the weights take in memory; configuration has none. `repo` and `revision` say where the
    files came from, `folder` if from this machine."""

    component: str
    files: dict[str, FileRecord]
    dtype: str
    tensor_bytes: int
    repo: str
    revision: str = ""

    @property
    def weight_files(self) -> tuple[str, ...]:
        return tuple(name for name in self.files if name.endswith(".safetensors"))

    @property
    def digest(self) -> str:
        """Names the content of all files."""
        return sha256(canonical({name: record.sha256 for name, record in self.files.items()}))


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a folder, if there is one.

    Raises:
        Rejected: `weights_changed` when it is damaged.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        remedy = f"run vibeboard models rm {folder.name} and pull it again"
        raise Rejected("weights_changed", f"{folder.name}: {MANIFEST} is damaged; {remedy}") from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a component's folder, installed or in diffusers' layout."""
    manifest = read_manifest(folder)
    names = manifest.weight_files if manifest else choose(path.name for path in folder.iterdir())
    return [folder / name for name in sorted(names) if name.endswith(".safetensors")]


def choose(names: Iterable[str]) -> list[str]:
    """Of the files of a folder in diffusers' layout those that are installed: configuration, and the weights in one
    variant, shards before a single file.

    Raises:
        Rejected: `not_safetensors` when there are weights, but only as pickles.
    """
    found = sorted(names)
    tensors = [name for name in found if name.endswith(".safetensors")]
    if not tensors and (pickle := next((name for name in found if name.endswith(_PICKLES)), None)):
        advice = "pickles can run code and are never read: take a safetensors version of these weights"
        raise Rejected("not_safetensors", f"{pickle} is not safetensors; {advice}")
    plain = [name for name in tensors if _WEIGHTS.fullmatch(name)] or tensors
    sharded = any(_INDEX.fullmatch(name) for name in found)
    shards = [name for name in plain if "-of-" in name]
    weights = shards if sharded and shards else [name for name in plain if name not in shards] or shards
    return sorted([*weights, *(name for name in found if _is_configuration(name, sharded))])


def _is_configuration(name: str, sharded: bool) -> bool:
    if name == MANIFEST or name.startswith("."):
        return False
    if ".index." in name:
        return sharded and _INDEX.fullmatch(name) is not None
    return name.endswith(_CONFIGURATION)
