from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gpu_runtime.models.previs.take import Take
from vibeboard.asset import BlobRef
from vibeboard.camera import CameraKey, CameraPath
from vibeboard.faults import Cancelled
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.sets import LAYOUTS
from vibeboard.stage import Figure, Look, Mark, SetKind, Span, Stage, Vec3
from vibeboard.timing import Rate

RATE = Rate(num=24)
COLOURS = ((0.76, 0.36, 0.30), (0.30, 0.47, 0.68), (0.42, 0.60, 0.38))


class FolderRun:
    """A job whose store is a folder; it can be told to stop at a frame."""

    def __init__(self, folder: Path, stop_at: int | None = None) -> None:
        self.scratch = folder / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.store = folder / "store"
        self.store.mkdir(exist_ok=True)
        self.stop_at = stop_at
        self.steps: list[tuple[int, int]] = []

    def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))
        if done == self.stop_at:
            raise Cancelled

    def input(self, sha256: str) -> Path:
        return self.store / sha256

    def keep(self, path: Path, media: str) -> BlobRef:
        return self.keep_bytes(path.read_bytes(), media)

    def keep_bytes(self, data: bytes, media: str) -> BlobRef:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.store / sha256).write_bytes(data)
        return BlobRef(sha256=sha256, size=len(data), media=media)


@pytest.fixture
def run(tmp_path: Path) -> FolderRun:
    return FolderRun(tmp_path)


@pytest.fixture
def stopped_run(tmp_path: Path) -> FolderRun:
    return FolderRun(tmp_path, stop_at=3)


@pytest.fixture
def cast_of() -> Callable[..., tuple[Figure, ...]]:
    """Figures on a set's first spots, the first of whom speaks; all look at the first's face."""

    def build(kind: SetKind, count: int = 2) -> tuple[Figure, ...]:
        spots = LAYOUTS[kind].spots[:count]
        return tuple(
            Figure(
                id=f"figure-{n}",
                name=f"FIGURE {n}",
                colour=COLOURS[n % 3],
                marks=(Mark(frame=0, x=spot.x, z=spot.z, yaw=spot.yaw, pose=spot.pose, floor=spot.floor),),
                talks=(Span(start=2, end=20),) if n == 0 else (),
                looks=(Look(frame=0, point=(spots[0].x, 1.5, spots[0].z)),) if n else (),
            )
            for n, spot in enumerate(spots)
        )

    return build


@pytest.fixture
def stage_of(cast_of: Callable[..., tuple[Figure, ...]]) -> Callable[..., Stage]:
    def build(kind: SetKind = SetKind.ROOM, time: TimeOfDay = TimeOfDay.DAY, **fields: object) -> Stage:
        fields.setdefault("figures", cast_of(kind))
        return Stage(set_kind=kind, int_ext=IntExt.INT, time=time, dressing_seed=11, **fields)  # type: ignore[arg-type]

    return build


@pytest.fixture
def take_of() -> Callable[..., Take]:
    """A take from a camera on sticks (`position`, `target`, `focal_mm`) or on given `keys`."""

    def build(
        stage: Stage,
        position: Vec3 = (0.4, 1.5, 3.4),
        target: Vec3 = (0.0, 1.1, 0.0),
        focal_mm: float = 30.0,
        keys: tuple[CameraKey, ...] | None = None,
        frames: int = 24,
        width: int = 192,
        height: int = 108,
        handheld: float = 0.0,
    ) -> Take:
        keys = keys or (CameraKey(frame=0, position=position, target=target, focal_mm=focal_mm),)
        path = CameraPath(keys=keys, handheld=handheld)
        return Take(stage=stage, camera=path, frames=frames, fps=RATE, width=width, height=height, seed=5)

    return build
