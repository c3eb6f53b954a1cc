"""Who stands or sits where when a scene opens, and how a person's mark changes with their posture."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.planner.beats import Action, Beat, Line
from agents.planner.deeds import Deed
from agents.planner.geometry import heading, moved, plan_distance
from vibeboard.sets import LAYOUTS
from vibeboard.shot import Voice
from vibeboard.stage import Mark, Pose, SetKind

_SEAT_HEIGHT = 0.45
_POSES = {Deed.SIT: Pose.SIT, Deed.KNEEL: Pose.KNEEL, Deed.LIE: Pose.LIE, Deed.RISE: Pose.STAND}
_IN_BED = Mark(frame=0, x=0.87, z=-1.15, yaw=0.0, pose=Pose.LIE, floor=0.5)
"""On the bed of the bedroom set, head to its board."""
_ON_FLOOR = re.compile(r"\b(?:floor|ground|carpet|rug)\b", re.I)
_AT_WORK = 2
"""The spot behind the bar, and at the kitchen's counter."""
_WORK = {
    SetKind.BAR: re.compile(r"\bbehind the (?:bar|counter)\b", re.I),
    SetKind.KITCHEN: re.compile(r"\b(?:cook|stove|sink|fridge|counter|washes|stirs|chops|pours|fries)", re.I),
}
_STAFF = frozenset({"bartender", "barman", "barmaid", "waitress", "waiter", "barista", "server"})


def opening_marks(beats: Sequence[Beat], set_kind: SetKind) -> dict[str, Mark]:
    """The mark of everybody who is ever seen in the scene, as the first words about them have it."""
    people = _order(beats, set_kind)
    marks = zip(people, _spots(people, beats, set_kind), strict=True)
    return {name: _as_introduced(name, spot_mark(spot, set_kind), beats, set_kind) for name, spot in marks}


def spot_mark(index: int, set_kind: SetKind) -> Mark:
    """The mark of a spot of the set; people beyond its last spot stand in rows behind."""
    spots = LAYOUTS[set_kind].spots
    if index < len(spots):
        spot = spots[index]
        return Mark(frame=0, x=spot.x, z=spot.z, yaw=spot.yaw, pose=spot.pose, floor=spot.floor)
    row, place = divmod(index - len(spots), 5)
    return Mark(frame=0, x=(place - 2) * 0.8, z=-2.9 - 0.8 * row, yaw=0.0)


def on_feet(mark: Mark, set_kind: SetKind) -> Mark:
    """Standing; who sat stands before or behind the seat, whichever is clear of the table."""
    if mark.pose is not Pose.SIT:
        return mark.model_copy(update={"pose": Pose.STAND, "floor": 0.0})
    sides = [moved(mark.ground, heading(mark.yaw), metres) for metres in (0.55, -0.55)]
    x, _, z = max(sides, key=lambda side: plan_distance(side, LAYOUTS[set_kind].surface))
    return mark.model_copy(update={"pose": Pose.STAND, "floor": 0.0, "x": round(x, 3), "z": round(z, 3)})


def posed(name: str, mark: Mark, action: Action, set_kind: SetKind) -> Mark:
    """The mark after what somebody does in a sentence: sits down, kneels, lies down, gets up. In a car all sit."""
    if set_kind is SetKind.CAR or name not in action.doers:
        return mark
    pose = next((pose for deed, pose in _POSES.items() if deed in action.deeds), mark.pose)
    if pose is mark.pose:
        return mark
    if set_kind is SetKind.BEDROOM and pose is Pose.LIE and not _ON_FLOOR.search(action.text):
        return _IN_BED
    if (mark.x, mark.z) == (_IN_BED.x, _IN_BED.z):
        mark = spot_mark(0, set_kind)
    if pose is Pose.STAND:
        return on_feet(mark, set_kind)
    return mark.model_copy(update={"pose": pose, "floor": _SEAT_HEIGHT if pose is Pose.SIT else 0.0})


def _order(beats: Sequence[Beat], set_kind: SetKind) -> list[str]:
    """Who chooses a spot first: the driver in a car, then speakers by their first line, then the others."""
    actions = [beat for beat in beats if isinstance(beat, Action)]
    speakers = [beat.speaker for beat in beats if isinstance(beat, Line) and beat.voice is Voice.ON]
    drivers = [name for action in actions if Deed.DRIVE in action.deeds for name in action.doers]
    others = [name for action in actions for name in action.people]
    return list(dict.fromkeys((*(drivers if set_kind is SetKind.CAR else ()), *speakers, *others)))


def _spots(people: Sequence[str], beats: Sequence[Beat], set_kind: SetKind) -> list[int]:
    """The spot of each; who works in a bar or a kitchen has the one for it."""
    working = next((name for name in people if _works(name, beats, set_kind)), "")
    free = (spot for spot in range(len(people) + 1) if spot != _AT_WORK or not working)
    return [_AT_WORK if name == working else next(free) for name in people]


def _works(name: str, beats: Sequence[Beat], set_kind: SetKind) -> bool:
    """Whether the first words about somebody, or the name, put them to work on such a set."""
    if set_kind not in _WORK:
        return False
    if _STAFF & set(name.casefold().split()):
        return True
    first = next((beat for beat in beats if isinstance(beat, Action) and name in beat.doers), None)
    return first is not None and bool(_WORK[set_kind].search(first.text))


def _as_introduced(name: str, mark: Mark, beats: Sequence[Beat], set_kind: SetKind) -> Mark:
    """On one's feet when coming in; else in the posture that the first words about somebody give them."""
    first = next(
        (beat for beat in beats if name in (beat.people if isinstance(beat, Action) else (beat.speaker,))), None
    )
    if not isinstance(first, Action) or set_kind is SetKind.CAR:
        return mark
    return on_feet(mark, set_kind) if Deed.ENTER in first.deeds else posed(name, mark, first, set_kind)
