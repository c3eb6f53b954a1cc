"""Files of a component from a folder of this machine into the folder of weights: whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from gpu_runtime.catalog.declare import Adapter, Component, Kind
from gpu_runtime.manifest import FOLDER, MANIFEST, FileRecord, Manifest, choose
from gpu_runtime.memory import Stopping
from gpu_runtime.safetensors_file import TORCH_NAMES, TensorSpan, read_header
from vibeboard.digest import sha256_file
from vibeboard.faults import Cancelled, Rejected

T = TypeVar("T")
Item = Component | Adapter
"""What can be installed."""

Progress = Callable[[int, int], None]
"""Told how many bytes are done, of how many."""

CHUNK = 8 << 20
_SPARE = 1 << 28


class Origin(NamedTuple):
    """Where files came from, and the sha256 that the hub has for them. Files that `is_ours` are linked, not copied."""

    repo: str = FOLDER
    revision: str = ""
    sha256: Mapping[str, str] = {}
    is_ours: bool = False


class _ShardIndex(BaseModel):
    """Which file holds each tensor."""

    weight_map: dict[str, str]


_CONFIGURATION, _INDEX = TypeAdapter(dict[str, Any]), TypeAdapter(_ShardIndex)


class Copying:
    """Bytes on their way, counted over several files; stops within one chunk."""

    def __init__(self, total: int, progress: Progress, stopping: Stopping) -> None:
        self._total, self._progress, self._stopping = total, progress, stopping
        self._done = 0

    def advance(self, size: int) -> None:
        if self._stopping():
            raise Cancelled("stopped; nothing was installed")
        self._done += size
        self._progress(self._done, self._total)

    def copy(self, source: Path, target: Path) -> str:
        """The file's sha256."""
        digest = hashlib.sha256()
        with source.open("rb") as reading, target.open("wb") as writing:
            while chunk := reading.read(CHUNK):
                digest.update(chunk)
                writing.write(chunk)
                self.advance(len(chunk))
            _to_disk(writing.fileno())
        return digest.hexdigest()

    def hash(self, path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb") as reading:
            while chunk := reading.read(CHUNK):
                digest.update(chunk)
                self.advance(len(chunk))
        return digest.hexdigest()


def stage(item: Item, source: Path, target: Path, origin: Origin, progress: Progress, stopping: Stopping) -> None:
    """Fill the empty folder `target` from a file or folder, checked, with its manifest.

    Raises:
        Rejected: the source is not what the item needs; the sentence says why.
        Cancelled: `stopping()` turned true.
    """
    if source.is_file() and isinstance(item, Component):
        return _from_original(item, source, target, origin, progress, stopping)
    files = [source] if source.is_file() else _files_of(item, source)
    for path in files:
        if path.suffix == ".safetensors" or source.is_file():
            read_header(path)
        elif path.suffix == ".json":
            _read_json(path, _CONFIGURATION)
    sizes = {path: path.stat().st_size for path in files}
    casts = _casts(item, files)
    room_for(sum(size for path, size in sizes.items() if casts.get(path.name) or not origin.is_ours), target)
    total = sum(size * (2 if casts.get(path.name) else 1) for path, size in sizes.items())
    copying = Copying(total, progress, stopping)
    records = {}
    for path in files:
        records[path.name] = _place(path, target / path.name, casts.get(path.name, {}), origin, copying)
    _write_manifest(item, target, records, origin)
    return None


def _files_of(item: Item, source: Path) -> list[Path]:
    if isinstance(item, Adapter):
        return [_existing(source / item.file)]
    inner = source / item.folder
    folder = inner if item.folder and inner.is_dir() else source
    if not folder.is_dir():
        raise Rejected("no_weights", f"{source} is not there: give a folder in diffusers' layout, or a file")
    names = choose(path.name for path in folder.iterdir() if path.is_file())
    if item.is_weights and not any(name.endswith(".safetensors") for name in names):
        raise Rejected("no_weights", f"{folder} has no .safetensors file for {item.id}")
    if not names:
        raise Rejected("no_weights", f"{folder} has no configuration for {item.id}")
    _all_shards(folder, names)
    return [folder / name for name in names]


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise Rejected("no_weights", f"{path} is not there")
    return path


def _all_shards(folder: Path, names: list[str]) -> None:
    for index in (name for name in names if name.endswith(".safetensors.index.json")):
        wanted = set(_read_json(folder / index, _INDEX).weight_map.values())
        if missing := sorted(wanted - set(names)):
            raise Rejected("no_weights", f"{folder} lacks {missing[0]}, which {index} names: copy or pull it too")


def _read_json(path: Path, shape: TypeAdapter[T]) -> T:
    """
    Raises:
        Rejected: `not_json`.
    """
    try:
        return shape.validate_json(path.read_bytes())
    except ValidationError as error:
        wrong = error.errors()[0]["msg"]
        raise Rejected(
            "not_json", f"{path} is not the JSON that it should be ({wrong}): copy or pull it again"
        ) from None


def room_for(size: int, folder: Path) -> None:
    """
    Raises:
        Rejected: `disk_full`.
    """
    free = shutil.disk_usage(folder).free - _SPARE
    if free < size:
        raise Rejected("disk_full", f"{size / 1e9:.1f} GB are needed in {folder.parent}, {max(free, 0) / 1e9:.1f} free")


def _casts(item: Item, files: list[Path]) -> dict[str, dict[str, str]]:
    """For every file, the tensors that are stored in another type than the component's, and the type to make of them.
    Weights are published in 32 bits that are used in 16: cast once, they are read and moved at half the size."""
    if not (isinstance(item, Component) and item.is_weights):
        return {}
    headers = {path.name: read_header(path) for path in files if path.suffix == ".safetensors"}
    floating = {span.dtype for header in headers.values() for span in header.values() if span.dtype in TORCH_NAMES}
    if all(TORCH_NAMES[dtype] == item.dtype == "float32" for dtype in floating):
        return {}
    from gpu_runtime.models.memory.casting import casts  # noqa: PLC0415  (needs torch)

    return {name: casts(files[0].parent, header, item.dtype) for name, header in headers.items()}


def _place(path: Path, target: Path, casts: Mapping[str, str], origin: Origin, copying: Copying) -> FileRecord:
    digest = copying.hash(path) if casts or origin.is_ours else copying.copy(path, target)
    expected = origin.sha256.get(path.name, digest)
    if digest != expected:
        raise Rejected("weights_changed", f"{path.name} is not what {origin.repo} has (its hash differs): pull again")
    if origin.is_ours and not casts:
        target.hardlink_to(path)
    if casts:
        from gpu_runtime.models.memory.casting import cast  # noqa: PLC0415  (needs torch)

        cast(path, target, casts, copying.advance)
        digest = sha256_file(target)
    return FileRecord(sha256=digest, bytes=target.stat().st_size)


def _from_original(
    item: Component, source: Path, target: Path, origin: Origin, progress: Progress, stopping: Stopping
) -> None:
    """A checkpoint in the layout of the model's authors, one file, becomes a folder in diffusers' layout first."""
    if item.kind is not Kind.TRANSFORMER:
        raise Rejected("no_weights", f"{source.name}: only a transformer can come from one file; give a folder")
    read_header(source)
    from gpu_runtime.models.wan.original import to_diffusers  # noqa: PLC0415  (needs torch)

    beside = source.with_name("config.json")
    config = _read_json(beside, _CONFIGURATION) if beside.is_file() else {}
    converted = target / ".converted"
    converted.mkdir()
    to_diffusers(source, converted, config)
    stage(item, converted, target, origin._replace(is_ours=True), progress, stopping)
    shutil.rmtree(converted)


def _write_manifest(item: Item, target: Path, records: Mapping[str, FileRecord], origin: Origin) -> None:
    headers = [read_header(target / name) for name in records if name.endswith(".safetensors")]
    dtype = item.dtype if isinstance(item, Component) else _dtype(headers)
    manifest = Manifest(
        component=item.id,
        files=dict(sorted(records.items())),
        dtype=dtype,
        tensor_bytes=sum(span.bytes for header in headers for span in header.values()),
        repo=origin.repo,
        revision=origin.revision,
    )
    with (target / MANIFEST).open("w") as file:
        file.write(manifest.model_dump_json(indent=2) + "\n")
        file.flush()
        _to_disk(file.fileno())


def _dtype(headers: list[dict[str, TensorSpan]]) -> str:
    return next((TORCH_NAMES.get(span.dtype, span.dtype) for header in headers for span in header.values()), "")


def _to_disk(descriptor: int) -> None:
    os.fsync(descriptor)
