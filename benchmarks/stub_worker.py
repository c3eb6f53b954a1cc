"""`python -m benchmarks.stub_worker STORE`: a worker whose engines wait a little and write small files, which pass
the probe.

What it makes depends on the length and size that is asked for only, so that the same bytes serve many jobs.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from gpu_runtime import worker
from gpu_runtime.engine import Engine, Implementation
from gpu_runtime.run import Run
from storage.configured import configured_blobs
from vibeboard.asset import Result
from vibeboard.settings import Settings
from vibeboard.timing import Rate

CHILDREN = 8
"""Of a service; they sleep most of the time, so that more than one a core is right."""
STEPS, STEP_S = 4, 0.2
_HERTZ = 48_000
_SIDE = 64


@cache
def video(width: int, height: int, frames: int, fps: Rate) -> bytes:
    """A band of light that wanders down the picture, and a hum."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        with av.open(file.name, "w") as container:
            stream = container.add_stream("libx264", rate=fps.fraction, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            hum = container.add_stream("aac", rate=_HERTZ, layout="mono")
            for number in range(frames):
                picture = np.full((height, width, 3), 40, np.uint8)
                picture[number % height] = 255
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            for part in range(8):
                frame = av.AudioFrame.from_ndarray(_tone(1024).astype(np.float32)[None] / 32768, "fltp", "mono")
                frame.sample_rate, frame.pts = _HERTZ, part * 1024
                container.mux(hum.encode(frame))
            container.mux(stream.encode())
            container.mux(hum.encode())
        return Path(file.name).read_bytes()


def _tone(samples: int) -> np.ndarray:
    return (8000 * np.sin(np.arange(samples) * 2 * np.pi * 220 / _HERTZ)).astype("<i2")


@cache
def sound(frames: int, fps: Rate) -> bytes:
    """A hum as long as so many frames."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_HERTZ)
        out.writeframes(_tone(round(frames * _HERTZ / fps.fraction)).tobytes())
    return file.getvalue()


Files = Mapping[str, tuple[bytes, str]]


def _picture(params: Any) -> tuple[bytes, str]:
    return video(params.width, params.height, params.frames, params.fps), "video/mp4"


def _film(params: Any) -> Files:
    film = video(_SIDE, _SIDE, params.frames, params.fps), "video/mp4"
    return {"film": film, "srt": (b"1\n", "application/x-subrip"), "vtt": (b"WEBVTT\n", "text/vtt")}


_MAKES: Mapping[str, Callable[[Any], Files]] = {
    "generate_shot": lambda params: {"video": _picture(params), "scene": (b"{}", "application/json")},
    "finish_segment": lambda params: {"video": _picture(params)},
    "speak_line": lambda params: {"audio": (sound(params.frames, params.fps), "audio/wav")},
    "assemble_film": _film,
    "draw_storyboard": lambda _: {"pdf": (b"%PDF", "application/pdf"), "contact_sheet": (b"PNG", "image/png")},
    "export_timeline": lambda _: {"otio": (b"{}", "application/vnd.opentimelineio+json")},
    "export_sheets": lambda _: {"breakdown": (b"scene\n", "text/csv"), "shotlist": (b"shot\n", "text/csv")},
}


def stub_of(engine: Engine) -> Implementation:
    """What stands in for an engine's implementation."""

    def made(params: Any, run: Run) -> Result:
        for step in range(1, STEPS + 1):
            time.sleep(STEP_S)
            run.progress(step, STEPS)
        files = _MAKES[engine.task](params)
        return Result(outputs={role: run.keep_bytes(data, media) for role, (data, media) in files.items()})

    return made


def main() -> None:
    root = Path(sys.argv[1])
    Engine.load = stub_of  # type: ignore[method-assign]
    worker.serve(configured_blobs(root, Settings()), root / "scratch")


if __name__ == "__main__":
    main()
