"""The blind round: values in another form, unit or spelling, limits of engines, references. All are to be repaired."""

from __future__ import annotations

from benchmarks.medic_blind_calls import (
    CROWD,
    FIGURE,
    GRADE,
    KEY,
    MARK,
    MIX,
    PRINT,
    PROP,
    REFOCUS,
    RELIGHT,
    SPLICE,
    T,
    of,
)
from benchmarks.medic_blind_tools import STILL
from benchmarks.medic_calls import ASSETS
from benchmarks.medic_templates import (
    BOARD,
    FILM,
    LINE,
    PASS,
    SEGMENT,
    SHOT,
    TIMELINE,
    both,
    clock,
    cut,
    put,
    ren,
    seconds,
    text,
)
from benchmarks.medic_world import WAN_LIKE, asset
from gpu_runtime.engine import Limits
from vibeboard.timing import Rate

FPS24, FPS25, NTSC = {"num": 24, "den": 1}, {"num": 25, "den": 1}, {"num": 24000, "den": 1001}
KEPT = both()
HD = both(put("width", 1280), put("height", 720))
BLOCKS32 = Limits(size_multiple=32, min_size=64, max_size=1920, frames_step=4, frames_offset=1)
LTX_LIKE = Limits(size_multiple=32, frames_step=8, frames_offset=1, max_frames=257)
SIXTEEN = Limits(size_multiple=16, frames_step=4, frames_offset=1, fps=Rate(num=16))
NAMED = {"assets": ASSETS}
VERSIONS = {"assets": {**ASSETS, "take-a-v2": asset("take-a-v2")}, "newer": {asset("take-a"): asset("take-a-v2")}}
NEWEST = put("take", asset("take-a-v2"))

TIME = [
    of("time", SHOT, put("frames", 73), seconds("duration", "{:.2f} s")),
    of("time", SHOT, put("frames", 97), seconds("durationSeconds", "{:.2f}")),
    of("time", LINE, both(put("frames", 48), put("fps", FPS24)), ren("frames", "duration_ms", 2000)),
    of("time", LINE, both(put("frames", 50), put("fps", FPS25)), ren("frames", "duration", "PT2S")),
    of("time", SEGMENT, both(put("frames", 75), put("fps", FPS25)), put("frames", "3 seconds")),
    of("time", FILM, both(put("frames", 1440), put("fps", FPS24)), ren("frames", "runtime", "1 min")),
    of("time", FILM, put("fps", FPS24), both(put("captions.0.start", "0.5s"), put("captions.0.frames", "2 sec"))),
    of("time", FILM, put("fps", FPS25), clock("sounds.0.start", "timestamp")),
    of("time", SEGMENT, put("fps", FPS25), clock("burn_in.record_start", "record_timecode")),
    of(
        "time",
        TIMELINE,
        both(put("fps", FPS25), put("sounds.0.start", 50)),
        ren("sounds.0.start", "start_seconds", 2.0),
    ),
    of("time", GRADE, put("start", 25), ren("start", "start_time", "1.0 s")),
    of("time", SPLICE, put("overlap", 25), ren("overlap", "overlap_time", "1000ms")),
    of("time", SHOT, both(put("fps", FPS24), put(f"{MARK}.frame", 36)), ren(f"{MARK}.frame", "time", "1.5s")),
    T("time", REFOCUS, put("pulls.1.after", "1500 ms")),
    of("time", REFOCUS, put("pulls.1.after", 2.0), ren("pulls.1.after", "after_frames", 48)),
    T("time", RELIGHT, ren("fade", "fade_ms", 2500)),
    T("time", MIX, put("fade_out", "2 s")),
    T("time", MIX, ren("stems.0.delay", "delay_ms", 1500)),
    T("time", PASS, put("frames", lambda frames: f"{frames} frames")),
    of("time", PASS, put("frames", 24), put("frames", "twenty-four")),
    T("time", SHOT, put("frames", lambda frames: f"{frames}f")),
]

RATES = [
    T("rate", SHOT, put("fps", lambda fps: f"{fps['num'] / fps['den']:.3f} fps")),
    T("rate", SEGMENT, put("fps", lambda fps: round(fps["num"] / fps["den"], 3))),
    T("rate", LINE, ren("fps", "frameRate", lambda fps: f"{fps['num']}/{fps['den']}")),
    T("rate", FILM, put("fps", lambda fps: [fps["num"], fps["den"]])),
    of("rate", TIMELINE, put("fps", FPS25), put("fps", "PAL")),
    of("rate", TIMELINE, put("fps", FPS25), put("fps", "25p")),
    of("rate", SHOT, put("fps", NTSC), put("fps", {"num": 23.976})),
    of("rate", SEGMENT, put("fps", FPS24), put("fps", {"value": 24, "unit": "fps"})),
    of("rate", FILM, put("fps", FPS24), put("fps", "24 frames per second")),
]

SIZES = [
    of("size", SHOT, HD, both(ren("width", "size", "1280*720"), cut("height"))),
    of("size", SHOT, HD, both(ren("width", "resolution", "1280 by 720 pixels"), cut("height"))),
    of("size", SEGMENT, HD, both(ren("width", "dimensions", {"w": 1280, "h": 720}), cut("height"))),
    of("size", PRINT, HD, both(ren("width", "resolution", [1280, 720]), cut("height"))),
    of("size", SEGMENT, HD, ren("height", "aspectRatio", "16:9")),
    of("size", SHOT, HD, both(ren("width", "frameSize", "1280 \u00d7 720"), cut("height"))),
    T("size", SHOT, both(put("width", lambda w: f"{w}px"), put("height", lambda h: f"{h} px"))),
    of("size", SHOT, HD, put("size", "1280x720")),
    T("size", PRINT, both(ren("width", "output_width"), ren("height", "output_height"))),
    of("size", SEGMENT, HD, put("width", "1,280")),
]

UNITS = [
    of("unit", SHOT, put(f"{KEY}.focal_mm", 50.0), ren(f"{KEY}.focal_mm", "lens", "50mm")),
    of("unit", SHOT, put(f"{KEY}.focal_mm", 85.0), put(f"{KEY}.focal_mm", "85 mm prime")),
    of("unit", SHOT, put("camera.f_number", 2.8), put("camera.f_number", "f/2.8")),
    of("unit", SHOT, put("camera.f_number", 5.6), ren("camera.f_number", "aperture", "F5.6")),
    of("unit", SHOT, put("camera.f_number", 2.8), put("camera.f_number", "2,8")),
    of("unit", SHOT, put(f"{KEY}.focus_m", 2.5), ren(f"{KEY}.focus_m", "focus_distance", "250 cm")),
    of("unit", SHOT, put(f"{KEY}.focus_m", 3.048), put(f"{KEY}.focus_m", "10 ft")),
    of("unit", SHOT, put(f"{FIGURE}.height", 1.8), ren(f"{FIGURE}.height", "height_cm", 180)),
    of("unit", SHOT, put(f"{PROP}.size", [0.5, 0.25, 0.75]), put(f"{PROP}.size", ["50 cm", "25 cm", "75 cm"])),
    of("unit", SHOT, put("camera.handheld", 0.01), ren("camera.handheld", "handheld_mm", 10)),
    T("unit", SHOT, put(f"{KEY}.roll", lambda roll: f"{roll:g}\u00b0")),
    T("unit", SHOT, ren(f"{MARK}.yaw", "yaw_rad", 1.5707963267948966)),
    T("unit", RELIGHT, put("lights.0.beam", "0.7853981633974483 rad")),
    T("unit", CROWD, put("facing", "45 degrees")),
    T("unit", CROWD, put("spread", "750 cm")),
    T("unit", CROWD, ren("spread", "radius", "7.5 metres")),
    T("unit", RELIGHT, put("lights.0.kelvin", lambda kelvin: f"{kelvin}K")),
    T("unit", RELIGHT, both(put("exposure", "+0.5 EV"), put("lights.0.dimmer", "80%"))),
    T("unit", FILM, both(put("sounds.0.gain_db", "-6 dB"), put("sounds.0.pan", "25%"))),
    of("unit", MIX, put("sample_rate", 48000), put("sample_rate", "48 kHz")),
    T("unit", PRINT, put("grain", "30 percent")),
    of("unit", CROWD, put("people", 25), put("people", "twenty-five")),
    of("unit", REFOCUS, put("blades", 9), put("blades", "nine blades")),
    of("unit", GRADE, put("saturation", 1.2), put("saturation", "120 %")),
]

COLOURS = [
    T("colour", SHOT, put(f"{FIGURE}.colour", "#cc3333")),
    T("colour", SHOT, put(f"{FIGURE}.colour", [204, 51, 51])),
    T("colour", CROWD, put("tint", "rgb(51, 102, 153)")),
    T("colour", GRADE, put("lift", {"red": 0.2, "green": 0.4, "blue": 0.6})),
    T("colour", CROWD, ren("tint", "color", "336699")),
]

CHOICES = [
    of("choice", PASS, put("kind", "depth"), put("kind", "DEPTH_MAP")),
    of("choice", PASS, put("kind", "normals"), put("kind", "normal")),
    of("choice", PASS, put("kind", "ids"), put("kind", "Object-ID pass")),
    of("choice", PASS, put("kind", "albedo"), put("kind", ["albedo"])),
    of("choice", LINE, put("voice", "V.O."), put("voice", "voice-over")),
    of("choice", LINE, put("voice", "O.S."), put("voice", "(OS)")),
    of("choice", LINE, put("voice", "on"), put("voice", "on-screen")),
    of("choice", SHOT, both(put("stage.int_ext", "INT"), put("stage.time", "NIGHT")),
        both(put("stage.int_ext", "Int."), put("stage.time", "at night"))),
    of("choice", SHOT, put("stage.set_kind", "corridor"), put("stage.set_kind", "corridoor")),
    of("choice", SHOT, put("stage.set_kind", "kitchen"), put("stage.set_kind", "SetKind.KITCHEN")),
    of("choice", SHOT, both(put(f"{KEY}.ease", "smooth"), put(f"{MARK}.pose", "sit")),
        both(put(f"{KEY}.ease", "easeInOut"), put(f"{MARK}.pose", "SITTING"))),
    of("choice", SHOT, put("stage.int_ext", "INT/EXT"), put("stage.int_ext", "int / ext")),
    of("choice", SPLICE, put("join", "dissolve"), put("join", "Cross Dissolve")),
    of("choice", SPLICE, put("join", "wipe"), put("join", {"type": "wipe"})),
    T("choice", PRINT, put("stock", "B&W")),
    of("choice", PRINT, put("stock", "colour negative"), put("stock", "Color Negative film")),
    of("choice", GRADE, put("look", "teal and orange"), put("look", "teal & orange")),
    of("choice", GRADE, put("look", "bleach bypass"), put("look", "bleachBypass")),
    T("switch", SPLICE, put("keep_sound", "disabled")),
    of("switch", FILM, put("ambiences.0.night", value=True), put("ambiences.0.night", "NIGHT")),
    T("switch", MIX, put("stems.0.loop", "enabled")),
]  # fmt: skip

EMPTY = [
    T("left open", SHOT, both(put("regions", None), put("references", None), put("first_frame", "None"))),
    of("left open", SEGMENT, put("burn_in", None), put("burn_in", "none")),
    of("left open", PASS, put("first", 0), put("first", None)),
    of("left open", SHOT, put("first_frame", None), put("first_frame", "")),
]

LEGAL = [
    of("legality", SHOT, put("frames", 80), KEPT, limits=WAN_LIKE),
    of("legality", SHOT, both(put("width", 830), put("height", 470)), KEPT, limits=WAN_LIKE),
    of("legality", SHOT, both(HD, put("frames", 97)), KEPT, limits=BLOCKS32),
    of("legality", SHOT, both(HD, put("frames", 100)), both(ren("width", "size", "1280x720"), cut("height")),
        limits=LTX_LIKE),
    of("legality", SHOT, both(put("frames", 73), put("fps", FPS24)), put("fps", "24"), limits=SIXTEEN),
    of("legality", SHOT, both(put("frames", 96), put("fps", FPS24)), ren("frames", "duration", "4s"), limits=WAN_LIKE),
    of("legality", PRINT, both(put("width", 1000), put("height", 562)), KEPT,
        limits=Limits(size_multiple=64, min_size=256, max_size=2048)),
    of("legality", SEGMENT, both(put("width", 853), put("height", 480)), KEPT,
        limits=Limits(size_multiple=2, min_size=64)),
]  # fmt: skip

REFERENCES = [
    T("reference", SEGMENT, both(put("take", "take-a"), put("scene", "Scene A")), more=NAMED),
    T("reference", FILM, put("segments", ["takes/take-a.mp4", "takes/take-b.mp4"]), more=NAMED),
    T("reference", FILM, put("sounds.0.audio", "line_a.wav"), more=NAMED),
    T("reference", STILL, put("take", lambda take: take[:10]), more=NAMED),
    T("reference", STILL, put("take", lambda take: take.upper()), more=NAMED),
    T("reference", GRADE, put("take", lambda take: f"sha256:{take}"), more=NAMED),
    T("reference", RELIGHT, put("take", lambda take: {"id": take, "type": "video"}), more=NAMED),
    T("reference", SPLICE, both(put("first", "@take-a"), put("then", {"name": "take-b"})), more=NAMED),
    T("reference", BOARD, put("panels.0.take", "TakeA"), more=NAMED),
    T("reference", PASS, put("scene", "scen-a"), more=NAMED),
    T("reference", STILL, put("take", lambda take: take[:-1]), more=NAMED),
    T("reference: newest", GRADE, KEPT, meant=NEWEST, more=VERSIONS),
    T("reference: newest", SEGMENT, put("take", "take-a"), meant=NEWEST, more=VERSIONS),
    T("reference: newest", BOARD, put("panels.0.take", lambda take: take[:12]),
        meant=put("panels.0.take", asset("take-a-v2")), more=VERSIONS),
]  # fmt: skip

SEVERAL = [
    of("several", SHOT, both(HD, put("frames", 73), put("fps", FPS24), put(f"{KEY}.focal_mm", 35.0)), both(
        ren("width", "resolution", "1280x720"), cut("height"), ren("frames", "duration", "3 s"), put("fps", "24fps"),
        ren(f"{KEY}.focal_mm", "focalLength", "35mm")), limits=WAN_LIKE),
    of("several", SHOT, both(put("frames", 120), put("fps", FPS24)), text(lambda t: (
        f'<tool_call>{{"name": "generate_shot", "arguments": {t}}}</tool_call>'.replace('"frames"', '"num_frames"'))),
        limits=WAN_LIKE),
    of("several", LINE, both(put("frames", 50), put("fps", FPS25), put("voice", "O.S.")), both(
        ren("text", "dialogue"), ren("speaker", "character"), ren("frames", "durationMs", 2000),
        put("voice", "off-screen"), put("fps", "25"))),
    T("several", SEGMENT, both(put("take", "take-a.mp4"), ren("scene", "sceneId", "scene-a"),
        put("width", str), put("burn_in.scene", 12), put("burn_in.names", str)), more=NAMED),
    T("several", PASS, lambda a: {"tool": "render_pass", "tool_input": {
        "scene_id": "scene-a", "pass": a["kind"].upper(), "start": str(a["first"]), "count": float(a["frames"])}},
        more=NAMED),
    T("several", TIMELINE, both(
        ren("clips", "shots"), ren("sounds.0.speaker", "who"), ren("sounds.0.frames", "numFrames"),
        put("fps", lambda fps: str(fps["num"] / fps["den"])[:6]))),
    of("several", SPLICE, both(put("join", "dissolve"), put("overlap", 25)), lambda a: "```json\n" + str({
        "a": "take-a", "b": "take-b", "transition": "crossfade", "overlap_time": "1s", "frame_rate": 25,
        "keepSound": False}) + "\n```", **NAMED),
    T("several", CROWD, lambda a: {"arguments": repr({
        "center": {"x": 2, "y": 0, "z": -6.5}, "head_count": str(a["people"]), "radius": "7.5m", "color": "#336699",
        "facing": "45\u00b0", "randomSeed": a["seed"]})}),
    T("several", REFOCUS, both(put("pulls.0", {"at": "0s", "distance": "1.2 m", "ease": "Soft"}),
        ren("strength", "blur_strength", "60%"), ren("blades", "bladeCount", str), put("precision", "fp16"))),
    T("several", RELIGHT, both(ren("lights", "lamps"), put("take", "take-a"), ren("exposure", "ev", "0.5"),
        ren("fade", "transition", "2.5 s")), more=NAMED),
]  # fmt: skip

VALUES = [*TIME, *RATES, *SIZES, *UNITS, *COLOURS, *CHOICES, *EMPTY, *LEGAL, *REFERENCES, *SEVERAL]
