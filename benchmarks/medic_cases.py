"""The fault classes that can be repaired and that the rules were developed against: each from chance to a case."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

from benchmarks.medic_calls import ASSETS, good
from benchmarks.medic_world import WAN_LIKE, Case, Wants, asset
from vibeboard.timing import Rate, timecode

Edit = Callable[[dict[str, Any], Random], None]
TIMED = ("generate_shot", "speak_line", "finish_segment")
SIZED = ("generate_shot", "finish_segment")


def case_of(tool: str, chance: Random, *edits: Edit, **more: Any) -> Case:
    """A good call, and the same with edits made to it."""
    meant = good(tool, chance)
    args = copy.deepcopy(meant)
    for edit in edits:
        edit(args, chance)
    made = Case(fault="", seed=0, tool=tool, args=args, meant=meant, **more)
    return replace(made, meant=None) if made.wants is Wants.ESCALATE else made


def renamed(old: str, *names: str) -> Edit:
    def edit(args: dict[str, Any], chance: Random) -> None:
        args[chance.choice(names)] = args.pop(old)

    return edit


def changed(name: str, make: Callable[[Any, Random], Any]) -> Edit:
    def edit(args: dict[str, Any], chance: Random) -> None:
        args[name] = make(args.get(name), chance)

    return edit


def json_malformed(chance: Random) -> Case:
    case = case_of(chance.choice(["speak_line", "generate_shot", "render_pass"]), chance)
    text = json.dumps(case.args)
    ways = [
        text[:-1] + " " if text[-2].isdigit() else text[:-1],
        f"```json\n{text}\n```",
        f"<think>The user wants {{a shot}}.</think>{text}",
        f"Here are the arguments:\n{text}\nLet me know!",
        text[:-1] + ",}",
        text.replace('", "', '",, "', 1),
        repr(case.args),
        f"<minimax:tool_call>{text}</minimax:tool_call>",
        f"]<]minimax[>[<tool_call>{text}</tool_call>",
        json.dumps(text),
        text.replace('"frames":', "frames:"),
    ]
    return replace(case, args=chance.choice(ways))


def wrapped(chance: Random) -> Case:
    case = case_of(chance.choice(["speak_line", "generate_shot", "finish_segment"]), chance)
    args: Any = case.args
    ways = [
        {"arguments": args},
        {"params": args},
        {"input": json.dumps(args)},
        {"name": case.tool, "arguments": args},
        {"type": "function", "function": {"name": case.tool, "arguments": json.dumps(args)}},
        {case.tool: args},
        {"tool_input": {"kwargs": args}},
    ]
    return replace(case, args=chance.choice(ways))


def name_spelling(chance: Random) -> Case:
    edits = [
        renamed("frames", "numFrames", "num-frames", "Frames", "frame_count", "n_frames", "framse", "total_frames"),
        renamed("fps", "FPS", "frameRate", "frame-rate", "fsp"),
        renamed("width", "Width", "video_width", "widht", "witdh"),
        renamed("height", "heigth", "heigt", "image_height"),
    ]
    return case_of("generate_shot", chance, *chance.sample(edits, chance.randrange(1, 3)))


def name_synonym(chance: Random) -> Case:
    tool, edit = chance.choice([
        ("generate_shot", renamed("prompt", "description", "text_prompt")),
        ("generate_shot", renamed("seed", "random_seed", "rngSeed")),
        ("speak_line", renamed("speaker", "character", "who")),
        ("speak_line", renamed("text", "line", "dialogue")),
        ("finish_segment", renamed("take", "video", "clip")),
        ("finish_segment", renamed("burn_in", "slate", "overlay", "burnIn")),
        ("render_pass", renamed("kind", "pass", "pass_type")),
        ("render_pass", renamed("first", "start", "start_frame")),
        ("export_timeline", renamed("title", "name")),
    ])  # fmt: skip
    return case_of(tool, chance, edit)


def name_deep(chance: Random) -> Case:
    def key(args: dict[str, Any], chance: Random) -> None:
        part = args["camera"]["keys"][0]
        old, new = chance.choice([("focal_mm", "focal_length"), ("target", "lookAt"), ("position", "pos")])
        part[new] = part.pop(old)

    def figure(args: dict[str, Any], chance: Random) -> None:
        part = args["stage"]["figures"][0]
        old, new = chance.choice([("colour", "color"), ("name", "Name"), ("marks", "blocking")])
        part[new] = part.pop(old)

    return case_of("generate_shot", chance, chance.choice([key, figure]))


def name_path(chance: Random) -> Case:
    def flat(args: dict[str, Any], chance: Random) -> None:
        args["camera_f_number"] = args["camera"].pop("f_number")

    def lens(args: dict[str, Any], chance: Random) -> None:
        args["lens"] = {"focal_mm": args["camera"]["keys"][0].pop("focal_mm")}

    def inside(args: dict[str, Any], chance: Random) -> None:
        args["camera"]["fps"] = args.pop("fps")

    def dotted(args: dict[str, Any], chance: Random) -> None:
        args["camera.f_number"] = args["camera"].pop("f_number")

    return case_of("generate_shot", chance, chance.choice([flat, lens, inside, dotted]))


def wrong_type(chance: Random) -> Case:
    edits = [
        changed("width", lambda v, c: c.choice([f"{v}px", f"{v} pixels", [v], {"value": v}, f"{v:,} px"])),
        changed("frames", lambda v, c: c.choice([f"{v} frames", [v], f"{v}f", {"value": v}])),
        changed("stage", lambda v, c: json.dumps(v)),
        changed("camera", lambda v, c: c.choice([json.dumps(v), [v], json.dumps(json.dumps(v))])),
    ]
    return case_of("generate_shot", chance, *chance.sample(edits, 2))


def unit_of_time(chance: Random) -> Case:
    tool = chance.choice(TIMED)

    def edit(args: dict[str, Any], chance: Random) -> None:
        rate = Rate.model_validate(args["fps"])
        seconds = Fraction(args.pop("frames")) / rate.fraction
        frames = round(seconds * rate.fraction)
        name = chance.choice(["frames", "duration", "length"])
        ways = [
            f"{float(seconds):.6f}s",
            f"{float(seconds):.6f} seconds",
            timecode(frames, rate),
            f"{float(seconds * 1000):.3f} ms",
        ]
        args[name] = chance.choice(ways)

    return case_of(tool, chance, edit)


def unit_in_name(chance: Random) -> Case:
    def seconds(args: dict[str, Any], chance: Random) -> None:
        rate = Rate.model_validate(args["fps"])
        args[chance.choice(["duration_s", "duration_seconds", "length_in_seconds"])] = round(
            float(args.pop("frames") / rate.fraction), 6
        )

    def lens(args: dict[str, Any], chance: Random) -> None:
        key = args["camera"]["keys"][0]
        key["focus_cm"] = round(key.pop("focus_m") * 100, 6)

    return case_of("generate_shot", chance, chance.choice([seconds, lens]))


def unit_of_length(chance: Random) -> Case:
    def lens(args: dict[str, Any], chance: Random) -> None:
        key = args["camera"]["keys"][0]
        key["focal_mm"] = chance.choice([f"{key['focal_mm']:g}mm", f"{key['focal_mm'] / 10:g} cm"])

    def focus(args: dict[str, Any], chance: Random) -> None:
        key = args["camera"]["keys"][0]
        key["focus_m"] = chance.choice([f"{key['focus_m']:g} m", f"{key['focus_m'] * 100:g}cm"])

    def turned(args: dict[str, Any], chance: Random) -> None:
        mark = args["stage"]["figures"][0]["marks"][0]
        mark["yaw"] = chance.choice(["90deg", "90°", "0.25 turns", "90 degrees"])

    def aperture(args: dict[str, Any], chance: Random) -> None:
        args["camera"]["f_number"] = f"f/{args['camera']['f_number']:g}"

    return case_of("generate_shot", chance, chance.choice([lens, focus, turned, aperture]))


def choice_spelling(chance: Random) -> Case:
    def stage(args: dict[str, Any], chance: Random) -> None:
        part = args["stage"]
        part["set_kind"] = {"corridor": "hallway", "forest": "Woods"}.get(part["set_kind"], part["set_kind"].upper())
        part["int_ext"] = chance.choice(["Int.", "interior", "int"])
        part["time"] = part["time"].title()

    def voice(args: dict[str, Any], chance: Random) -> None:
        spelt = {"on": ["ON", "on screen"], "O.S.": ["OS", "off-screen"], "V.O.": ["VO", "voice_over", "Voiceover"]}
        args["voice"] = chance.choice(spelt[args["voice"]])

    def kind(args: dict[str, Any], chance: Random) -> None:
        spelt = {"depth": "Z-depth", "normals": "normal", "albedo": "Albedo", "ids": "object_ids", "beauty": "BEAUTY"}
        args["kind"] = spelt[args["kind"]]

    tool, edit = chance.choice([("generate_shot", stage), ("speak_line", voice), ("render_pass", kind)])
    return case_of(tool, chance, edit)


def rate_forms(chance: Random) -> Case:
    def edit(args: dict[str, Any], chance: Random) -> None:
        rate = Rate.model_validate(args["fps"])
        plain: Any = rate.num if rate.den == 1 else round(rate.num / rate.den, 3)
        ways = [plain, str(plain), f"{plain} fps", f"{plain}fps", {"fps": plain}, f"{rate.num}/{rate.den}",
                [rate.num, rate.den], {"numerator": rate.num, "denominator": rate.den}]  # fmt: skip
        args["fps"] = chance.choice(ways)

    return case_of(chance.choice([*TIMED, "export_timeline", "assemble_film"]), chance, edit)


def vector_forms(chance: Random) -> Case:
    def edit(args: dict[str, Any], chance: Random) -> None:
        key = args["camera"]["keys"][0]
        x, y, z = key["position"]
        ways = [
            {"x": x, "y": y, "z": z},
            f"{x}, {y}, {z}",
            f"[{x}, {y}, {z}]",
            [f"{x}m", f"{y}m", f"{z}m"],
            f"({x} {y} {z})",
        ]
        key["position"] = chance.choice(ways)

    def colour(args: dict[str, Any], chance: Random) -> None:
        args["stage"]["figures"][0]["colour"] = chance.choice([{"r": 0.8, "g": 0.2, "b": 0.2}, "#cc3333"])

    return case_of("generate_shot", chance, chance.choice([edit, edit, colour]))


def list_shapes(chance: Random) -> Case:
    def one(args: dict[str, Any], chance: Random) -> None:
        args["camera"]["keys"] = args["camera"]["keys"][0]

    def named(args: dict[str, Any], chance: Random) -> None:
        args["stage"]["figures"] = {"items": args["stage"]["figures"]}

    def by_id(args: dict[str, Any], chance: Random) -> None:
        figure = args["stage"]["figures"][0]
        args["stage"]["figures"] = {figure.pop("id"): figure}

    def text(args: dict[str, Any], chance: Random) -> None:
        args["segments"] = ", ".join(args["segments"])

    tool, edit = chance.choice([
        ("generate_shot", one), ("generate_shot", named), ("generate_shot", by_id), ("assemble_film", text),
    ])  # fmt: skip
    return case_of(tool, chance, edit)


def nothing_forms(chance: Random) -> Case:
    def null(args: dict[str, Any], chance: Random) -> None:
        args["burn_in"] = chance.choice(["null", "None", ""])

    tool = "finish_segment"
    case = case_of(tool, chance, null)
    return replace(case, meant={**(case.meant or {}), "burn_in": None})


def size_in_one(chance: Random) -> Case:
    def edit(args: dict[str, Any], chance: Random) -> None:
        width, height = args.pop("width"), args.pop("height")
        name, value = chance.choice([
            ("size", f"{width}x{height}"), ("resolution", f"{width} x {height}"), ("width", f"{width}×{height}"),
            ("size", [width, height]), ("dimensions", {"width": width, "height": height}),
            ("size", f"{width}*{height}"),
        ])  # fmt: skip
        args[name] = value

    return case_of(chance.choice(SIZED), chance, edit)


def size_multiple(chance: Random) -> Case:
    def edit(args: dict[str, Any], chance: Random) -> None:
        args["width"] += chance.choice([-6, 2, 4])
        args["height"] += chance.choice([-6, 2, 6])

    return case_of("generate_shot", chance, edit, limits=WAN_LIKE)


def frames_step(chance: Random) -> Case:
    return case_of("generate_shot", chance, changed("frames", lambda v, c: v + c.choice([-1, 1, 2])), limits=WAN_LIKE)


def rate_limit_of_engine(chance: Random) -> Case:
    limits = replace(WAN_LIKE, fps=Rate(num=24))
    case = case_of("generate_shot", chance, changed("fps", lambda v, c: {"num": 24000, "den": 1001}), limits=limits)
    return replace(case, meant={**(case.meant or {}), "fps": {"num": 24, "den": 1}})


def twice_the_same(chance: Random) -> Case:
    def edit(args: dict[str, Any], chance: Random) -> None:
        rate = Rate.model_validate(args["fps"])
        name, value = chance.choice([
            ("num_frames", args["frames"]), ("frame_rate", args["fps"]),
            ("duration", f"{float(args['frames'] / rate.fraction):.6f}s"),
        ])  # fmt: skip
        args[name] = value

    return case_of("generate_shot", chance, edit)


def idle_knobs(chance: Random) -> Case:
    extras = [("eta", 0.0), ("sampler", "euler"), ("scheduler", "unipc"), ("output_type", "np"),
              ("style_preset", None), ("reasoning", "wide, for scale")]  # fmt: skip

    def edit(args: dict[str, Any], chance: Random) -> None:
        args.update(dict(chance.sample(extras, 2)))

    return case_of("generate_shot", chance, edit)


def soft_bounds(chance: Random) -> Case:
    name, value, bound = chance.choice(
        [("gain_db", 20.0, 12.0), ("pan", 1.5, 1.0), ("gain_db", "-80 dB", -60.0), ("pan", -3, -1.0)]
    )

    def edit(args: dict[str, Any], chance: Random) -> None:
        args["sounds"][0][name] = value

    case = case_of("assemble_film", chance, edit)
    meant = copy.deepcopy(case.meant or {})
    meant["sounds"][0][name] = bound
    return replace(case, meant=meant)


def ref_typo(chance: Random) -> Case:
    ways = [
        "take_a",
        "Take A",
        "taek-a",
        "take-aa"[:6],
        asset("take-a")[:12],
        asset("take-a").upper(),
        f"sha256:{asset('take-a')}",
    ]
    return case_of("finish_segment", chance, changed("take", lambda v, c: c.choice(ways)), assets=ASSETS)


def ref_stale(chance: Random) -> Case:
    old = asset("take-a, first version")
    assets = {**ASSETS, "hero-v3": asset("take-a")}
    ways = [old, "hero-v1", "hero v2"]
    return case_of(
        "finish_segment",
        chance,
        changed("take", lambda v, c: c.choice(ways)),
        assets=assets,
        newer={old: asset("take-a")},
    )


def oom_once(chance: Random) -> Case:
    return case_of("generate_shot", chance, script=("oom",))


def network(chance: Random) -> Case:
    return case_of(chance.choice(["speak_line", "generate_shot"]), chance, script=("network",) * chance.randrange(1, 3))


def rate_limit(chance: Random) -> Case:
    return case_of(
        "speak_line", chance, script=tuple(chance.choices(["rate_limit", "throttled"], k=chance.randrange(1, 4)))
    )


def hang_once(chance: Random) -> Case:
    return case_of("generate_shot", chance, script=("hang",))


def poisoned(chance: Random, **more: Any) -> Case:
    tool, kinds = chance.choice(
        [("speak_line", ["silent", "truncated", "short"]), ("generate_shot", ["black", "truncated", "short"])]
    )
    case = case_of(
        tool, chance, script=(chance.choice(kinds),), free=frozenset({"seed"} if chance.random() < 0.5 else ()), **more
    )
    small = {"width": 64, "height": 64, "frames": 25}
    args = case.args if isinstance(case.args, dict) else {}
    args |= small if tool == "generate_shot" else {}
    return replace(case, args=args, meant=copy.deepcopy(args) if case.wants is Wants.REPAIR else None)


def poison_once(chance: Random) -> Case:
    return poisoned(chance)


def combined(chance: Random) -> Case:
    edits = [
        renamed("frames", "num_frames"),
        changed("width", lambda v, c: f"{v}px"),
        changed("fps", lambda v, c: f"{Rate.model_validate(v)} fps"),
        changed("camera", lambda v, c: json.dumps(v)),
    ]
    script = chance.choice([(), ("network",), ("oom",), ("rate_limit", "network")])
    return case_of("generate_shot", chance, *chance.sample(edits, 3), script=script)


REPAIRS: dict[str, Callable[[Random], Case]] = {
    make.__name__: make
    for make in (
        json_malformed, wrapped, name_spelling, name_synonym, name_deep, name_path, wrong_type, unit_of_time,
        unit_in_name, unit_of_length, choice_spelling, rate_forms, vector_forms, list_shapes, nothing_forms,
        size_in_one, size_multiple, frames_step, rate_limit_of_engine, twice_the_same, idle_knobs, soft_bounds,
        ref_typo, ref_stale, oom_once, network, rate_limit, hang_once, poison_once, combined,
    )
}  # fmt: skip
