"""The same staging, camera and regions counted at another frame rate.

A frame `n` becomes the frame nearest to `n * ratio` (`ratio` = new rate / old rate, exact), so that nothing is off by
more than half a frame of the new rate, and errors do not add up. A ratio of 1 changes nothing.
"""

from __future__ import annotations

import math
from fractions import Fraction

from vibeboard.camera import CameraPath
from vibeboard.region import Region
from vibeboard.stage import Figure, Stage


def retimed_frame(frame: int, ratio: Fraction) -> int:
    """Halves go up."""
    return math.floor(frame * ratio + Fraction(1, 2))


def shown_frame(frame: int, frames: int, fps: Fraction, take_frames: int, take_fps: Fraction) -> int:
    """Which frame of a take is seen at `frame` of a shot of `frames` at `fps`: the one that is on at the middle of it.

    A take that lasts longer is cut at its end; one that is shorter is slowed down to fill.
    """
    step = min(take_fps / fps, Fraction(take_frames, frames))
    return int((frame + Fraction(1, 2)) * step)


def retimed_stage(stage: Stage, ratio: Fraction) -> Stage:
    return stage.model_copy(update={"figures": tuple(_figure(figure, ratio) for figure in stage.figures)})


def retimed_camera(camera: CameraPath, ratio: Fraction) -> CameraPath:
    keys = (key.model_copy(update={"frame": retimed_frame(key.frame, ratio)}) for key in camera.keys)
    return camera.model_copy(update={"keys": tuple(keys)})


def retimed_region(region: Region, ratio: Fraction) -> Region:
    keys = (key.model_copy(update={"frame": retimed_frame(key.frame, ratio)}) for key in region.keys)
    return region.model_copy(update={"keys": tuple(keys)})


def _figure(figure: Figure, ratio: Fraction) -> Figure:
    def at(frame: int) -> int:
        return retimed_frame(frame, ratio)

    return figure.model_copy(
        update={
            "marks": tuple(mark.model_copy(update={"frame": at(mark.frame)}) for mark in figure.marks),
            "talks": tuple(
                span.model_copy(update={"start": at(span.start), "end": at(span.end)}) for span in figure.talks
            ),
            "looks": tuple(look.model_copy(update={"frame": at(look.frame)}) for look in figure.looks),
        }
    )
