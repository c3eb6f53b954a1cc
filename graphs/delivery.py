"""Putting what was made where people look: whole files, and nothing of an older cut beside them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from graphs.chain import UnitDone
from graphs.cut import CutShot
from graphs.takes import TAKE
from graphs.units import DELIVERABLE, line_path, line_step, take_path
from storage.project import Project

_FILES = {
    ("film", "film"): "film.mp4",
    ("film", "srt"): "film.srt",
    ("film", "vtt"): "film.vtt",
    ("storyboard", "pdf"): "storyboard.pdf",
    ("storyboard", "contact_sheet"): "contact-sheet.png",
    ("timeline", "otio"): "film.otio",
    ("sheets", "breakdown"): "breakdown.csv",
    ("sheets", "shotlist"): "shotlist.csv",
}


def wanted_files(laid: Sequence[CutShot], done: Mapping[str, UnitDone]) -> dict[str, str]:
    """Path in the output folder -> sha256 of every file of a finished film, or of what is finished of it."""
    files = {name: done[unit].output(DELIVERABLE, role) for (unit, role), name in _FILES.items() if unit in done}
    for placed in laid:
        unit = done.get(placed.shot.id)
        if unit is None:
            continue
        files[take_path(placed)] = unit.output(TAKE, "video")
        files[take_path(placed).replace(".mp4", ".scene.json")] = unit.output(TAKE, "scene")
        for index, line in enumerate(placed.shot.lines):
            files[line_path(placed, index)] = unit.output(line_step(line.element_id), "audio")
    return files


def deliver(project: Project, output: Path, files: Mapping[str, str], *, complete: bool) -> None:
    """Put files in their places: each is copied beside its place and renamed into it, and one that is already right
    is not touched. If these files are the `complete` film, what was delivered of an older cut and is not among them
    goes; what a person put there stays.
    """
    record = project.root / "delivered.json"
    before = _read(record)
    _write(record, {**before, **{name: before.get(name, []) for name in files}})
    now: dict[str, list[object]] = {} if complete else dict(before)
    for name, sha256 in files.items():
        target = output / name
        if before.get(name) != [sha256, *_stamp(target)]:
            _copy(project.blobs.path(sha256), target)
        now[name] = [sha256, *_stamp(target)]
    for name in before.keys() - now.keys():
        (output / name).unlink(missing_ok=True)
    _write(record, now)


def _stamp(path: Path) -> list[object]:
    if not path.exists():
        return [0, 0]
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    try:
        shutil.copyfile(source, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _read(record: Path) -> dict[str, list[object]]:
    """What was delivered, by name; nothing if that is not known."""
    try:
        delivered: dict[str, list[object]] = json.loads(record.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return delivered


def _write(record: Path, delivered: Mapping[str, list[object]]) -> None:
    beside = record.with_suffix(".new")
    with beside.open("w") as file:
        json.dump(delivered, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(record)
