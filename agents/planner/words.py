"""What a shot list and a prompt say of a setup: one clear line."""

from __future__ import annotations

from agents.planner.prose import called
from agents.planner.setups import Setup
from vibeboard.screenplay import Scene
from vibeboard.shot import Framing, Voice
from vibeboard.stage import Figure, Pose, SetKind

_LONGEST = 180
_POSES = {Pose.SIT: "seated", Pose.KNEEL: "kneeling", Pose.LIE: "lying down"}


def describe(setup: Setup, scene: Scene, set_kind: SetKind, figures: dict[str, Figure]) -> str:
    """One line on what is seen, from the action that the shot covers or from who speaks how to whom."""
    if setup.framing is Framing.REACTION and not setup.actions:
        return _listening(setup)
    if setup.framing is Framing.POV:
        goal = called(setup.toward) or f"The {setup.thing}"
        return f"{goal}, seen through {called(setup.subjects[0])}'s eyes"
    if setup.framing is Framing.INSERT and not setup.actions:
        return f"Close on the {setup.thing}"
    if setup.actions:
        text = " ".join(action.text for action in setup.actions if not action.direction) or _place(scene)
        return _shortened(text if setup.framing is not Framing.INSERT else f"{setup.thing}: {text}")
    if not setup.lines:
        return _place(scene)
    return _speaking(setup, scene, set_kind, figures)


def _place(scene: Scene) -> str:
    return called(", ".join(filter(None, (scene.slug.place, scene.slug.area))))


def _listening(setup: Setup) -> str:
    speaker = setup.toward or (setup.lines[0].speaker if setup.lines else "")
    if not setup.subjects:
        return f"The empty frame while {called(speaker)} is heard"
    return f"{called(setup.subjects[0])} listens to {called(speaker)}"


def _speaking(setup: Setup, scene: Scene, set_kind: SetKind, figures: dict[str, Figure]) -> str:
    line = setup.lines[0]
    if line.voice is Voice.VOICE_OVER:
        if line.speaker in setup.subjects:
            return f"{called(line.speaker)} in thought, in voice over"
        seen = called(setup.subjects[0]) if setup.subjects else _place(scene)
        return f"{seen}, with {called(line.speaker)} in voice over"
    others = [called(name) for name in setup.subjects if name != line.speaker] or [called(setup.toward)]
    to = f" to {' and '.join(others)}" if others[0] else ""
    manner = f", {line.manner}," if line.manner else ""
    state = _state(line.speaker, set_kind, figures)
    over = f"Over {called(setup.toward)}'s shoulder: " if setup.framing is Framing.OTS else ""
    return _shortened(f"{over}{called(line.speaker)}{state}{manner} speaks{to}".replace(",,", ","))


def _state(name: str, set_kind: SetKind, figures: dict[str, Figure]) -> str:
    figure = figures.get(name)
    if figure is None:
        return ""
    if set_kind is SetKind.CAR:
        front = figure.marks[0].z > -0.5
        return " at the wheel" if front and figure.marks[0].x > 0 else " in the car"
    pose = _POSES.get(figure.marks[0].pose)
    return f", {pose}," if pose else ""


def _shortened(text: str) -> str:
    """The text up to a length that fits a shot list, cut at a word."""
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"
