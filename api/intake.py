"""Files from outside: written to a file of our own, known by their bytes, and a film's from then on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from api.security.sniffing import Found
from api.service import Service
from storage.assets import FilmAsset
from storage.records import Records

_LONGEST_NAME = 200


@contextmanager
def incoming(service: Service) -> Iterator[Path]:
    """A file to write into, gone afterwards."""
    scratch = service.store.home / "scratch"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="upload-") as folder:
        yield Path(folder) / "file"


def take_in(service: Service, film: Records, path: Path, found: Found, name: str) -> FilmAsset:
    """Store the file and give it to the film. Clean-ups are kept out for as long as the service runs."""
    return film.assets.add(service.store.blobs.put_file(path, found.media), safe_name(name, found))


def safe_name(name: str, found: Found) -> str:
    """The last part of a name that a client sent, without what cannot be printed."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printable = "".join(letter for letter in last if letter.isprintable())
    return printable[-_LONGEST_NAME:].strip(" .") or f"upload.{found.kind}"
