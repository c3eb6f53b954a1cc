"""The scene file of a take: all that is needed to render any pass of it again. See `docs/take-format.md`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gpu_runtime.engine import Engine
from gpu_runtime.engines.previs import previs
from tools.generate_shot import GenerateShotParams
from vibeboard.camera import CameraPath, CameraPose, dot, focal_px
from vibeboard.model import Frozen
from vibeboard.stage import Stage
from vibeboard.timing import Rate

Row = tuple[float, float, float, float]
Box = tuple[int, int, int, int, int]
"""Frame, then left, top, width and height in pixels."""


class Renderer(Frozen):
    name: str = previs.name
    revision: int = previs.revision


class Named(Frozen):
    """An object that the id pass knows: 0 is the set, figures come first, then props, as on the stage."""

    id: int = Field(ge=1)
    kind: Literal["figure", "prop"]
    key: str
    name: str


class FrameCamera(Frozen):
    """`world_to_camera` rows are right, down, forward (OpenCV axes) with the translation last; `K` is
    `(fx, fy, cx, cy)` in pixels."""

    world_to_camera: tuple[Row, Row, Row]
    K: Row
    focal_mm: float
    focus_m: float

    @classmethod
    def of(cls, pose: CameraPose, sensor_width_mm: float, width: int, height: int) -> FrameCamera:
        focal = focal_px(pose.focal_mm, sensor_width_mm, width)
        right, down, forward = ((*axis, -dot(axis, pose.position)) for axis in pose.rotation)
        return cls(
            world_to_camera=(right, down, forward),
            K=(focal, focal, width / 2, height / 2),
            focal_mm=pose.focal_mm,
            focus_m=pose.focus_m,
        )


class Take(Frozen):
    """One rendered shot, as data. `tracks` holds, by object id, where it is seen in sampled frames."""

    format: Literal["vibeboard-take/1"] = "vibeboard-take/1"
    renderer: Renderer = Renderer()
    stage: Stage
    camera: CameraPath
    frames: int = Field(ge=1)
    fps: Rate
    width: int
    height: int
    seed: int
    objects: tuple[Named, ...] = ()
    cameras: tuple[FrameCamera, ...] = ()
    tracks: dict[int, tuple[Box, ...]] = Field(default_factory=dict)

    @classmethod
    def of(cls, params: GenerateShotParams, engine: Engine = previs) -> Take:
        """What was asked for, as data, and which engine makes the picture."""
        return cls(
            renderer=Renderer(name=engine.name, revision=engine.revision),
            stage=params.stage,
            camera=params.camera,
            frames=params.frames,
            fps=params.fps,
            width=params.width,
            height=params.height,
            seed=params.seed,
        )
