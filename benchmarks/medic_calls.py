"""Good calls of every tool, varied by chance: what the fault cases start from."""

from __future__ import annotations

from random import Random
from typing import Any

from benchmarks.medic_world import asset
from tools.declare import registry

RATES = ({"num": 24, "den": 1}, {"num": 25, "den": 1}, {"num": 30, "den": 1}, {"num": 24000, "den": 1001})
SIZES = ((832, 480), (1280, 720), (640, 352), (480, 832))
NAMES = ("ANN", "BEN", "CARLA", "DIMITRI")
LINES = ("Not here.", "You said it would be quick.", "Where is the car?", "He's gone, isn't he?")
PROMPTS = ("Ann waits by the window", "Ben runs for the door, coat open", "A red car idles in the rain")


def good(tool: str, chance: Random) -> dict[str, Any]:
    """Arguments that are valid, as JSON with every default filled in."""
    raw = CALLS[tool](chance)
    made: dict[str, Any] = registry()[tool].params.model_validate(raw).model_dump(mode="json")
    return made


def _shot(chance: Random) -> dict[str, Any]:
    width, height = chance.choice(SIZES)
    figure = {
        "id": "ann",
        "name": chance.choice(NAMES),
        "colour": [0.8, 0.2, 0.2],
        "height": chance.choice([1.6, 1.72, 1.8]),
        "marks": [{"frame": 0, "x": 0.5, "z": 1.0, "yaw": 90.0, "pose": chance.choice(["stand", "sit"])}],
    }
    prop = {
        "id": "cup-1",
        "name": "cup",
        "kind": chance.choice(["cup", "phone", "book"]),
        "position": [0.25, 0.75, 0.5],
        "size": [0.08, 0.1, 0.08],
    }
    stage = {
        "set_kind": chance.choice(["room", "kitchen", "corridor", "forest"]),
        "int_ext": "INT",
        "time": chance.choice(["DAY", "NIGHT", "DUSK"]),
        "dressing_seed": chance.randrange(1000),
        "figures": [figure],
        "props": [prop],
    }
    key = {
        "frame": 0,
        "position": [0.0, 1.6, 3.0],
        "target": [0.0, 1.5, 0.0],
        "roll": chance.choice([0.0, 5.0, -10.0]),
        "focal_mm": chance.choice([24.0, 35.0, 50.0, 85.0]),
        "focus_m": chance.choice([1.5, 2.5, 3.0]),
        "ease": "smooth",
    }
    return {
        "prompt": chance.choice(PROMPTS),
        "stage": stage,
        "camera": {"f_number": chance.choice([2.8, 4.0, 5.6]), "keys": [key]},
        "frames": 4 * chance.randrange(12, 40) + 1,
        "fps": chance.choice(RATES),
        "width": width,
        "height": height,
        "seed": chance.randrange(1, 2**31 - 1),
    }


def _line(chance: Random) -> dict[str, Any]:
    return {
        "text": chance.choice(LINES),
        "speaker": chance.choice(NAMES),
        "voice": chance.choice(["on", "O.S.", "V.O."]),
        "frames": chance.randrange(24, 120),
        "fps": chance.choice(RATES),
    }


def _segment(chance: Random) -> dict[str, Any]:
    width, height = chance.choice(SIZES)
    burn_in = {
        "title": "Two Doors",
        "scene": "12",
        "shot": "12A",
        "lens": "35 mm",
        "note": "PREVIS",
        "record_start": chance.randrange(0, 5000),
        "names": chance.random() < 0.5,
    }
    return {
        "take": asset("take-a"),
        "scene": asset("scene-a"),
        "burn_in": burn_in,
        "frames": chance.randrange(24, 200),
        "fps": chance.choice(RATES),
        "width": width,
        "height": height,
    }


def _film(chance: Random) -> dict[str, Any]:
    return {
        "title": chance.choice(["Two Doors", "The Long Way"]),
        "segments": [asset("take-a"), asset("take-b")],
        "sounds": [{"audio": asset("line-a"), "start": 12, "gain_db": -6.0, "pan": 0.25}],
        "ambiences": [{"set_kind": "street", "night": True, "seed": 3, "start": 0, "frames": 120}],
        "captions": [{"start": 12, "frames": 48, "text": "Not here."}],
        "frames": 240,
        "fps": chance.choice(RATES),
    }


def _passes(chance: Random) -> dict[str, Any]:
    return {
        "scene": asset("scene-a"),
        "kind": chance.choice(["depth", "normals", "albedo", "ids", "beauty"]),
        "first": chance.randrange(0, 20),
        "frames": chance.randrange(1, 60),
    }


def _board(chance: Random) -> dict[str, Any]:
    panel = {
        "number": "12A",
        "heading": "INT. ROOM - DAY",
        "take": asset("take-a"),
        "frame": chance.randrange(0, 80),
        "facts": "MS, 35 mm",
        "action": "Ann waits",
        "dialogue": ["ANN: Not here."],
    }
    return {"title": "Two Doors", "panels": [panel], "note": "PREVIS"}


def _timeline(chance: Random) -> dict[str, Any]:
    frames = chance.randrange(48, 120)
    clip = {
        "number": "12A",
        "shot_id": "s1",
        "scene_id": "c1",
        "heading": "INT. ROOM - DAY",
        "media": "takes/12A.mp4",
        "frames": frames,
        "trim": 2,
        "length": frames - 8,
        "first_line": 10,
        "last_line": 14,
        "facts": {"size": "MS"},
    }
    sound = {
        "speaker": "ANN",
        "text": "Not here.",
        "element_id": "e1",
        "media": "sound/1.wav",
        "start": 6,
        "frames": 30,
    }
    return {"title": "Two Doors", "fps": chance.choice(RATES), "clips": [clip], "sounds": [sound]}


def _sheets(chance: Random) -> dict[str, Any]:
    table = {"columns": ["scene", "heading"], "rows": [["12", chance.choice(PROMPTS)], ["13", "EXT. FIELD"]]}
    return {"breakdown": table, "shotlist": {"columns": ["shot"], "rows": [["12A"], ["12B"]]}}


CALLS = {
    "generate_shot": _shot,
    "speak_line": _line,
    "finish_segment": _segment,
    "assemble_film": _film,
    "render_pass": _passes,
    "draw_storyboard": _board,
    "export_timeline": _timeline,
    "export_sheets": _sheets,
}
ASSETS = {name: asset(name) for name in ("take-a", "take-b", "scene-a", "line-a")}
