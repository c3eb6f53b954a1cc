"""The weights on this machine: a folder with one folder a component, and the code that moves nothing of it to a device.

```
models/<component id>/   *.safetensors  *.json  component.json (the manifest)  .verified.json (the stamp)
models/.partial-*        an installation at work; swept when it was interrupted
models/.download/<id>/   what came from the hub so far; the next pull goes on from there
```
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_runtime.catalog.declare import Licence
from gpu_runtime.installing import Copying, Item, Origin, Progress, stage
from gpu_runtime.manifest import Manifest, read_manifest
from gpu_runtime.memory import Stopping
from vibeboard.digest import canonical, sha256
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

DOWNLOADS = ".download"
_PARTIAL, _OLD, _LOCK, _STAMP = ".partial-", ".old-", ".lock", ".verified.json"
_DIGEST_LENGTH = 12

Stamp = dict[str, tuple[int, int]]
"""Size and time of change (ns) of each file when its content was last seen to be right."""


def never() -> bool:
    return False


def untold(done: int, total: int) -> None:
    pass


def refusal(licence: Licence, settings: Settings) -> str:
    """Why weights under this licence are not used, or nothing."""
    if licence.commercial or settings.noncommercial:
        return ""
    return f"its licence ({licence.name}) forbids commercial use; VIBEBOARD_NONCOMMERCIAL=1 allows it for you"


class Weights:
    """Installed components and adapters under one folder, by the ids of the catalog."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, item: str) -> Path:
        return self.root / item

    def installed(self, item: str) -> Manifest | None:
        return read_manifest(self.folder(item))

    def needed(self, item: str) -> Manifest:
        """What is installed.

        Raises:
            Rejected: `not_installed`.
        """
        manifest = self.installed(item)
        if not manifest:
            raise Rejected("not_installed", f"{item} is not installed: run vibeboard models pull {item}")
        return manifest

    def size(self, item: str) -> int:
        """Bytes that the weights take in memory.

        Raises:
            Rejected: `not_installed`.
        """
        return self.needed(item).tensor_bytes

    def adapter_file(self, adapter: str) -> Path:
        """The one file of an installed adapter."""
        (name,) = self.needed(adapter).weight_files
        return self.folder(adapter) / name

    def missing(self, items: Iterable[str]) -> str:
        """What to do so that all of these are here, or nothing."""
        absent = [item for item in dict.fromkeys(items) if not self.installed(item)]
        return f"weights: run vibeboard models pull {' '.join(absent)}" if absent else ""

    def revision(self, items: Iterable[str]) -> str:
        """A short digest of the content of all these; what is not installed counts as nothing."""
        found = [manifest.digest for item in items if (manifest := self.installed(item))]
        return sha256(canonical([*found]))[:_DIGEST_LENGTH] if found else ""

    def install(
        self,
        item: Item,
        source: Path,
        progress: Progress = untold,
        stopping: Stopping = never,
        origin: Origin = Origin(),  # noqa: B008  (a value)
        *,
        wait: bool = False,
    ) -> Manifest:
        """Copy a component from a folder in diffusers' layout (the repository's, or the component's own part of it),
        or from one file, and take the place of what was installed. `wait` until another
        vibeboard that changes the folder is done.

        Raises:
            Rejected: the source will not do, or `models_busy` without `wait`; nothing is changed.
            Cancelled: `stopping()` turned true; nothing is changed.
        """
        with self.locked(wait=wait):
            self._sweep()
            partial, old = self.root / f"{_PARTIAL}{item.id}", self.root / f"{_OLD}{item.id}"
            try:
                partial.mkdir()
                stage(item, source, partial, origin, progress, stopping)
                _write_stamp(partial, _stamp(partial, [*_manifest(partial).files]))
                if self.folder(item.id).exists():
                    self.folder(item.id).rename(old)
                partial.rename(self.folder(item.id))
            finally:
                self._sweep()
        return _manifest(self.folder(item.id))

    def verify(self, item: str, progress: Progress = untold, stopping: Stopping = never) -> None:
        """Read every byte and compare it with what was installed.

        Raises:
            Rejected: `weights_changed` with the file's name, `not_installed`.
        """
        folder, manifest = self.folder(item), self.needed(item)
        copying = Copying(sum(record.bytes for record in manifest.files.values()), progress, stopping)
        stamp = _stamp(folder, manifest.files)
        for name, record in manifest.files.items():
            if name not in stamp or stamp[name][0] != record.bytes:
                raise _changed(item, name, "is missing" if name not in stamp else "has another size")
            if copying.hash(folder / name) != record.sha256:
                raise _changed(item, name, "has another content")
        _write_stamp(folder, stamp)

    def check(self, item: str, progress: Progress = untold, stopping: Stopping = never) -> None:
        """Before weights are loaded: are the files as they were when last verified? Costs one `stat` a file, and a
        whole verification when one of them has another size or time.

        Raises:
            Rejected: `weights_changed` with the file's name, `not_installed`.
        """
        manifest = self.needed(item)
        if _stamp(self.folder(item), manifest.files) != _read_stamp(self.folder(item)):
            self.verify(item, progress, stopping)

    def remove(self, item: str) -> int:
        """Delete what is installed or half pulled; how many bytes that was.

        Raises:
            Rejected: `models_busy`, another vibeboard installs or pulls meanwhile.
        """
        with self.locked(), self.locked(item):
            self._sweep()
            folders = [folder for folder in (self.folder(item), self.download(item)) if folder.exists()]
            freed = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
            for folder in folders:
                doomed = self.root / f"{_PARTIAL}{item}"
                folder.rename(doomed)
                shutil.rmtree(doomed)
        return freed

    def download(self, item: str) -> Path:
        """Where a pull keeps what it has so far."""
        return self.root / DOWNLOADS / item

    def discard_download(self, item: str) -> None:
        shutil.rmtree(self.download(item), ignore_errors=True)

    @contextmanager
    def locked(self, item: str = "", *, wait: bool = False) -> Iterator[None]:
        """Nobody else changes the folder meanwhile, or what comes from the hub for one item."""
        folder = self.root / DOWNLOADS if item else self.root
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{_LOCK}{item}").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                reason = (
                    f"another vibeboard is at work on {item or 'the weights'} in {self.root}: wait until it is done"
                )
                raise Rejected("models_busy", reason) from None
            yield

    def _sweep(self) -> None:
        """Undo interrupted installations. What was replaced comes back if its successor did not make it."""
        for old in self.root.glob(f"{_OLD}*"):
            current = self.folder(old.name.removeprefix(_OLD))
            shutil.rmtree(old) if current.exists() else old.rename(current)
        for partial in self.root.glob(f"{_PARTIAL}*"):
            shutil.rmtree(partial)


def _manifest(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    assert manifest
    return manifest


def _changed(item: str, name: str, how: str) -> Rejected:
    remedy = f"run vibeboard models rm {item}, then vibeboard models pull {item}"
    return Rejected("weights_changed", f"{item}: {name} {how} since it was installed; {remedy}")


def _stamp(folder: Path, names: Iterable[str]) -> Stamp:
    found = {name: folder / name for name in names if (folder / name).is_file()}
    return {name: ((stat := path.stat()).st_size, stat.st_mtime_ns) for name, path in found.items()}


def _write_stamp(folder: Path, stamp: Stamp) -> None:
    partial = folder / f"{_STAMP}.partial"
    partial.write_text(json.dumps(stamp))
    partial.replace(folder / _STAMP)


def _read_stamp(folder: Path) -> Stamp:
    try:
        data = json.loads((folder / _STAMP).read_bytes())
        return {name: (int(size), int(changed)) for name, (size, changed) in data.items()}
    except (FileNotFoundError, ValueError):
        return {}
