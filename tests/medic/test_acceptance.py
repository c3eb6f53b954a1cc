"""The probe of a success, on real files: good ones pass, and each way of being wrong is named."""

from __future__ import annotations

import io
import wave

import av
import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from agents.acceptance import probe
from storage.blobs import FolderBlobs
from tools.declare import registry
from vibeboard.asset import Result

RATE = {"num": 24, "den": 1}
LINE = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 24, "fps": RATE}
PASS = {"scene": "0" * 64, "kind": "normals", "frames": 3}
STAGE = {"set_kind": "room", "int_ext": "INT", "time": "DAY", "dressing_seed": 1}
KEYS = [
    {"frame": 0, "position": [0, 1.6, 3], "target": [0, 1.5, 0]},
    {"frame": 11, "position": [0, 1.6, 2], "target": [0, 1.5, 0]},
]
SHOT = {"prompt": "x", "stage": STAGE, "frames": 12, "fps": RATE, "width": 64, "height": 64, "seed": 1}
STILL = {**SHOT, "camera": {"keys": KEYS[:1]}}
MOVING = {**SHOT, "camera": {"keys": KEYS}}
FILM = {"title": "x", "segments": ["0" * 64], "frames": 12, "fps": RATE}
HEARD = {**FILM, "sounds": [{"audio": "1" * 64, "start": 0}]}


def sound(seconds: float = 1.0, level: int = 8000) -> bytes:
    buffer = io.BytesIO()
    samples = (np.sin(np.arange(round(48000 * seconds)) * 0.05) * level).astype("<i2")
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def video(frames: int = 12, level: int | None = None, volume: float | None = None) -> bytes:
    """Frames that grow brighter, or of one level; with sound of a volume if there is one."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=24)
        picture.width = picture.height = 64
        heard = container.add_stream("aac", rate=48000, layout="mono") if volume is not None else None
        for at in range(frames):
            plane = np.full((64, 64), 40 + 10 * at if level is None else level, np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(plane, "gray8")))
        container.mux(picture.encode())
        if heard is not None:
            tone = (np.sin(np.arange(24000) * 0.05) * (volume or 0.0)).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
            frame.sample_rate = 48000
            container.mux(heard.encode(frame))
            container.mux(heard.encode())
    return buffer.getvalue()


def tensor(**changes) -> bytes:
    normals = np.zeros((3, 2, 2, 3), np.float32)
    normals[0, 0, 0, 0] = changes.get("first", 0.5)
    return save({"frames": normals[: changes.get("count", 3)]})


def picture() -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)).save(data, "PNG")
    return data.getvalue()


FRAME = {"take": "0" * 64, "frame": 3}
CASES = {
    "a line": ("speak_line", LINE, sound(), ""),
    "a line too short": ("speak_line", LINE, sound(0.9), "bad_result: it lasts 0.900 s"),
    "a silent line": ("speak_line", LINE, sound(level=0), "bad_result: it is silent"),
    "a dash is silence": ("speak_line", {**LINE, "text": "--"}, sound(level=0), ""),
    "a cut line": ("speak_line", LINE, sound()[:5000], "broken_result"),
    "no sound file": ("speak_line", LINE, b"RIFF....WAVE", "broken_result"),
    "an empty file": ("speak_line", LINE, b"", "broken_result"),
    "a shot": ("generate_shot", STILL, video(), ""),
    "a still shot": ("generate_shot", STILL, video(level=120), ""),
    "a shot that should move": ("generate_shot", MOVING, video(level=120), "bad_result: the picture stands still"),
    "a shot that moves": ("generate_shot", MOVING, video(), ""),
    "a black shot": ("generate_shot", STILL, video(level=16), "bad_result: the picture is black"),
    "a short shot": ("generate_shot", STILL, video(frames=9), "bad_result: frames is 9"),
    "a shot of another size": ("generate_shot", {**STILL, "width": 128}, video(), "bad_result: width is 64"),
    "a cut shot": ("generate_shot", STILL, video()[:-900], "broken_result"),
    "no video file": ("generate_shot", STILL, b"x" * 100, "broken_result"),
    "a film": ("assemble_film", HEARD, video(volume=0.5), ""),
    "a silent film": ("assemble_film", FILM, video(), ""),
    "a film that should sound": ("assemble_film", HEARD, video(volume=0.0), "bad_result: nothing is heard"),
    "a film without its sound": ("assemble_film", HEARD, video(), "bad_result: nothing is heard"),
    "normals": ("render_pass", PASS, tensor(), ""),
    "normals too few": ("render_pass", PASS, tensor(count=2), "bad_result: frames is 2"),
    "normals that are no numbers": ("render_pass", PASS, tensor(first=np.nan), "bad_result: 1 values"),
    "normals without end": ("render_pass", PASS, tensor(first=np.inf), "bad_result: 1 values"),
    "a sky's depth": ("render_pass", {**PASS, "kind": "depth"}, tensor(first=np.inf), ""),
    "a frame": ("extract_still", FRAME, picture(), ""),
    "a cut frame": ("extract_still", FRAME, picture()[:-900], "broken_result"),
    "no picture": ("extract_still", FRAME, b"x" * 100, "broken_result"),
    "a cut tensor": ("render_pass", PASS, tensor()[:-10], "broken_result"),
}


@pytest.mark.parametrize(("name", "args", "data", "wrong"), CASES.values(), ids=CASES.keys())
def test_a_result_is_looked_at_before_anybody_relies_on_it(tmp_path, name, args, data, wrong):
    blobs, tool = FolderBlobs(tmp_path), registry()[name]
    result = Result(outputs={"main": blobs.put(data, "application/octet-stream")})
    fault = probe(tool, tool.params.model_validate(args), result, blobs)
    told = f"{fault.code}: {fault.message.partition('wrong result: ')[2]}" if fault else ""
    assert told.startswith(wrong)
    assert bool(fault) == bool(wrong)
