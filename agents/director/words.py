"""Edits and their effects in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.director.film import Film, Placed
from vibeboard import edits
from vibeboard.counting import counted
from vibeboard.shot import Shot
from vibeboard.timing import Rate

_SHOWN = 30


def told(edit: edits.Edit, numbers: Mapping[str, str]) -> str:
    """An edit in a clause. `numbers` are those of shots and scenes, by id; one that is gone is shown by its id."""
    if isinstance(edit, edits.SetCoverage):
        scene = f"scene {numbers.get(edit.scene_id, edit.scene_id)}"
        count = f" in {counted(edit.shots, 'shot')}" if edit.shots else ""
        return f"{scene}{count}{', tighter' * bool(edit.tension)}"
    number = numbers.get(edit.shot_id, edit.shot_id)
    if isinstance(edit, edits.ContinueShot):
        return f"{number}: goes on from {numbers.get(edit.source_id, edit.source_id)}"
    return f"{number}: {_clause(edit)}"


def _clause(edit: edits.Edit) -> str:
    match edit:
        case edits.SetSize():
            return str(edit.size)
        case edits.SetAngle():
            return f"{edit.angle} angle"
        case edits.SetLens():
            return f"{edit.focal_mm:g}mm lens"
        case edits.SetMovement():
            way = " from " if edit.movement == "pull out" else " to "
            return f"{edit.movement}{way + aim_words(edit.aim) if edit.aim else ''}"
        case edits.ScaleLength():
            return f"{'longer' if edit.factor > 1 else 'shorter'}, x {edit.factor:g}"
        case edits.SetLength():
            return f"{edit.seconds:g} s long"
        case edits.SetSubjects():
            return f"on {' and '.join(edit.subjects)}"
        case edits.SetDescription():
            return f"described as {edit.text!r}"
        case edits.Reseed():
            return f"new seed {edit.seed}"
        case edits.RackFocus():
            return f"focus from {aim_words(edit.start)} to {aim_words(edit.end)}"
        case edits.OmitShot():
            return "left out"
        case _:
            return edit.kind


def aim_words(aim: edits.Aim) -> str:
    return f"{aim.name}'s {aim.landmark}" if aim.landmark else f"the {aim.name}"


def differences(before: Shot, after: Shot, fps: Rate, numbers: Mapping[str, str]) -> list[str]:
    """What is different between two versions of a shot, each in a clause. `numbers` are those of shots, by id."""
    pairs = [
        ("size", before.size, after.size),
        ("framing", before.framing, after.framing),
        ("angle", before.angle, after.angle),
        ("movement", before.movement, after.movement),
        ("lens", f"{before.focal_mm:g}mm", f"{after.focal_mm:g}mm"),
        ("in frame", ", ".join(before.subjects), ", ".join(after.subjects)),
        ("length", f"{fps.seconds(before.frames):.1f} s", f"{fps.seconds(after.frames):.1f} s"),
        ("description", before.description, after.description),
        ("seed", str(before.seed), str(after.seed)),
        ("goes on from", *(numbers.get(shot.continues, shot.continues) or "no other" for shot in (before, after))),
    ]
    found = [f"{name} {old or 'nobody'} -> {new or 'nobody'}" for name, old, new in pairs if old != new]
    if before.camera != after.camera and not found:
        found.append("camera path" if before.camera.f_number == after.camera.f_number else "focus")
    if before.stage != after.stage and not found:
        found.append("blocking")
    if before.lines != after.lines:
        found.append("lines")
    return found


def compared(before: Film, after: Film) -> tuple[str, ...]:
    """What is different between two plans, shot by shot, by their numbers now; one that had another is told by both."""
    old = {placed.shot.id: placed for placed in before.placed}
    new = {placed.shot.id: placed.number for placed in after.placed}
    lines = [f"{placed.number} is left out" for placed in before.placed if placed.shot.id not in new]
    for placed in after.placed:
        known = old.get(placed.shot.id)
        if known is None:
            lines.append(f"{placed.number} is new: {placed.shot.size} {', '.join(placed.shot.subjects)}".rstrip())
        elif what := differences(known.shot, placed.shot, after.fps, new):
            was = f" (was {known.number})" if known.number != placed.number else ""
            lines.append(f"{placed.number}{was}: {'; '.join(what)}")
    return tuple(lines[:_SHOWN])


def described(placed: Placed, fps: Rate) -> list[str]:
    """A shot in a few lines."""
    shot = placed.shot
    lens = f"{shot.focal_mm:g}mm"
    lines = [f"{line.speaker}{'' if line.voice == 'on' else f' ({line.voice})'}: {line.text}" for line in shot.lines]
    return [
        f"{placed.number}  {shot.size}  {shot.framing}  {shot.angle}  {shot.movement}  {lens}  "
        f"{fps.seconds(shot.frames):.1f} s",
        shot.description,
        *([f"in frame: {', '.join(shot.subjects)}"] if shot.subjects else []),
        *lines,
        f"script lines {shot.first_line}-{shot.last_line}; {shot.reason}",
    ]


def numbers_of(film: Film) -> dict[str, str]:
    """Numbers of shots and scenes by their ids."""
    scenes = {placed.scene.id: placed.breakdown.number for placed in film.placed}
    return scenes | {placed.shot.id: placed.number for placed in film.placed}


def listed(numbers: Sequence[str]) -> str:
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return (", ".join(numbers[:_SHOWN]) or "none") + more
