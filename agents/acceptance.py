"""The probe of a success: is what came back what was asked for?"""

from __future__ import annotations

import wave
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from pydantic import JsonValue, ValidationError
from safetensors import SafetensorError, safe_open

from tools.declare import Params, Tool
from vibeboard.asset import Blobs, Result
from vibeboard.camera import CameraPath
from vibeboard.faults import Fault, FaultKind

BLACK = 24
"""A picture with no pixel brighter than this (8-bit luma; video black is 16) shows nothing."""
SILENT = 0.001
"""A sound whose loudest sample stays below this share of full scale is not heard."""
_LOOKS = 8
"""How many frames of a video are looked at, spread over its length."""


def probe(tool: Tool, params: Params, result: Result, blobs: Blobs) -> Fault | None:
    """What is wrong with a result, or nothing. A wrong result may come out right when it is made again.

    A file that cannot be read to its end is `broken_result`: the same work may well give a whole one. One that can and
    shows the wrong thing is `bad_result`.
    """
    asked = params.model_dump(mode="json")
    if not result.outputs:
        return _fault(tool, "it made nothing")
    main = next(iter(result.outputs.values()))
    if main.size == 0:
        return _fault(tool, "its output is empty", broken=True)
    path = blobs.path(main.sha256)
    try:
        if tool.produces == "video":
            found = _video(path, asked)
        elif tool.produces == "audio":
            found = _audio(path, asked)
        elif tool.produces == "image":
            found = _image(path)
        else:
            found = _tensors(path, asked) if tool.produces == "tensor" else ""
    except (av.FFmpegError, IndexError, wave.Error, EOFError, SafetensorError) as error:
        return _fault(tool, f"its file cannot be read ({error})", broken=True)
    return _fault(tool, found) if found else None


def _fault(tool: Tool, what: str, broken: bool = False) -> Fault:
    code = "broken_result" if broken else "bad_result"
    return Fault(kind=FaultKind.TRANSIENT, code=code, message=f"{tool.name} gave a wrong result: {what}")


def _video(path: Path, asked: Mapping[str, JsonValue]) -> str:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for name, got in (("width", stream.width), ("height", stream.height), ("frames", stream.frames)):
            if name in asked and asked[name] != got:
                return f"{name} is {got}, asked was {asked[name]}"
        silent = asked.get("sounds") and not _heard(path)
        pictures = _pictures(container, stream)
    if not pictures:
        raise EOFError("no frame can be decoded")
    if all(int(picture.max()) <= BLACK for picture in pictures):
        return "the picture is black"
    if len(pictures) > 1 and _must_move(asked) and all(np.array_equal(pictures[0], other) for other in pictures[1:]):
        return "the picture stands still, although the camera moves"
    return "nothing is heard, although there are sounds" if silent else ""


def _pictures(container: av.container.InputContainer, stream: av.VideoStream) -> list[np.ndarray]:
    """Some frames in grey, the first and the last among them. All are decoded, so that a cut file shows."""
    every = max(1, (stream.frames - 1) // (_LOOKS - 1)) if stream.frames else 1
    kept, count, last = [], 0, None
    for last in container.decode(stream):
        if count % every == 0:
            kept.append(last.to_ndarray(format="gray8"))
        count += 1
    if stream.frames and count < stream.frames:
        raise EOFError(f"only {count} of {stream.frames} frames can be decoded")
    return kept if last is None else [*kept, last.to_ndarray(format="gray8")]


def _must_move(asked: Mapping[str, JsonValue]) -> bool:
    """Whether the camera moves while the shot lasts, so that no two frames can be the same throughout."""
    try:
        camera = CameraPath.model_validate(asked.get("camera"))
    except ValidationError:
        return False
    frames = asked.get("frames")
    return camera.moves and isinstance(frames, int) and camera.keys[0].frame < frames - 1


def _heard(path: Path) -> bool:
    """Whether anything is heard at all; stops at the first sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return False
        for frame in container.decode(container.streams.audio[0]):
            samples = frame.to_ndarray()
            scale = 1.0 if samples.dtype.kind == "f" else 32768.0
            if float(np.abs(samples.astype(np.float64)).max()) >= SILENT * scale:
                return True
    return False


def _audio(path: Path, asked: Mapping[str, JsonValue]) -> str:
    with wave.open(str(path)) as sound:
        count, rate, width = sound.getnframes(), sound.getframerate(), sound.getsampwidth()
        data = sound.readframes(count)
    if len(data) < count * width:
        raise EOFError(f"{len(data)} bytes of sound where {count * width} should be")
    seconds, fps, frames = count / rate, asked.get("fps"), asked.get("frames")
    if isinstance(fps, dict) and isinstance(frames, int):
        wanted = frames * int(str(fps["den"])) / int(str(fps["num"]))
        if abs(seconds - wanted) > 0.001:
            return f"it lasts {seconds:.3f} s, asked were {wanted:.3f} s"
    spoken = any(map(str.isalnum, str(asked.get("text", ""))))
    if (
        spoken
        and width == 2
        and int(np.abs(np.frombuffer(data, "<i2").astype(np.int32)).max(initial=0)) < SILENT * 32768
    ):
        return "it is silent"
    return ""


def _image(path: Path) -> str:
    """All of it is decoded, so that a cut file shows."""
    with av.open(str(path), format="png_pipe") as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode+crccheck"}
        return "" if sum(1 for _ in container.decode(video=0)) == 1 else "it is no picture"


def _tensors(path: Path, asked: Mapping[str, JsonValue]) -> str:
    """Frames are along the first axis. Depth is infinite in the sky; nothing else may be, and nothing is no number."""
    with safe_open(str(path), framework="np") as file:
        for name in file.keys():  # noqa: SIM118  (not a mapping)
            tensor = file.get_tensor(name)
            if name == "frames" and isinstance(asked.get("frames"), int) and tensor.shape[0] != asked["frames"]:
                return f"frames is {tensor.shape[0]}, asked was {asked['frames']}"
            if tensor.dtype.kind != "f":
                continue
            bad = np.isnan(tensor) if asked.get("kind") == "depth" else ~np.isfinite(tensor)
            if bad.any():
                return f"{int(bad.sum())} values of {name} are no numbers"
    return ""
