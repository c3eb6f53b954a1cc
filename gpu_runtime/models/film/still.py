"""One frame of a take as a picture by itself."""

from __future__ import annotations

import io

import av
from av.video.reformatter import Colorspace
from PIL import Image

from gpu_runtime.models.video import grab
from gpu_runtime.run import Run
from tools.extract_still import ExtractStillParams
from vibeboard.asset import Result


def extract_still(params: ExtractStillParams, run: Run) -> Result:
    """
    Raises:
        Rejected: `unreadable_take`.
    """
    frame = grab(run.input(params.take), params.frame)
    run.progress(1, 1)
    return Result(outputs={"image": run.keep_bytes(_png(frame), "image/png")})


def _png(frame: av.VideoFrame) -> bytes:
    """sRGB. Takes are BT.709; colour that is not marked is taken for BT.601, as when a segment is finished."""
    marked = frame.colorspace == Colorspace.ITU709
    picture = frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU709 if marked else Colorspace.ITU601)
    data = io.BytesIO()
    Image.fromarray(picture.to_ndarray()).save(data, "PNG")
    return data.getvalue()
