"""Weights from the Hugging Face hub: listed before anything is fetched, resumed where a pull stopped, checked by hash.

`HF_ENDPOINT` and `HF_TOKEN` mean what they mean to every tool of the hub.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, NamedTuple, Self

from gpu_runtime.catalog.declare import Adapter
from gpu_runtime.installing import Copying, Item, Origin, Progress, room_for
from gpu_runtime.manifest import Manifest, choose
from gpu_runtime.memory import Stopping
from gpu_runtime.weights import Weights, never, untold
from vibeboard.faults import Rejected, Transient

_SPOILT = ("weights_changed", "not_safetensors", "not_json")
"""Faults of the files themselves: fetched again, they may be right. Whatever else is wrong, what came is kept."""


class RemoteFile(NamedTuple):
    """A file of a repository. The hub knows the sha256 of large files only."""

    path: str
    size: int
    sha256: str = ""


class Listing(NamedTuple):
    """What a pull of an item would fetch, at one commit."""

    revision: str
    files: tuple[RemoteFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def listing(item: Item) -> Listing:
    """Ask the hub what there is.

    Raises:
        Rejected: there is no such repository, folder or file, or it may not be had as things are.
        Transient: the hub does not answer.
    """
    with _hub(item) as hub:
        info = hub.HfApi(endpoint=_endpoint()).model_info(item.repo, files_metadata=True)
    found = [RemoteFile(file.rfilename, file.size or 0, _sha256(file)) for file in info.siblings]
    files = {PurePosixPath(file.path).name: file for file in found if _is_of(item, PurePosixPath(file.path))}
    names = choose(files) if not isinstance(item, Adapter) else list(files)
    if not names:
        raise Rejected("no_weights", f"{item.repo} on the hub has nothing for {item.id}")
    return Listing(str(info.sha), tuple(files[name] for name in names))


def pull(
    item: Item,
    listed: Listing,
    weights: Weights,
    fetching: Progress = untold,
    checking: Progress = untold,
    stopping: Stopping = never,
) -> Manifest:
    """Fetch what was listed and install it. What has come stays for the next pull if this one is stopped.

    Raises:
        Rejected, Transient, Cancelled: as `listing`, or as `Weights.install`.
    """
    with weights.locked(item.id):
        folder = _download_folder(weights.download(item.id), listed.revision)
        room_for(listed.bytes - _here(folder), folder)
        copying = Copying(listed.bytes, fetching, stopping)
        for file in listed.files:
            _fetch(item, listed.revision, file, folder, copying)
        hashes = {PurePosixPath(file.path).name: file.sha256 for file in listed.files if file.sha256}
        source = folder / PurePosixPath(item.file).name if isinstance(item, Adapter) else folder
        try:
            manifest = weights.install(
                item, source, checking, stopping, Origin(item.repo, listed.revision, hashes, is_ours=True), wait=True
            )
        except Rejected as error:
            if error.fault.code in _SPOILT:
                weights.discard_download(item.id)
            raise
        weights.discard_download(item.id)
        return manifest


def _download_folder(folder: Path, revision: str) -> Path:
    """The folder of one commit; what came of others is given up."""
    for other in folder.glob("*"):
        if other.name != revision:
            shutil.rmtree(other)
    (folder / revision).mkdir(parents=True, exist_ok=True)
    return folder / revision


def _here(folder: Path) -> int:
    """Bytes that came before, of whole files and of parts."""
    return sum(path.stat().st_size for path in folder.iterdir())


def _is_of(item: Item, path: PurePosixPath) -> bool:
    """Whether a path of the repository belongs to the item."""
    return path == PurePosixPath(item.file) if isinstance(item, Adapter) else path.parent == PurePosixPath(item.folder)


def _sha256(sibling: Any) -> str:
    return sibling.lfs.sha256 if sibling.lfs else ""


def _fetch(item: Item, revision: str, file: RemoteFile, folder: Path, copying: Copying) -> None:
    """One file, from where the last attempt stopped."""
    done = folder / PurePosixPath(file.path).name
    part = done.with_name(f".{done.name}.part")
    if done.exists():
        copying.advance(file.size)
        return
    with _hub(item) as hub, part.open("ab") as target:
        begun = target.tell()
        copying.advance(begun)
        hub.file_download.http_get(
            hub.hf_hub_url(item.repo, file.path, revision=revision, endpoint=_endpoint()),
            target,
            resume_size=begun,
            headers=hub.utils.build_hf_headers(),
            expected_size=file.size,
            tqdm_class=_bar(copying),
        )
    part.replace(done)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT")


def _bar(copying: Copying) -> type[Any]:
    """The hub's library reports to a class of progress bars; this one passes it on."""

    class Bar:
        def __init__(self, **_options: object) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            pass

        def update(self, size: int) -> None:
            copying.advance(size)

    return Bar


@contextmanager
def _hub(item: Item) -> Iterator[Any]:
    """The hub's library, its errors as ours."""
    try:
        import huggingface_hub  # noqa: PLC0415  (the orchestrator starts without it)
        import huggingface_hub.errors  # noqa: PLC0415
        import huggingface_hub.file_download  # noqa: PLC0415
    except ImportError:
        raise Rejected("no_library", "pulling weights needs huggingface-hub: pip install -e '.[gpu]'") from None
    errors: Any = huggingface_hub.errors
    again = f"run vibeboard models pull {item.id} again, it goes on where it stopped"
    try:
        yield huggingface_hub
    except errors.GatedRepoError:
        gate = item.licence.gate or f"accept the terms of {item.repo} on the hub"
        raise Rejected("gated", f"{item.id} is gated: {gate}, set HF_TOKEN, and {again}") from None
    except errors.RepositoryNotFoundError:
        reason = f"{item.repo} is not on the hub, or is private and needs HF_TOKEN"
        raise Rejected("no_weights", f"{item.id}: {reason}") from None
    except errors.OfflineModeIsEnabled:
        raise Rejected("offline", f"{item.id}: HF_HUB_OFFLINE is set; unset it, or pull --from a folder") from None
    except (errors.HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine, such as a full disk
        raise Transient("network", f"{item.id}: the hub does not answer ({error}); {again}") from None
