"""Bringing a take to the film's size, rate and length, and drawing the slate and the names over it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from gpu_runtime.models.film.boxes import Box
from gpu_runtime.models.film.overlay import Picture, even
from gpu_runtime.models.film.sightings import sightings
from gpu_runtime.models.film.slate import Slate
from gpu_runtime.models.film.tags import Tag, place
from gpu_runtime.models.video import Footage, probe, read_frames, writer
from gpu_runtime.run import Run
from tools.finish_segment import BurnIn, FinishSegmentParams
from vibeboard.asset import Result
from vibeboard.retiming import shown_frame
from vibeboard.timing import Rate


def finish_segment(params: FinishSegmentParams, run: Run) -> Result:
    """Make one segment of a film: H.264 of exactly `params.frames` frames, ready to be joined with others.

    Its sides must be even, as 4:2:0 colour asks.

    Raises:
        Rejected: `unreadable_take` or `unreadable_scene` when what was made before cannot be used.
    """
    path = run.input(params.take)
    take = probe(path)
    order = take_frames(take, params.frames, params.fps)
    overlays = _overlays(params.burn_in, params, take, order, run.input(params.scene)) if params.burn_in else []
    made = run.scratch / "segment.mp4"
    with writer(made, params.width, params.height, params.fps) as write:
        for number, frame in enumerate(read_frames(path, order)):
            picture = Picture(to_film(frame, params.width, params.height))
            for overlay in overlays:
                overlay.draw(picture, number)
            write(picture.frame())
            run.progress(number + 1, params.frames)
    return Result(outputs={"video": run.keep(made, "video/mp4")})


def take_frames(take: Footage, frames: int, fps: Rate) -> list[int]:
    """Which frame of the take each film frame shows."""
    return [shown_frame(frame, frames, fps.fraction, take.frames, take.fps) for frame in range(frames)]


def to_film(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """The frame as yuv420p in BT.709 of the film's size, on black where its shape differs.

    Colour that is not marked is taken for BT.601, which is what swscale makes of RGB when it is told nothing.
    """
    x, y, inner_width, inner_height = fit(frame.width, frame.height, width, height)
    marked = frame.colorspace == Colorspace.ITU709 and frame.color_range == ColorRange.MPEG
    if not marked or frame.format.name != "yuv420p" or (frame.width, frame.height) != (inner_width, inner_height):
        frame = frame.reformat(
            inner_width,
            inner_height,
            "yuv420p",
            src_colorspace=None if marked else Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
        )
    return frame if (inner_width, inner_height) == (width, height) else _boxed(frame, x, y, width, height)


def fit(width: int, height: int, film_width: int, film_height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height (all even) of a picture that is scaled into the film without being cropped."""
    scale = min(Fraction(film_width, width), Fraction(film_height, height))
    inner = min(even(float(width * scale)), film_width), min(even(float(height * scale)), film_height)
    return even((film_width - inner[0]) / 2), even((film_height - inner[1]) / 2), *inner


def _boxed(frame: av.VideoFrame, x: int, y: int, width: int, height: int) -> av.VideoFrame:
    canvas = Picture(av.VideoFrame(width, height, "yuv420p"))
    inner = Picture(frame)
    for shift, (black, target, source) in enumerate(zip((16, 128, 128), canvas.planes, inner.planes, strict=True)):
        half = min(shift, 1)
        left, top = x >> half, y >> half
        target[:] = black
        target[top : top + source.shape[0], left : left + source.shape[1]] = source
    return canvas.frame()


def _overlays(
    burn_in: BurnIn, params: FinishSegmentParams, take: Footage, order: list[int], scene: Path
) -> list[Slate | Tag]:
    slate = Slate(burn_in, params.width, params.height, params.fps)
    if not burn_in.names:
        return [slate]
    left, top, width, height = fit(take.width, take.height, params.width, params.height)
    strip, margin = Slate.strip_height(params.width, params.height), params.height // 60
    area = Box(left + margin, max(top, strip), width - 2 * margin, 0)
    area = area._replace(height=min(top + height, params.height - strip) - area.y)
    seen = [
        sighting._replace(boxes=[box and _scaled(box, take, left, top, width, height) for box in sighting.boxes])
        for sighting in sightings(scene, order)
    ]
    return [*place(seen, area, max(round(min(params.width, params.height) * 0.024), 7), params.fps), slate]


def _scaled(box: Box, take: Footage, left: int, top: int, width: int, height: int) -> Box:
    across, down = width / take.width, height / take.height
    return Box(left + box.x * across, top + box.y * down, box.width * across, box.height * down)
