"""Which movement and angle a piece of action asks for, in words or by what happens in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.planner.beats import Action
from agents.planner.deeds import Deed
from agents.planner.setups import chance
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import IntExt, Scene
from vibeboard.shot import Angle, Movement
from vibeboard.stage import SetKind

_WRITTEN: tuple[tuple[str, Movement], ...] = (
    (r"whip[- ]pan", Movement.WHIP_PAN),
    (r"dolly zoom|vertigo", Movement.DOLLY_ZOOM),
    (r"\bpush(?:es|ing)? in\b|\bmov(?:e|es|ing) in on\b|\bdoll(?:y|ies) in\b|\bcreep(?:s|ing)? in\b", Movement.PUSH_IN),
    (r"\bpull(?:s|ing)? (?:back|out) (?:to|from|and)|\bdoll(?:y|ies) out\b", Movement.PULL_OUT),
    (r"\bcrane|\bboom(?:s)? (?:up|down)|\bcamera rises", Movement.CRANE),
    (r"\btilt(?:s)? (?:up|down)", Movement.TILT),
    (r"\bpan(?:s|ning)? (?:to|across|over|along|left|right|the)\b|\bcamera pans", Movement.PAN),
    (r"\btracking\b|\btrack(?:s)? with\b|\btruck", Movement.TRUCK),
    (r"\bzoom", Movement.ZOOM),
    (r"\bhand-?held\b|\bshaky\b", Movement.HANDHELD),
    (r"\bcamera circles\b|\barc(?:s)? around\b", Movement.ARC),
)
_ANGLES: tuple[tuple[str, Angle], ...] = (
    (r"\b(?:overhead|from above|top[- ]down|bird'?s[- ]eye)\b", Angle.OVERHEAD),
    (r"\baerial\b|\bdrone shot\b", Angle.AERIAL),
    (r"\blow angle\b|\btowers over\b|\blooms\b", Angle.LOW),
    (r"\bhigh angle\b|\bsmall and alone\b|\bfar below\b", Angle.HIGH),
    (r"\bground level\b|\bon the ground\b.*\bfeet\b|\bworm'?s[- ]eye\b", Angle.GROUND),
    (r"\bdutch\b|\bdizzy\b|\bwoozy\b|\bdrunk\b|\bnightmare\b|\breels\b", Angle.DUTCH),
)
_UP = re.compile(r"\bsky\b|\btowers?\b|\bskyscrapers?\b|\bceiling\b", re.I)


def written_movement(text: str) -> Movement | None:
    """The camera movement that the writer asks for, if any."""
    return next((movement for pattern, movement in _WRITTEN if re.search(pattern, text, re.I)), None)


def angle_for(text: str) -> Angle:
    return next((angle for pattern, angle in _ANGLES if re.search(pattern, text, re.I)), Angle.EYE_LEVEL)


def movement_for(actions: Sequence[Action], set_kind: SetKind) -> Movement:
    """How the camera goes with what happens: mostly it rests."""
    text = " ".join(action.text for action in actions)
    written = written_movement(text)
    if written:
        return written
    deeds = {deed for action in actions for deed in action.deeds}
    if any(action.travels for action in actions) and set_kind is not SetKind.CAR:
        return _with_walker(actions, deeds)
    if Deed.FIGHT in deeds:
        return Movement.HANDHELD
    if Deed.REALISE in deeds:
        return Movement.DOLLY_ZOOM if re.search(r"horror|vertigo|blood drains", text, re.I) else Movement.PUSH_IN
    if Deed.EMBRACE in deeds:
        return Movement.ARC
    if Deed.START in deeds:
        return Movement.WHIP_PAN
    return Movement.TILT if _UP.search(text) and Deed.LOOK not in deeds else Movement.STATIC


def _with_walker(actions: Sequence[Action], deeds: set[Deed]) -> Movement:
    if Deed.RUN in deeds:
        return Movement.FOLLOW
    if Deed.ENTER in deeds or Deed.EXIT in deeds or actions[0].thing:
        return Movement.PAN
    choices = (Movement.FOLLOW, Movement.TRUCK, Movement.PAN)
    return choices[chance(actions[0].element.id, "walk") % len(choices)]


def movement_for_place(scene: Scene, breakdown: SceneBreakdown, described: Sequence[Action]) -> Movement:
    """How a place is looked at: as written, else outside often from a rising crane, inside with a slow push."""
    written = written_movement(" ".join(action.text for action in described))
    if written:
        return written
    if not breakdown.new_place:
        return Movement.STATIC
    outside = (Movement.CRANE, Movement.PUSH_IN, Movement.PAN)
    inside = (Movement.PUSH_IN, Movement.PAN, Movement.TRUCK)
    choices = inside if scene.slug.int_ext is IntExt.INT else outside
    return choices[chance(scene.id, "establish") % len(choices)]
