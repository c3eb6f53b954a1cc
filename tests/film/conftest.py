"""A run whose store is a folder, and takes whose frames carry their number, so that every frame can be told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vibeboard.asset import BlobRef
from vibeboard.digest import sha256
from vibeboard.faults import Rejected

BITS, SIDE, STEP = 8, 12, 20


class FolderRun:
    """A job at work on a folder of bytes; remembers how far it said it was."""

    def __init__(self, folder: Path) -> None:
        self.scratch = folder / "scratch"
        self.store = folder / "store"
        self.scratch.mkdir()
        self.store.mkdir()
        self.said: list[tuple[int, int]] = []

    def progress(self, done: int, total: int) -> None:
        self.said.append((done, total))

    def input(self, sha: str) -> Path:
        if not (self.store / sha).is_file():
            raise Rejected("missing_blob", f"{sha[:8]} is not in the store")
        return self.store / sha

    def keep(self, path: Path, media: str) -> BlobRef:
        return self.keep_bytes(path.read_bytes(), media)

    def keep_bytes(self, data: bytes, media: str) -> BlobRef:
        (self.store / sha256(data)).write_bytes(data)
        return BlobRef(sha256=sha256(data), size=len(data), media=media)

    def bytes(self, ref: BlobRef) -> bytes:
        return self.input(ref.sha256).read_bytes()


@pytest.fixture
def run(tmp_path: Path) -> FolderRun:
    return FolderRun(tmp_path)


def numbered(number: int, width: int, height: int) -> np.ndarray:
    """Grey with a row of eight squares in the middle that spell the number in binary."""
    picture = np.full((height, width, 3), 100, np.uint8)
    top, left = height // 2 - SIDE // 2, width // 2 - BITS * STEP // 2
    for bit in range(BITS):
        picture[top : top + SIDE, left + bit * STEP : left + bit * STEP + SIDE] = 230 if number >> bit & 1 else 30
    return picture


@pytest.fixture
def spell() -> Callable[[av.VideoFrame], int]:
    """The number that a frame spells, wherever it was scaled to keep its middle."""

    def read(frame: av.VideoFrame) -> int:
        luma = frame.to_ndarray(format="gray")
        y, x = frame.height // 2, frame.width // 2 - BITS * STEP // 2 + SIDE // 2
        return sum(int(luma[y, x + bit * STEP] > 128) << bit for bit in range(BITS))

    return read


MakeTake = Callable[..., str]


@pytest.fixture
def take(run: FolderRun) -> MakeTake:
    """Make a numbered take and put it into the store; returns its hash."""

    def make(frames: int, width: int = 320, height: int = 180, fps: Fraction = Fraction(24)) -> str:
        path = run.scratch / "take.mp4"
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number in range(frames):
                picture = av.VideoFrame.from_ndarray(numbered(number, width, height), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return run.keep(path, "video/mp4").sha256

    return make


@pytest.fixture
def scene(run: FolderRun) -> Callable[..., str]:
    """Put scene data with the given tracks into the store; returns its hash."""

    def make(**tracks: Sequence[Sequence[float]]) -> str:
        objects = [{"id": number, "kind": "figure", "name": name} for number, name in enumerate(tracks, 1)]
        seen = {"objects": objects, "tracks": dict(enumerate(tracks.values(), 1))}
        return run.keep_bytes(json.dumps(seen).encode(), "application/json").sha256

    return make


@pytest.fixture
def frames_of(run: FolderRun) -> Callable[[BlobRef], list[av.VideoFrame]]:
    def decode(ref: BlobRef) -> list[av.VideoFrame]:
        with av.open(run.input(ref.sha256)) as container:
            return list(container.decode(video=0))

    return decode
