"""The stage as solids: the set with what stands on it, and whatever moves at a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gpu_runtime.models.previs.acting import Actor, Performance
from gpu_runtime.models.previs.body import Body, pose_body
from gpu_runtime.models.previs.light import Lamp, is_dark
from gpu_runtime.models.previs.mannequin import Style, draw
from gpu_runtime.models.previs.props import build_prop, hold
from gpu_runtime.models.previs.scenery import build_set
from gpu_runtime.models.previs.setkit import Scenery
from gpu_runtime.models.previs.shade import Contact
from gpu_runtime.models.previs.solids import Array, Model, Solids, add, heading, joined, scaled
from gpu_runtime.models.previs.take import Named
from vibeboard.stage import Prop, Stage, Vec3
from vibeboard.timing import Rate

_IN_THE_HEAD = 0.22
"""A figure whose eyes are this near to the lens, in metres, is whose eyes we see through, and is not drawn."""


@dataclass(frozen=True)
class Part:
    """One thing that moves: its solids, their world bounds `extent` `[2, 3]`, where it darkens the ground."""

    solids: Solids
    extent: Array
    contacts: tuple[Contact, ...] = ()

    @classmethod
    def of(cls, solids: Solids, contacts: tuple[Contact, ...] = ()) -> Part:
        corners = solids.corners()
        return cls(solids, np.stack([corners.min(axis=(0, 1)), corners.max(axis=(0, 1))]), contacts)

    def same(self, other: Part) -> bool:
        return self is other or (
            np.array_equal(self.solids.centre, other.solids.centre)
            and np.array_equal(self.solids.axes, other.solids.axes)
            and self.contacts == other.contacts
        )


@dataclass(frozen=True)
class Moving:
    """All that moves at a frame. `solids` are those of the parts in order; `contacts` those of the whole stage."""

    parts: tuple[Part, ...]
    solids: Solids
    contacts: tuple[Contact, ...]

    def changed(self, before: Moving) -> list[int] | None:
        """The parts that differ from an earlier frame; None if they cannot be matched."""
        if [len(part.solids) for part in self.parts] != [len(part.solids) for part in before.parts]:
            return None
        return [n for n, (a, b) in enumerate(zip(self.parts, before.parts, strict=True)) if not a.same(b)]


class Staging:
    """A stage through a shot. Ids: figures from 1 in the stage's order, then props."""

    def __init__(self, stage: Stage, frames: int, rate: Rate, seed: int) -> None:
        self.stage, self.frames, self.rate = stage, frames, rate
        held = {prop.held_by: prop for prop in stage.props if prop.held_by}
        self._held = held
        self._actors = [
            Actor(figure, rate, seed, held[figure.id].kind if figure.id in held else None) for figure in stage.figures
        ]
        self._styles = [Style.of(figure) for figure in stage.figures]
        figures = [Named(id=n, kind="figure", key=f.id, name=f.name) for n, f in enumerate(stage.figures, 1)]
        props = [Named(id=n, kind="prop", key=p.id, name=p.name) for n, p in enumerate(stage.props, len(figures) + 1)]
        self.objects = (*figures, *props)
        self._id = {item.key: item.id for item in props}
        self._lit = is_dark(stage.time)
        self._played: dict[int, tuple[Performance, Part, Vec3]] = {}
        scenery = build_set(stage)
        self._scenery: Scenery = scenery
        self.lamps: tuple[Lamp, ...] = scenery.lamps
        standing = [
            prop for prop in stage.props if not (prop.held_by and prop.held_by in {f.id for f in stage.figures})
        ]
        self.still = joined([scenery.solids, *(self._standing(prop) for prop in standing)])
        self.contacts = (*scenery.contacts, *(c for prop in standing for c in _prop_contact(prop)))

    def action(self) -> tuple[Array, float]:
        """Middle and half width of the space that shadows are worth having in."""
        marks = [(mark.x, mark.z) for figure in self.stage.figures for mark in figure.marks]
        places = np.array([(0.0, 0.0), *marks])
        low, high = places.min(axis=0), places.max(axis=0)
        centre = np.array([(low[0] + high[0]) / 2, 0.8, (low[1] + high[1]) / 2])
        return centre, min(4.5 + float(np.abs(high - low).max()) / 2, 12.0)

    def moving(self, frame: int, eye: Vec3) -> Moving:
        """Figures, what they hold, and scenery that passes, as a camera at `eye` sees them."""
        played = [self._play(index, frame) for index in range(len(self._actors))]
        parts = [part for part, head in played if math.dist(head, eye) >= _IN_THE_HEAD]
        passing = self._scenery.passing(self.rate.seconds(frame))
        if passing is not None:
            parts.append(Part.of(passing))
        solids = joined([self.still.pick(np.zeros(len(self.still), dtype=np.bool_)), *(part.solids for part in parts)])
        return Moving(tuple(parts), solids, self.contacts + tuple(c for part in parts for c in part.contacts))

    def _play(self, index: int, frame: int) -> tuple[Part, Vec3]:
        """A figure with what it holds, and where its head is; built again only when it has moved."""
        performance = self._actors[index].at(frame)
        kept = self._played.get(index)
        if kept is None or kept[0] != performance:
            kept = (performance, *self._figure(index, performance))
            self._played[index] = kept
        return kept[1], kept[2]

    def _figure(self, index: int, performance: Performance) -> tuple[Part, Vec3]:
        figure, style = self.stage.figures[index], self._styles[index]
        body = pose_body(performance.stance, performance.turn, performance.twist)
        model = Model(at=performance.root, basis=heading(performance.yaw), owner=index + 1)
        draw(model, body, style, performance.face, performance.breath)
        prop = self._held.get(figure.id)
        if prop is not None:
            hold(model, body, style.height, prop, self._id[prop.id], self._lit)
        head = model.point(scaled(body.head_at, style.height))
        return Part.of(model.solids(), _contacts(model, body, style.height)), head

    def _standing(self, prop: Prop) -> Solids:
        model = Model(at=prop.position, basis=heading(prop.yaw), owner=self._id[prop.id])
        build_prop(model, prop.kind, prop.size, prop.colour, self._lit)
        return model.solids()


def _contacts(model: Model, body: Body, height: float) -> tuple[Contact, ...]:
    found = []
    for foot in (body.left_leg.end, body.right_leg.end):
        at = model.point(scaled(add(foot, scaled(body.toes, 0.04)), height))
        found.append(Contact(at[0], at[2], 0.17, 0.55 * max(0.0, 1 - 4 * max(0.0, at[1] - 0.1))))
    hips = model.point(scaled(body.pelvis, height))
    found.append(Contact(hips[0], hips[2], 0.55, 0.30))
    return tuple(contact for contact in found if contact.strength > 0)


def _prop_contact(prop: Prop) -> list[Contact]:
    if prop.position[1] > 0.05:
        return []
    return [Contact(prop.position[0], prop.position[2], 0.62 * max(prop.size[0], prop.size[2]) + 0.12, 0.5)]
