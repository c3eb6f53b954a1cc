"""Rows of the breakdown sheet and of the shot list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphs.cut import CutShot, lens
from tools.export_sheets import Sheet
from vibeboard.breakdown import Category, SceneBreakdown
from vibeboard.screenplay import Scene
from vibeboard.timing import Rate

_WHOLE = 8


def eighths(count: int) -> str:
    """Page eighths as they are written: `3/8`, `1`, `2 3/8`."""
    pages, rest = divmod(count, _WHOLE)
    if not rest:
        return str(pages)
    return f"{pages} {rest}/8" if pages else f"{rest}/8"


def breakdown_sheet(scenes: Sequence[tuple[Scene, SceneBreakdown]]) -> Sheet:
    """One row a scene: what it is, how long, and what it needs by category."""
    return _sheet(
        {
            "Scene": broken.number,
            "INT/EXT": scene.slug.int_ext,
            "Set": " - ".join(filter(None, [scene.slug.place, scene.slug.area])),
            "Time": scene.slug.time or broken.time,
            "Day/Night": broken.time,
            "Pages": eighths(broken.eighths),
            "First line": str(scene.heading.line),
            "Cast": ", ".join(broken.cast),
            **{category.value: ", ".join(broken.names(category)) for category in Category if category != Category.CAST},
        }
        for scene, broken in scenes
    )


def shot_sheet(laid: Sequence[CutShot], fps: Rate) -> Sheet:
    """One row a shot, in the usual columns of a shot list; who planned it, unless all was planned offline."""
    by_model = any(placed.planner != "offline" for placed in laid)
    return _sheet(
        {
            "Scene": placed.breakdown.number,
            "Shot": placed.number,
            "Size": placed.shot.size,
            "Framing": placed.shot.framing,
            "Angle": placed.shot.angle,
            "Movement": placed.shot.movement,
            "Equipment": placed.shot.rig,
            "Lens": lens(placed.shot),
            "Subject": ", ".join(placed.shot.subjects),
            "Description": placed.shot.description,
            "Dialogue": " / ".join(f"{line.speaker}: {line.text}" for line in placed.shot.lines),
            "Frames": str(placed.shot.frames),
            "Seconds": f"{fps.seconds(placed.shot.frames):.2f}",
            "Script lines": f"{placed.shot.first_line}-{placed.shot.last_line}",
            "Reason": placed.shot.reason,
            "Shot id": placed.shot.id,
            **({"Planner": placed.planner} if by_model else {}),
        }
        for placed in laid
    )


def _sheet(rows: Iterable[dict[str, str]]) -> Sheet:
    listed = list(rows)
    columns = tuple(listed[0]) if listed else ()
    return Sheet(columns=columns, rows=tuple(tuple(row.values()) for row in listed))
