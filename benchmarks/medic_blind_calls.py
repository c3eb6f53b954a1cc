"""The blind round: calls whose text, envelope, names or nesting are wrong. All are to be repaired."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

from benchmarks.medic_blind_tools import STILL
from benchmarks.medic_templates import (
    BOARD,
    FILM,
    LINE,
    PASS,
    SEGMENT,
    SHEETS,
    SHOT,
    TIMELINE,
    Args,
    Edit,
    Template,
    both,
    cut,
    put,
    ren,
    text,
)  # fmt: skip

RELIGHT, PRINT = "relight", "film_print"
REFOCUS, CROWD, SPLICE = "refocus", "crowd", "splice"
GRADE, MIX = "grade", "mix"
KEY, FIGURE, MARK, PROP = "camera.keys.0", "stage.figures.0", "stage.figures.0.marks.0", "stage.props.0"
T = Template


def on(first: Edit, then: Edit) -> Edit:
    """Change the good call, then spoil it; what was meant is the call between, so give `first` as `meant` too."""

    def edit(args: Args) -> Any:
        first(args)
        return then(args)

    return edit


def of(fault: str, tool: str, first: Edit, then: Edit, **more: Any) -> Template:
    """A call that has `first` in it, spoilt by `then`."""
    return Template(fault, tool, on(first, then), meant=first, more=more)


def renamed(turn: Callable[[str], str]) -> Edit:
    """Every name in the call, however deep."""

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {turn(name): walk(value) for name, value in node.items()}
        return [walk(value) for value in node] if isinstance(node, list) else node

    return walk


def camel(name: str) -> str:
    return re.sub("_(.)", lambda found: found[1].upper(), name)


def pascal(name: str) -> str:
    return name[:1].upper() + camel(name)[1:]


def kebab(name: str) -> str:
    return name.replace("_", "-")


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def each(form: str) -> Callable[[Args], str]:
    """The arguments one after the other, as markup has them."""
    return lambda args: "\n".join(form.format(name, plain(value)) for name, value in args.items())


def python(name: str) -> Callable[[Args], str]:
    """The call as Python would have it."""
    return lambda args: f"{name}({', '.join(f'{key}={value!r}' for key, value in args.items())})"


def move(path: str, to: str) -> Edit:
    """Take something from where it belongs and put it elsewhere (empty: at the top)."""

    def edit(args: Args) -> None:
        *steps, name = path.split(".")
        holder, other = args, args
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        for step in filter(None, to.split(".")):
            other = other[int(step)] if isinstance(other, list) else other[step]
        other[name] = holder.pop(name)

    return edit


def flat(name: str, form: str) -> Edit:
    """The members of a field as names of their own at the top, such as `burn_in.title`."""

    def edit(args: Args) -> None:
        args.update({form.format(name, inner): value for inner, value in args.pop(name).items()})

    return edit


TEXTS = [
    # markup of model families
    T("leaked markup", SPLICE, text(lambda t: f'<tool_call>\n{{"name": "splice", "arguments": {t}}}\n</tool_call>')),
    T("leaked markup", LINE, text(lambda t: f"<function=speak_line>{t}</function>")),
    T("leaked markup", SEGMENT, text(lambda t: f'[TOOL_CALLS] [{{"name": "finish_segment", "arguments": {t}}}]')),
    T("leaked markup", PASS, text(lambda t: f'<|python_tag|>{{"name": "render_pass", "parameters": {t}}}<|eom_id|>')),
    T("leaked markup", CROWD, text(lambda t: f"<|tool_calls_section_begin|><|tool_call_begin|>functions.crowd:0"
        f"<|tool_call_argument_begin|>{t}<|tool_call_end|><|tool_calls_section_end|>")),
    T("leaked markup", GRADE, text(lambda t: "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>grade\n"
        f"```json\n{t}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>")),
    T("leaked markup", REFOCUS, text(lambda t: "<|channel|>commentary to=functions.refocus <|constrain|>json"
        f"<|message|>{t}<|call|>")),
    T("leaked markup", FILM,
        text(lambda t: f'<|tool_call|>[{{"name": "assemble_film", "arguments": {t}}}]<|/tool_call|>')),
    T("leaked markup", LINE, lambda a: '<invoke name="speak_line">\n' + each('<parameter name="{}">{}</parameter>')(a)
        + "\n</invoke>"),
    T("leaked markup", SEGMENT, lambda a: '<minimax:tool_call>\n<invoke name="finish_segment">\n'
        + each('<parameter name="{}">{}</parameter>')(a) + "\n</invoke>\n</minimax:tool_call>"),
    T("leaked markup", CROWD, lambda a: "<tool_call>crowd\n"
        + each("<arg_key>{}</arg_key>\n<arg_value>{}</arg_value>")(a) + "\n</tool_call>"),
    T("leaked markup", PASS, lambda a: "<tool_call>\n<function=render_pass>\n"
        + each("<parameter={}>\n{}\n</parameter>")(a) + "\n</function>\n</tool_call>"),
    T("leaked markup", STILL,
        text(lambda t: f"Thought: I need that frame.\nAction: extract_still\nAction Input: {t}\nObservation:")),
    T("leaked markup", SPLICE, text(lambda t: f'Action: ```json\n[{{"tool_name": "splice", "parameters": {t}}}]\n```')),
    T("leaked markup", SHOT, text(lambda t: t + "<|im_end|>")),
    T("leaked markup", MIX, text(lambda t: f"the level is {{low}}, so keep it.\n</think>\n\n{t}")),
    # calls as code
    T("call as code", LINE, lambda a: f"```tool_code\nprint({python('speak_line')(a)})\n```"),
    T("call as code", PASS, lambda a: f"[{python('render_pass')(a)}]"),
    T("call as code", PRINT, text(lambda t: f"functions.film_print({t});")),
    T("call as code", SHOT, lambda a: f"args = {a!r}"),
    T("call as code", SPLICE, lambda a: f"dict({', '.join(f'{key}={value!r}' for key, value in a.items())})"),
    # JSON that is not quite
    of("malformed JSON", LINE, put("text", 'She said "no" twice.'), text(lambda t: t.replace('\\"', '"'))),
    of("malformed JSON", LINE, put("text", "Not here.\nNot now."), text(lambda t: t.replace("\\n", "\n"))),
    of("malformed JSON", LINE, put("text", "He's gone, isn't he?"), repr),
    T("malformed JSON", SHOT, text(lambda t: re.sub(r'"(\w+)":', r"\1:", t).replace("null", "undefined"))),
    T("malformed JSON", SEGMENT, text(lambda t: t.replace(', "width"', '\n "width"').replace(', "fps"', '\n "fps"'))),
    T("malformed JSON", BOARD, text(lambda t: t[:-1])),
    T("malformed JSON", SHEETS, text(lambda t: t.replace('"', "\u201c"))),
    T("malformed JSON", PASS, text(lambda t: "{" + t + "}")),
    T("malformed JSON", TIMELINE, text(lambda t: json.dumps(json.dumps(t)))),
    T("malformed JSON", BOARD, text(html.escape)),
    T("malformed JSON", LINE, text(lambda t: t.replace('"', '\\"'))),
    T("malformed JSON", STILL, text(lambda t: t + t)),
    T("malformed JSON", MIX,
        text(lambda t: "\ufeff" + t.replace('"delay"', "// seconds\n\"delay\"").replace("}", ",}"))),
    T("malformed JSON", REFOCUS, text(lambda t: t.replace("0.6", ".6"))),
    of("malformed JSON", SEGMENT, put("fps", {"num": 24000, "den": 1001}),
        text(lambda t: t.replace('{"num": 24000, "den": 1001}', "24000/1001"))),
    T("malformed JSON", FILM,
        text(lambda t: f"Sure! Here is the corrected call:\n\n{t}\n\nLet me know if you need more.")),
    T("malformed JSON", CROWD, lambda a: "\n".join(
        f"{name}: {value}" if not isinstance(value, list) else f"{name}:" + "".join(f"\n  - {v}" for v in value)
        for name, value in a.items())),
]  # fmt: skip

ENVELOPES = [
    T("envelope", RELIGHT, lambda a: {"type": "tool_use", "id": "toolu_01", "name": "relight", "input": a}),
    T("envelope", LINE, lambda a: {
        "id": "call_9", "type": "function", "function": {"name": "speak_line", "arguments": json.dumps(a)}}),
    T("envelope", BOARD, lambda a: {"action": "draw_storyboard", "action_input": json.dumps(a)}),
    T("envelope", SPLICE, lambda a: {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "splice", "arguments": a}}),
    T("envelope", PASS, text(lambda t: f"[{t}]")),
    T("envelope", SHEETS, lambda a: {"export_sheets": a}),
    T("envelope", GRADE, lambda a: {"args": [], "kwargs": a}),
    T("envelope", STILL, lambda a: {"type": "object", "properties": a, "required": ["take", "frame"]}),
    T("envelope", CROWD, lambda a: {name: {"value": value} for name, value in a.items()}),
    T("envelope", TIMELINE, lambda a: {"tool_calls": [{"name": "export_timeline", "args": a}]}),
    T("envelope", FILM, lambda a: {"request": {"params": a}}),
    T("envelope", CROWD, put("function", "crowd")),
    T("encoded inside", SHOT, both(put("stage", json.dumps), put("camera", json.dumps))),
    T("encoded inside", FILM, both(put("segments", json.dumps), put("fps", json.dumps), put("sounds", json.dumps))),
    T("encoded inside", RELIGHT, put("lights.0", repr)),
    T("encoded inside", SHEETS, put("breakdown.rows", lambda rows: [json.dumps(row) for row in rows])),
    T("encoded inside", TIMELINE, put("clips.0.facts", json.dumps)),
]  # fmt: skip

NAMES = [
    T("names: case", TIMELINE, renamed(camel)),
    T("names: case", SHOT, renamed(camel)),
    T("names: case", SEGMENT, renamed(pascal)),
    T("names: case", SPLICE, renamed(kebab)),
    T("names: case", LINE, renamed(str.upper)),
    T("names: case", PASS, renamed(lambda name: f" {name} ")),
    T("names: other library", SHOT, both(
        put("steps", 30), ren("frames", "num_frames"), ren("steps", "num_inference_steps"),
        put("output_type", "pil"), put("return_dict", value=False)), meant=put("steps", 30)),
    of("names: other library", SHOT, both(put("guidance", 5.0), put("negative_prompt", "blurry")),
        both(ren("guidance", "cfgScale"), ren("negative_prompt", "neg_prompt"), ren("seed", "noise_seed"))),
    of("names: other library", SHOT, put("adapters", [{"adapter": "rain", "scale": 0.8}]),
        ren("adapters", "loras", [{"name": "rain", "weight": 0.8}])),
    T("names: other library", SHOT, both(ren("prompt", "positivePrompt"), ren("frames", "n_frames"))),
    of("names: other library", SHOT, put("steps", 40), ren("steps", "denoising_steps")),
    T("names: synonym", SHOT, both(ren(f"{KEY}.focal_mm", "focalLength"), ren(f"{KEY}.target", "lookAt"))),
    T("names: synonym", SHOT, both(ren("camera.f_number", "f-stop"), ren(f"{KEY}.focus_m", "focus_distance_m"))),
    T("names: synonym", SHOT, both(ren("stage.time", "timeOfDay"), ren("stage.figures", "actors"))),
    T("names: synonym", SHOT, ren(f"{KEY}.focal_mm", "lens_mm")),
    T("names: synonym", LINE,
        both(ren("text", "line_text"), ren("speaker", "character_name"), ren("voice", "voiceType"))),
    T("names: synonym", SEGMENT, both(ren("take", "take_hash"), ren("burn_in", "slate"))),
    T("names: synonym", FILM, both(ren("segments", "segment_ids"), ren("sounds.0.gain_db", "gainDb"))),
    T("names: synonym", PASS, both(ren("kind", "pass_name"), ren("first", "startFrame"))),
    T("names: synonym", BOARD, both(ren("panels.0.heading", "slug_line"), ren("panels.0.frame", "frame_idx"))),
    T("names: synonym", TIMELINE, both(ren("clips.0.media", "file_path"), ren("clips.0.trim", "trim_start_frames"))),
    T("names: synonym", CROWD,
        both(ren("people", "num_people"), ren("place", "center_point"), ren("spread", "radius_m"))),
    T("names: synonym", SPLICE,
        both(ren("first", "first_take"), ren("then", "then_take"), ren("overlap", "overlap_frames"))),
    T("names: synonym", REFOCUS, both(ren("blades", "num_blades"), ren("pulls", "focusPulls"))),
    T("names: synonym", RELIGHT, both(ren("lights.0.kelvin", "color_temp"), ren("fade", "fade_seconds"))),
    T("names: synonym", PRINT,
        both(ren("mirrored", "mirror"), ren("grain", "grain_strength"), ren("stock", "film-stock"))),
    T("names: synonym", GRADE, both(ren("look", "look_name"), ren("saturation", "colour_saturation"))),
    T("names: synonym", MIX, both(ren("sample_rate", "sample_rate_hz"), ren("channels", "num_channels"))),
    T("names: misspelt", SHOT, both(ren("prompt", "promt"), ren("width", "widht"), ren("height", "heigth"))),
    T("names: misspelt", MIX, both(ren("fade_out", "fadeot"), ren("stems.0.audio", "adio"))),
    T("names: misspelt", BOARD, both(ren("panels.0.dialogue", "dialouge"), ren("panels", "pannels"))),
    T("names: misspelt", RELIGHT, ren("exposure", "exposre")),
]  # fmt: skip

NESTING = [
    T("nesting", SHOT, both(move("camera.f_number", ""), move("camera.handheld", ""))),
    T("nesting", SHOT, both(move("stage.figures", ""), move("stage.props", ""))),
    T("nesting", SHOT, move(f"{KEY}.focal_mm", "camera")),
    T("nesting", SEGMENT, flat("burn_in", "{}.{}")),
    T("nesting", PRINT, flat("fps", "{}_{}")),
    T("nesting", SEGMENT, move("burn_in.record_start", "")),
    T("nesting", SHOT, both(move("frames", "camera"), move("fps", "camera"))),
    T("nesting", SHOT, put("stage", lambda stage: {"stage": stage})),
    T("nesting", GRADE, both(move("window.x", ""), move("window.y", ""), move("window.radius", ""), cut("window"))),
    T("nesting", SHOT, put("stage.figures", lambda f: {"ann": {k: v for k, v in f[0].items() if k != "id"}})),
    T("nesting", TIMELINE, put("clips.0.facts", [{"key": "size", "value": "MS"}])),
    T("nesting", SHEETS, put("breakdown.rows", lambda rows: [
        dict(zip(["scene", "heading"], row, strict=True)) for row in rows])),
    T("nesting", TIMELINE, both(
        ren("clips.0.first_line", "line_range", [10, 14]), cut("clips.0.last_line"))),
    T("list or one", FILM, put("sounds", lambda sounds: sounds[0])),
    T("list or one", SHOT, put("camera.keys", lambda keys: keys[0])),
    T("list or one", STILL, put("take", lambda take: [take])),
    T("list or one", LINE, put("text", lambda line: [line])),
    T("list or one", BOARD, put("panels.0.dialogue", lambda lines: lines[0])),
    T("list or one", SHEETS, put("breakdown.columns", "scene, heading")),
    T("list or one", RELIGHT, put("lights", lambda lights: {"0": lights[0]})),
    T("list or one", MIX, put("stems", lambda stems: {"item": stems})),
    T("list or one", CROWD, put("place", "2.0, 0.0, -6.5")),
    T("list or one", CROWD, put("place", [{"x": 2.0}, {"y": 0.0}, {"z": -6.5}])),
    T("list or one", SHOT, put(f"{KEY}.target", "(0, 1.5, 0)")),
]  # fmt: skip

CALLS = [*TEXTS, *ENVELOPES, *NAMES, *NESTING]
