"""What a shot list and a prompt say of a setup: one clear line."""

from __future__ import annotations

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
        goal = setup.toward.title() or setup.thing
        return f"{goal}, as {setup.subjects[0].title()} sees {'them' if setup.toward else 'it'}"
    if setup.actions:
        text = " ".join(action.text for action in setup.actions)
        return _shortened(text if setup.framing is not Framing.INSERT else f"{setup.thing}: {text}")
    if not setup.lines:
        return _place(scene)
    return _speaking(setup, scene, set_kind, figures)


def _place(scene: Scene) -> str:
    area = f", {scene.slug.area}" if scene.slug.area else ""
    return f"{scene.slug.place}{area}".title()


def _listening(setup: Setup) -> str:
    speaker = setup.toward or (setup.lines[0].speaker if setup.lines else "")
    if not setup.subjects:
        return f"The empty frame while {speaker.title()} is heard"
    return f"{setup.subjects[0].title()} listens to {speaker.title()}"


def _speaking(setup: Setup, scene: Scene, set_kind: SetKind, figures: dict[str, Figure]) -> str:
    line = setup.lines[0]
    if line.voice is Voice.VOICE_OVER:
        seen = setup.subjects[0].title() if setup.subjects else _place(scene)
        return f"{seen} while {line.speaker.title()} is heard in voice over"
    others = [name.title() for name in setup.subjects if name != line.speaker] or [setup.toward.title()]
    to = f" to {' and '.join(others)}" if others[0] else ""
    manner = f", {line.manner}," if line.manner else ""
    state = _state(line.speaker, set_kind, figures)
    over = f"Over {setup.toward.title()}'s shoulder: " if setup.framing is Framing.OTS else ""
    return _shortened(f"{over}{line.speaker.title()}{state}{manner} speaks{to}".replace(",,", ","))


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
