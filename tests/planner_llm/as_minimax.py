"""Answers in MiniMax's place: what our own rules and offline planner think, in the shapes that a model answers in."""

from __future__ import annotations

import json
from typing import Any

from agents.breakdown import break_down
from agents.planner.beats import Action, Beat, read_beats
from agents.planner.coverage import cover
from agents.planner.proposals import ProposedShot, ProposedShots, Reading, objections, told
from agents.planner.setups import Setup
from agents.screenplay import read_fountain
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import Scene
from vibeboard.shot import Framing, ShotSize


def asked(body: dict[str, Any]) -> dict[str, Any]:
    """The document that a request is about."""
    found: dict[str, Any] = json.loads(next(m["content"] for m in body["messages"] if m["role"] == "user"))
    return found


def tool_of(body: dict[str, Any]) -> str:
    name: str = body["tools"][0]["function"]["name"]
    return name


class Stand:
    """Answers every question about a script."""

    def __init__(self, script: str) -> None:
        screenplay = read_fountain(script)
        self.scenes = list(zip(screenplay.scenes, break_down(screenplay).scenes, strict=True))
        self.readings = [Reading(scene, needs, read_beats(scene, needs)) for scene, needs in self.scenes]

    def __call__(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        tool, about = tool_of(body), asked(body)
        if tool == "SceneElements":
            return tool, self.elements(about["scene"])
        if tool == "SameThings":
            return tool, {"groups": []}
        return tool, as_proposal(self._reading(about["scene"])).model_dump(mode="json")

    def elements(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        scene, needs = self._scene(lines)
        offset = scene.heading.line - 1
        found = [
            {"category": item.category.value, "name": item.name, "lines": [line - offset for line in item.lines]}
            for item in needs.items
        ]
        invented = {"category": "Props", "name": "flux capacitor", "lines": [1]}
        return {"elements": [*found, invented]}

    def _scene(self, lines: list[dict[str, Any]]) -> tuple[Scene, SceneBreakdown]:
        return next(pair for pair in self.scenes if lines[1]["text"] in pair[0].elements[0].text)

    def _reading(self, about: dict[str, Any]) -> Reading:
        """The reading of the scene with these beats, with the people and things that the planner has of it."""
        texts = [beat["text"] for beat in about["beats"]]
        return next(reading for reading in self.readings if [beat["text"] for beat in told(reading)["beats"]] == texts)


def as_proposal(reading: Reading) -> ProposedShots:
    """What the offline planner would do, as a proposal; a setup that a proposal cannot say becomes an empty frame, and
    a beat that no setup plays goes with the shot before it."""
    keys = {(beat.element.id, _part(beat)): number for number, beat in enumerate(reading.beats, start=1)}
    setups = cover(reading.scene, reading.breakdown, reading.beats)
    played: list[list[int]] = []
    wanted = 1
    for setup in setups:
        own = [number for beat in setup.beats if (number := keys[beat.element.id, _part(beat)]) >= wanted]
        if own and played:
            played[-1] += range(wanted, own[0])
        played.append(own)
        wanted = max([wanted - 1, *own]) + 1
    played[-1] += range(wanted, len(reading.beats) + 1)
    made: list[ProposedShot] = []
    for setup, beats in zip(setups, played, strict=True):
        made.append(_fitting(_shot(setup, tuple(beats)), made, reading))
    proposal = ProposedShots(shots=tuple(made))
    assert not objections(proposal, reading), objections(proposal, reading)
    return proposal


def _part(beat: Beat) -> int:
    return beat.part if isinstance(beat, Action) else 0


def _shot(setup: Setup, beats: tuple[int, ...]) -> ProposedShot:
    return ProposedShot(
        beats=beats,
        size=setup.size,
        framing=setup.framing,
        angle=setup.angle,
        movement=setup.movement,
        subjects=setup.subjects,
        toward=setup.toward,
        thing=setup.thing if setup.framing in (Framing.INSERT, Framing.POV) else "",
        reason=setup.reason,
    )


def _fitting(shot: ProposedShot, before: list[ProposedShot], reading: Reading) -> ProposedShot:
    tried = ProposedShots(shots=(*before, shot))
    wrong = [field for field in objections(tried, reading) if field.path.startswith(f"shots.{len(before)}.")]
    plain = {"framing": Framing.EMPTY, "size": ShotSize.WS, "subjects": (), "toward": "", "thing": ""}
    return shot.model_copy(update=plain) if wrong else shot
