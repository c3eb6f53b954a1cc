"""How fault cases are written as templates: a fault, a tool, an edit of a good call, and what should come of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from benchmarks.medic_calls import good
from benchmarks.medic_world import Case, Wants
from tools.declare import Tool
from vibeboard.timing import Rate, timecode

SEEDS = 2
Args = dict[str, Any]
Edit = Callable[[Args], Any]
Good = Callable[[str, Random], Args]


class Template(NamedTuple):
    fault: str
    tool: str
    edit: Edit
    wants: Wants = Wants.REPAIR
    meant: Edit | None = None
    more: dict[str, Any] = {}  # noqa: RUF012  (never changed)


def cases_of(templates: Sequence[Template], name: str, tools: Mapping[str, Tool], make: Good) -> Iterator[Case]:
    """Two seeds of each template. `tools` are those that are not ours, `make` a good call of one of them."""
    for number, template in enumerate(templates):
        for seed in range(SEEDS):
            chance = Random(f"{name} {number} {seed}")
            own = tools.get(template.tool)
            meant = make(template.tool, chance) if own else good(template.tool, chance)
            sent = copy.deepcopy(meant)
            changed = template.edit(sent)
            if template.meant:
                template.meant(meant)
            yield Case(
                fault=template.fault,
                seed=seed,
                tool=template.tool,
                args=changed if isinstance(changed, str) or (isinstance(changed, dict) and changed) else sent,
                meant=meant if template.wants is Wants.REPAIR else None,
                wants=template.wants,
                own=own,
                **template.more,
            )


def at(args: Any, path: str) -> tuple[Any, Any]:
    *steps, last = path.split(".")
    for step in steps:
        args = args[int(step)] if isinstance(args, list) else args[step]
    return args, int(last) if isinstance(args, list) else last


def put(path: str, value: Any) -> Edit:
    """Set what stands at a path; a function gets what stood there."""

    def edit(args: Args) -> None:
        holder, name = at(args, path)
        holder[name] = (
            value(holder.get(name) if isinstance(holder, dict) else holder[name]) if callable(value) else value
        )

    return edit


def ren(path: str, name: str, value: Any = None) -> Edit:
    """Rename, and change the value if a function is given."""

    def edit(args: Args) -> None:
        holder, old = at(args, path)
        kept = holder.pop(old)
        holder[name] = value(kept) if callable(value) else kept if value is None else value

    return edit


def cut(path: str) -> Edit:
    def edit(args: Args) -> None:
        holder, name = at(args, path)
        del holder[name]

    return edit


def both(*edits: Edit) -> Edit:
    def edit(args: Args) -> None:
        for one in edits:
            one(args)

    return edit


def text(make: Callable[[str], str]) -> Edit:
    return lambda args: make(json.dumps(args))


def seconds(name: str, form: str) -> Edit:
    """The length as seconds under another name."""

    def edit(args: Args) -> None:
        length = args.pop("frames") / Rate.model_validate(args["fps"]).fraction
        args[name] = form.format(float(length))

    return edit


def clock(path: str, name: str) -> Edit:
    def edit(args: Args) -> None:
        holder, old = at(args, path)
        rate = Rate.model_validate(args.get("fps", {"num": 24}))
        holder[name] = timecode(holder.pop(old), rate)

    return edit


SHOT, LINE, SEGMENT, FILM, PASS = "generate_shot", "speak_line", "finish_segment", "assemble_film", "render_pass"
BOARD, TIMELINE, SHEETS = "draw_storyboard", "export_timeline", "export_sheets"
