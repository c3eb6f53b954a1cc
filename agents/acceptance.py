"""The probe of a success: is what came back what was asked for?"""

from __future__ import annotations

import wave
from collections.abc import Mapping
from pathlib import Path

import av
from pydantic import JsonValue

from tools.declare import Params, Tool
from vibeboard.asset import Blobs, Result
from vibeboard.faults import Fault, FaultKind

BLACK = 24
"""A picture with no pixel brighter than this (8-bit luma; video black is 16) shows nothing."""


def probe(tool: Tool, params: Params, result: Result, blobs: Blobs) -> Fault | None:
    """What is wrong with a result, or nothing. A wrong result may come out right when it is made again."""
    asked = params.model_dump(mode="json")
    if not result.outputs:
        return _bad(tool, "it made nothing")
    main = next(iter(result.outputs.values()))
    path = blobs.path(main.sha256)
    if main.size == 0:
        return _bad(tool, "its output is empty")
    found = ""
    if tool.produces == "video":
        found = _video(path, asked)
    elif tool.produces == "audio":
        found = _audio(path, asked)
    return _bad(tool, found) if found else None


def _bad(tool: Tool, what: str) -> Fault:
    return Fault(kind=FaultKind.TRANSIENT, code="bad_result", message=f"{tool.name} gave a wrong result: {what}")


def _video(path: Path, asked: Mapping[str, JsonValue]) -> str:
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for name, got in (("width", stream.width), ("height", stream.height), ("frames", stream.frames)):
                if name in asked and asked[name] != got:
                    return f"{name} is {got}, asked was {asked[name]}"
            frame = next(container.decode(stream))
            luma = frame.reformat(format="gray8").to_ndarray()
    except (av.FFmpegError, IndexError, StopIteration) as error:
        return f"the video cannot be read ({error})"
    return "" if int(luma.max()) > BLACK else "the picture is black"


def _audio(path: Path, asked: Mapping[str, JsonValue]) -> str:
    try:
        with wave.open(str(path)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError) as error:
        return f"the sound cannot be read ({error})"
    rate, frames = asked.get("fps"), asked.get("frames")
    if isinstance(rate, dict) and isinstance(frames, int):
        wanted = frames * int(str(rate["den"])) / int(str(rate["num"]))
        if abs(seconds - wanted) > 0.001:
            return f"it lasts {seconds:.3f} s, asked were {wanted:.3f} s"
    return ""
