"""The previs of a shot, rendered at its engine's rate, size and length: what steers the picture, frame for frame.

* `depth`: how near everything is, as grey: 1 / metres along the optical axis, from the least (black; the sky's is 0) to
  the greatest (white) of the whole shot, evenly, so that a grey means one distance from its first frame to its last.
* `picture`: the finished frames.
* `layout`: black outlines on white, of the regions asked for or, where there are none, of the figures that are seen.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gpu_runtime.engine import Engine
from gpu_runtime.models.previs.engine import TRACK_STEP
from gpu_runtime.models.previs.render import Renderer
from gpu_runtime.models.previs.take import Box, FrameCamera, Take
from gpu_runtime.run import Stage, Step
from tools.generate_shot import Control, GenerateShotParams
from vibeboard.region import Region

PixelBox = tuple[int, int, int, int]
"""Left, top, width and height."""

_LINE = 120
"""The shorter side of the picture is this many outlines thick."""


class Steering(NamedTuple):
    """`control` is `[frames, h, w, 3]` uint8; `scene` what the shot was to show, as data."""

    control: Tensor | None
    scene: Take


def steer(
    params: GenerateShotParams, engine: Engine, control: Control, steps: int
) -> Generator[Stage | Step, None, Steering]:
    """The control video, if there is one, and the scene data. `steps` are those of the whole job, none of them done.

    The scene has tracks where the previs steers every frame. Elsewhere it is not known where things went.
    """
    take = Take.of(params, engine)
    renderer = Renderer(take)
    scene = take.model_copy(update={"objects": renderer.objects, "cameras": _cameras(renderer)})
    if control is Control.NONE:
        return Steering(None, scene)
    if control is Control.LAYOUT and params.regions:
        return Steering(torch.stack([region_outlines(params.regions, take, n) for n in range(take.frames)]), scene)
    yield Stage("previs", ())
    tracks: dict[int, list[Box]] = {}
    frames = []
    for frame in range(take.frames):
        frames.append(_drawn(renderer, control, frame, tracks))
        yield Step(0, steps)
    video = grey(torch.stack(frames)) if control is Control.DEPTH else torch.stack(frames)
    return Steering(video, scene.model_copy(update={"tracks": {key: tuple(tracks[key]) for key in sorted(tracks)}}))


@torch.inference_mode()
def first_picture(take: Take) -> Image.Image:
    """The previs' own first frame."""
    return Image.fromarray(Renderer(take).picture(0).numpy())


def _cameras(renderer: Renderer) -> tuple[FrameCamera, ...]:
    take = renderer.take
    return tuple(
        FrameCamera.of(renderer.pose(frame), take.camera.sensor_width_mm, take.width, take.height)
        for frame in range(take.frames)
    )


@torch.inference_mode()
def _drawn(renderer: Renderer, control: Control, frame: int, tracks: dict[int, list[Box]]) -> Tensor:
    """One frame of the control; where things are is noted in `tracks` every `TRACK_STEP` frames."""
    tracked = frame % TRACK_STEP == 0
    picture = renderer.picture(frame) if tracked or control is not Control.DEPTH else None
    if tracked:
        for key, box in renderer.boxes().items():
            tracks.setdefault(key, []).append((frame, *box))
    if control is Control.LAYOUT:
        figures = {item.id for item in renderer.objects if item.kind == "figure"}
        boxes = [box for key, box in renderer.boxes().items() if key in figures]
        return outlines(boxes, renderer.take.width, renderer.take.height)
    if control is Control.PICTURE:
        assert picture is not None
        return picture
    return 1 / renderer.buffers(frame).depth


def grey(near: Tensor) -> Tensor:
    """Grey pictures `[n, h, w, 3]` uint8 of `near` `[n, h, w]` (1 / metres), in one range for all."""
    least, most = near.min(), near.max()
    share = (near - least) / (most - least).clamp(min=1e-9)
    return (share * 255).round().to(torch.uint8)[..., None].expand(-1, -1, -1, 3)


def region_outlines(regions: Iterable[Region], take: Take, frame: int) -> Tensor:
    """The regions' outlines at a frame."""
    boxes = []
    for region in regions:
        x, y, width, height = region.at(frame)
        left, right = round(x * take.width), round((x + width) * take.width)
        top, bottom = round(y * take.height), round((y + height) * take.height)
        boxes.append((left, top, right - left, bottom - top))
    return outlines(boxes, take.width, take.height)


def outlines(boxes: Iterable[PixelBox], width: int, height: int) -> Tensor:
    """Black outlines, inside of each box, on white: `[height, width, 3]` uint8."""
    picture = torch.full((height, width, 3), 255, dtype=torch.uint8)
    line = max(round(min(width, height) / _LINE), 1)
    for left, top, across, down in boxes:
        inside = picture[top : top + down, left : left + across]
        for edge in (inside[:line], inside[-line:], inside[:, :line], inside[:, -line:]):
            edge.zero_()
    return picture
