"""Read a script from a file, and say in one sentence what is wrong with one that is no script."""

from __future__ import annotations

from pathlib import Path

from agents.screenplay.fountain_reader import read_fountain
from vibeboard.faults import Rejected
from vibeboard.screenplay import Screenplay

_LIMIT = 8 * 1024 * 1024
_NOT_YET = {
    ".fdx": "Final Draft",
    ".pdf": "PDF",
    ".docx": "Word",
    ".doc": "Word",
    ".odt": "OpenDocument",
    ".rtf": "RTF",
    ".fadein": "Fade In",
    ".osf": "Open Screenplay Format",
    ".celtx": "Celtx",
    ".highland": "Highland",
}
_MAGIC = {b"%PDF": "PDF", b"PK\x03\x04": "zip (Word, Fade In, Highland)", b"{\\rtf": "RTF", b"\xd0\xcf\x11\xe0": "Word"}


def read_text(path: Path) -> str:
    """The text of a script file: UTF-8, UTF-16 with a byte order mark, or Windows-1252.

    Raises:
        Rejected: `script_missing`, `script_is_folder`, `script_unreadable`, `script_empty`, `script_too_large`,
            `script_format` or `script_binary`, with what to do in its message.
    """
    name = path.name or str(path)
    return decoded(_bytes(path, name), name)


def decoded(data: bytes, name: str) -> str:
    """The text of a script's bytes, as `read_text`.

    Raises:
        Rejected: `script_empty`, `script_too_large`, `script_format` or `script_binary`.
    """
    _check_size(len(data), name)
    text = _decode(data, name)
    if not text.strip("\ufeff \t\r\n"):
        raise Rejected("script_empty", f"{name} is empty: write a scene heading such as INT. DINER - NIGHT into it.")
    return text


def read_file(path: Path) -> Screenplay:
    """Read a Fountain file.

    Raises:
        Rejected: what `read_text` raises, or `script_without_scenes`.
    """
    return must_have_scenes(read_text(path), path.name)


def must_have_scenes(text: str, name: str) -> Screenplay:
    """Read the text of a script.

    Raises:
        Rejected: `script_empty` or `script_without_scenes`.
    """
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if not first:
        raise Rejected("script_empty", f"{name} is empty: write a scene heading such as INT. DINER - NIGHT into it.")
    screenplay = read_fountain(text)
    if not screenplay.scenes:
        raise Rejected(
            "script_without_scenes",
            f"{name} has no scene heading (it starts {first[:60]!r}): begin each scene with a line such as "
            "INT. DINER - NIGHT, with an empty line before and after.",
        )
    return screenplay


def _bytes(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise Rejected("script_is_folder", f"{name} is a folder: name the script file inside it.")
    if not path.exists():
        raise Rejected("script_missing", f"There is no file {path}: check the spelling and the folder.")
    _check_suffix(path, name)
    try:
        _check_size(path.stat().st_size, name)
        return path.read_bytes()
    except OSError as error:
        raise Rejected(
            "script_unreadable", f"{name} cannot be read ({error.strerror}): check its permissions."
        ) from error


def _check_size(size: int, name: str) -> None:
    if size > _LIMIT:
        raise Rejected(
            "script_too_large",
            f"{name} has {size / 2**20:.1f} MB, more than the {_LIMIT >> 20} MB a script may have: name the script "
            "itself, or split it into parts.",
        )


def _check_suffix(path: Path, name: str) -> None:
    suffix = path.suffix.lower()
    if suffix in _NOT_YET:
        raise Rejected(
            "script_format",
            f"{name} is a {_NOT_YET[suffix]} file ({suffix}), which is not read yet: export it as Fountain (.fountain) "
            "from your writing program.",
        )


def _decode(data: bytes, name: str) -> str:
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise Rejected(
                "script_format", f"{name} is a {kind} file inside, which is not read yet: export it as Fountain."
            )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16", name)
    if b"\x00" in data:
        raise _binary(name, f"a zero byte at offset {data.index(0):,}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _strictly(data, "cp1252", name)


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _binary(name, f"bytes at offset {error.start:,} that are no {encoding} text") from error


def _binary(name: str, found: str) -> Rejected:
    return Rejected(
        "script_binary", f"{name} is no text file (it has {found}): save the script as plain text in UTF-8."
    )
