"""What the previs engine does: whole shots, and passes of shots it has made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import Tensor

from gpu_runtime.models.previs.render import Buffers, Renderer
from gpu_runtime.models.previs.take import Box, FrameCamera, Take
from gpu_runtime.models.video import TAKE, from_rgb, writer
from gpu_runtime.run import Run
from tools.generate_shot import GenerateShotParams
from tools.render_pass import Pass, RenderPassParams
from vibeboard.asset import Result
from vibeboard.digest import canonical
from vibeboard.faults import FieldError, Rejected, Repairable

TRACK_STEP = 6
"""Frames between two samples of where things are in the picture."""


def generate_shot(params: GenerateShotParams, run: Run) -> Result:
    """Render a shot. Outputs `video` (H.264, no sound) and `scene` (a `Take` as canonical JSON)."""
    take = Take.of(params)
    renderer = Renderer(take)
    tracks: dict[int, list[Box]] = {}
    path = run.scratch / "take.mp4"
    with torch.inference_mode(), writer(path, take.width, take.height, take.fps, TAKE) as write:
        for frame in range(take.frames):
            write(from_rgb(renderer.picture(frame).numpy()))
            if frame % TRACK_STEP == 0:
                for object_id, box in renderer.boxes().items():
                    tracks.setdefault(object_id, []).append((frame, *box))
            run.progress(frame + 1, take.frames)
    scene = take.model_copy(
        update={
            "objects": renderer.objects,
            "cameras": tuple(
                FrameCamera.of(renderer.pose(frame), take.camera.sensor_width_mm, take.width, take.height)
                for frame in range(take.frames)
            ),
            "tracks": {object_id: tuple(boxes) for object_id, boxes in sorted(tracks.items())},
        }
    )
    return Result(
        outputs={
            "video": run.keep(path, "video/mp4"),
            "scene": run.keep_bytes(canonical(scene), "application/json"),
        }
    )


_PASSES: dict[Pass, Callable[[Buffers], Tensor]] = {
    Pass.DEPTH: lambda buffers: buffers.depth,
    Pass.NORMALS: lambda buffers: buffers.normals,
    Pass.ALBEDO: lambda buffers: buffers.albedo,
    Pass.IDS: lambda buffers: buffers.ids,
}


def render_pass(params: RenderPassParams, run: Run) -> Result:
    """Render a pass of a take again. Output `frames`: a safetensors file with the tensor `frames`.

    Raises:
        Rejected: the scene is not the data of a previs take.
        Repairable: the take is shorter than what was asked for.
    """
    take = _read(run.input(params.scene).read_bytes())
    if params.first + params.frames > take.frames:
        raise Repairable(
            "past_the_end",
            f"the take has {take.frames} frames",
            (
                FieldError(
                    path="frames",
                    expected=f"first + frames at most {take.frames}",
                    got=f"{params.first} + {params.frames}",
                ),
            ),
        )
    made = []
    with torch.inference_mode():
        for count, tensor in enumerate(_frames(take, params), 1):
            made.append(tensor)
            run.progress(count, params.frames)
    path = run.scratch / "frames.safetensors"
    save_file({"frames": torch.stack(made)}, path)
    return Result(outputs={"frames": run.keep(path, "application/x-safetensors")})


def _read(data: bytes) -> Take:
    try:
        return Take.model_validate_json(data)
    except ValidationError as error:
        raise Rejected("not_a_take", "this is not the scene data of a previs take") from error


def _frames(take: Take, params: RenderPassParams) -> Iterator[Tensor]:
    renderer = Renderer(take)
    for frame in range(params.first, params.first + params.frames):
        if params.kind is Pass.BEAUTY:
            yield renderer.picture(frame)
        else:
            yield _PASSES[params.kind](renderer.buffers(frame)).contiguous()
