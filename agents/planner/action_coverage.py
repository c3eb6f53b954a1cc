"""Setups for a paragraph of action: who does something, what is set apart, what somebody looks at, who walks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.breakdown.places import CARS
from agents.planner.beats import Action
from agents.planner.deeds import Deed
from agents.planner.directions import angle_for, movement_for
from agents.planner.prose import called
from agents.planner.setups import Setup, chance
from vibeboard.breakdown import SceneBreakdown
from vibeboard.shot import Framing, Movement, ShotSize
from vibeboard.stage import SetKind

_VIEWS = re.compile(
    r"\b(?:at|into|through|over|out|across|up) (?:at )?the (?:\w+ )?"
    r"(?P<view>road|street|window|windshield|sea|ocean|sky|horizon|city|rain|dark|darkness|night|forest|field|stars"
    r"|distance|water|river|mountains|lights|crowd)\b",
    re.I,
)
"""What has no solid to look at, but lies ahead."""
_STILLNESS = re.compile(r"\b(?:silence|silent|quiet|beat|pause|moment|nobody|no one|nothing|tension|stillness)\b", re.I)
_EACH_OTHER = re.compile(r"\b(?:each other|one another)\b", re.I)
_EVERYBODY = re.compile(
    r"\b(?:every(?:one|body)|they|all|both|the (?:others|friends|group|crowd|men|women|kids|two))\b", re.I
)
_NOISE = re.compile(
    r"\b(?:rings?|buzz(?:es)?|echoes|knocks?|bell|siren|thunder|gunshot|scream|footsteps|barks?|honks?|explo\w+"
    r"|goes off|crash\w*|alarm|whistle|voice|music|announcement)\b",
    re.I,
)
"""What people on the set hear."""
_MUTUAL = frozenset({Deed.EMBRACE, Deed.FIGHT})
_GIVES = re.compile(r"\b(?:holds? out|hands|gives|offers|passes|throws|shows|shakes)\b", re.I)
"""Deeds that take two."""
_PER_SHOT = 3
"""Sentences of action in one shot; at 4 s each no shot grows past 12 s."""


def cover_action(paragraph: Sequence[Action], breakdown: SceneBreakdown, *, opens: bool) -> list[Setup]:
    """Setups for the sentences of one element. `opens`: nobody was seen yet in the scene, so the first one that shows
    people shows where they are."""
    setups: list[Setup] = []
    for group in _groups(paragraph, opens=opens):
        made = _setups(group, breakdown)
        if opens and made[0].subjects and not made[0].thing:
            made[0] = _as_master(made[0])
            opens = False
        setups += made
    return setups


def _groups(paragraph: Sequence[Action], *, opens: bool) -> list[list[Action]]:
    """Sentences that one shot can hold: the same people, nothing set apart, nobody looking or leaving.

    The shot that `opens` on people holds them all."""
    groups: list[list[Action]] = []
    for action in paragraph:
        last = groups[-1] if groups else [action]
        alone = bool(action.isolated) or _looked_at(action) != "" or len(last) >= _PER_SHOT
        same_thing = bool(last[0].isolated) and not action.people and action.isolated in ("", last[0].isolated)
        holds = not alone and _holds(last, action, any_people=opens and len(groups) == 1)
        if groups and (same_thing or holds):
            last.append(action)
        else:
            groups.append([action])
    return groups


def _holds(group: list[Action], action: Action, *, any_people: bool) -> bool:
    closed = any(a.isolated or a.travels for a in group) or (_looked_at(group[-1]) != "" and bool(action.people))
    same = any_people or action.doers == group[0].doers or not action.people
    return not closed and not action.travels and same


def _setups(group: list[Action], breakdown: SceneBreakdown) -> list[Setup]:
    first = group[0]
    if first.isolated:
        return _isolating(group, breakdown)
    seen = _looked_at(first)
    if seen and first.doers:
        return [_looker(group, seen), _point_of_view(first, seen)]
    if first.doers:
        return [_people(group, breakdown)]
    return [_place(group, breakdown.set_kind)]


def _looked_at(action: Action) -> str:
    """Whom or what a doer looks at: somebody on the set, a thing, or the rest of the sentence; ``""`` for nothing."""
    if Deed.LOOK not in action.deeds or action.travels or not action.doers or _EACH_OTHER.search(action.text):
        return ""
    goals = [name for name in action.people if name not in action.doers and name in action.present]
    view = _VIEWS.search(action.text)
    return next(iter(goals), "") or action.thing or (view.group("view") if view else "")


def _anchor(role: str, action: Action) -> tuple[str, str]:
    return f"{role} {action.part}" if action.part else role, action.element.id


def _isolating(group: list[Action], breakdown: SceneBreakdown) -> list[Setup]:
    """The insert of a thing, on which what follows about it is seen; somebody who is busy with it is seen first, and a
    walk past it is all that is seen."""
    action = group[0]
    if action.travels:
        return [_people(group, breakdown)]
    role, anchor = _anchor("insert", action)
    insert = Setup(
        role=role,
        anchor=anchor,
        size=ShotSize.INSERT,
        framing=Framing.INSERT,
        subjects=(),
        reason="the text sets it apart",
        beats=tuple(group),
        thing=action.isolated,
        present=action.present,
    )
    if not action.doers:
        return [insert]
    return [_people([action], breakdown), replace(insert, beats=tuple(group[1:]), extra=(action.element,))]


def _looker(group: list[Action], seen: str) -> Setup:
    action = group[0]
    role, anchor = _anchor("looks", action)
    person = seen if seen in action.present else ""
    thing = "" if person else seen
    close = Deed.REALISE in action.deeds
    return Setup(
        role,
        anchor,
        ShotSize.CU if close else ShotSize.MCU,
        Framing.SINGLE,
        action.doers[:1],
        "the look before what is seen",
        tuple(group),
        movement=Movement.PUSH_IN if close else Movement.STATIC,
        toward=person,
        thing=thing,
        present=action.present,
    )


def _point_of_view(action: Action, seen: str) -> Setup:
    role, anchor = _anchor("pov", action)
    person = seen if seen in action.present else ""
    return Setup(
        role,
        anchor,
        ShotSize.MS if person else ShotSize.INSERT if seen == action.thing else ShotSize.WS,
        Framing.POV,
        tuple(name for name in (action.doers[0], person) if name),
        f"what {called(action.doers[0])} sees",
        toward=person,
        thing="" if person else seen,
        extra=(action.element,),
        present=action.present,
    )


def _people(group: list[Action], breakdown: SceneBreakdown) -> Setup:
    first = group[0]
    role, anchor = _anchor("action", first)
    subjects = _subjects(first, breakdown)
    movement = movement_for(group, breakdown.set_kind)
    return Setup(
        role,
        anchor,
        _size(first, subjects, movement),
        framing_of(subjects),
        subjects,
        _reason(first, movement),
        tuple(group),
        angle=angle_for(" ".join(action.text for action in group)),
        movement=movement,
        toward=next((name for name in first.people if name not in subjects and name in first.present), ""),
        present=first.present,
    )


def _subjects(action: Action, breakdown: SceneBreakdown) -> tuple[str, ...]:
    """Doers, and whoever they do it to."""
    if action.travels or breakdown.set_kind is SetKind.CAR:
        return action.doers
    people = tuple(name for name in action.people if name in action.present)
    mutual = not _MUTUAL.isdisjoint(action.deeds) or _GIVES.search(action.text)
    return action.present if mutual and len(action.present) == 2 else people or action.doers


def framing_of(people: tuple[str, ...]) -> Framing:
    return {1: Framing.SINGLE, 2: Framing.TWO_SHOT, 3: Framing.THREE_SHOT}.get(len(people), Framing.GROUP)


def _size(action: Action, subjects: tuple[str, ...], movement: Movement) -> ShotSize:
    if action.travels or Deed.FIGHT in action.deeds:
        return ShotSize.FS if movement is not Movement.FOLLOW else ShotSize.MLS
    if Deed.REALISE in action.deeds:
        return ShotSize.CU
    if len(subjects) > 2:
        return ShotSize.FS
    if Deed.TAKE in action.deeds or Deed.PUT in action.deeds:
        return ShotSize.MS
    sizes = (ShotSize.MS, ShotSize.MLS, ShotSize.MCU) if len(subjects) == 1 else (ShotSize.MLS, ShotSize.MS)
    return sizes[chance(action.element.id, "size", str(action.part)) % len(sizes)]


def _reason(action: Action, movement: Movement) -> str:
    if action.travels:
        return {Movement.PAN: "pans with the walk", Movement.TRUCK: "alongside the walk"}.get(
            movement, "stays with the walk"
        )
    return {
        Movement.HANDHELD: "rough, as the moment is",
        Movement.PUSH_IN: "closes in on the thought",
        Movement.DOLLY_ZOOM: "the ground gives way",
        Movement.ARC: "round the two of them",
        Movement.WHIP_PAN: "caught by surprise",
    }.get(movement, "carries the action")


def _as_master(setup: Setup) -> Setup:
    """The first sight of people in a scene: wide enough to see where they are."""
    wide = ShotSize.WS if len(setup.present) > 1 else ShotSize.FS
    if setup.movement in (Movement.FOLLOW, Movement.TRUCK):
        wide = ShotSize.FS
    subjects = setup.subjects if setup.actions and setup.actions[0].travels else setup.present
    return replace(
        setup,
        role=f"master {setup.role}",
        size=wide,
        framing=Framing.MASTER,
        subjects=subjects,
        reason="shows where everybody is",
    )


def _place(group: list[Action], set_kind: SetKind) -> Setup:
    """Action without people: the thing that is named, else the place."""
    first = group[0]
    role, anchor = _anchor("place", first)
    if first.present and _STILLNESS.search(first.text):
        return _on_everybody(group, "stillness", "holds on the people while nothing is said")
    if first.present and _EVERYBODY.search(first.text):
        return _on_everybody(group, "company", "all of them do it")
    if first.present and not first.thing and _NOISE.search(first.text):
        return _on_everybody(group, "noise", "on those who hear it")
    if first.thing and not (set_kind is SetKind.CAR and first.thing.split()[-1] in CARS):
        return Setup(
            role,
            anchor,
            ShotSize.INSERT,
            Framing.INSERT,
            (),
            "what the text points at",
            tuple(group),
            thing=first.thing,
            present=first.present,
        )
    return Setup(
        role,
        anchor,
        ShotSize.WS,
        Framing.EMPTY,
        (),
        "the place itself",
        tuple(group),
        angle=angle_for(first.text),
        present=first.present,
    )


def _on_everybody(group: list[Action], role: str, reason: str) -> Setup:
    """What happens to all who are there, or between them."""
    first = group[0]
    role, anchor = _anchor(role, first)
    return Setup(
        role=role,
        anchor=anchor,
        size=ShotSize.MLS if len(first.present) < 4 else ShotSize.FS,
        framing=framing_of(first.present),
        subjects=first.present,
        reason=reason,
        beats=tuple(group),
        movement=Movement.PUSH_IN if role.startswith("stillness") else Movement.STATIC,
        present=first.present,
    )
