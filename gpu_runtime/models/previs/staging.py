"""The stage as solids: the set with what stands on it, and whatever moves at a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gpu_runtime.models.previs.acting import Actor, Performance
from gpu_runtime.models.previs.body import Body, pose_body
from gpu_runtime.models.previs.light import Lamp
from gpu_runtime.models.previs.mannequin import Style, draw
from gpu_runtime.models.previs.props import build_prop, hold
from gpu_runtime.models.previs.scenery import Scenery, build_set
from gpu_runtime.models.previs.shade import Contact
from gpu_runtime.models.previs.solids import Array, Model, Solids, add, heading, joined, scaled
from gpu_runtime.models.previs.take import Named
from vibeboard.stage import Prop, Stage, Vec3
from vibeboard.timing import Rate

_IN_THE_HEAD = 0.22
"""A figure whose eyes are this near to the lens, in metres, is whose eyes we see through, and is not drawn."""


@dataclass(frozen=True)
class Moving:
    """What moves at a frame. `extents` are world bounds `[2, 3]`, one for each thing that can be taken by itself;
    `contacts` are those of the whole stage."""

    solids: Solids
    extents: tuple[Array, ...]
    contacts: tuple[Contact, ...]

    def same(self, other: Moving) -> bool:
        return (
            len(self.solids) == len(other.solids)
            and np.array_equal(self.solids.centre, other.solids.centre)
            and np.array_equal(self.solids.axes, other.solids.axes)
            and self.contacts == other.contacts
        )


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
        props = [
            Named(id=n, kind="prop", key=p.id, name=p.name) for n, p in enumerate(stage.props, len(figures) + 1)
        ]
        self.objects = (*figures, *props)
        self._id = {item.key: item.id for item in props}
        scenery = build_set(stage)
        self._scenery: Scenery = scenery
        self.lamps: tuple[Lamp, ...] = scenery.lamps
        standing = [prop for prop in stage.props if not (prop.held_by and prop.held_by in {f.id for f in stage.figures})]
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
        parts: list[Solids] = []
        extents: list[Array] = []
        contacts = list(self.contacts)
        for index, actor in enumerate(self._actors):
            performance = actor.at(frame)
            solids, head, touching = self._figure(index, performance)
            if math.dist(head, eye) < _IN_THE_HEAD:
                continue
            parts.append(solids)
            corners = solids.corners()
            extents.append(np.stack([corners.min(axis=(0, 1)), corners.max(axis=(0, 1))]))
            contacts += touching
        passing = self._scenery.passing(self.rate.seconds(frame))
        if passing is not None:
            parts.append(passing)
            corners = passing.corners()
            extents.append(np.stack([corners.min(axis=(0, 1)), corners.max(axis=(0, 1))]))
        empty = self.still.pick(np.zeros(len(self.still), dtype=np.bool_))
        return Moving(joined([empty, *parts]), tuple(extents), tuple(contacts))

    def _figure(self, index: int, performance: Performance) -> tuple[Solids, Vec3, list[Contact]]:
        figure, style = self.stage.figures[index], self._styles[index]
        body = pose_body(performance.stance, performance.turn, performance.twist)
        model = Model(at=performance.root, basis=heading(performance.yaw), owner=index + 1)
        draw(model, body, style, performance.face, performance.breath)
        prop = self._held.get(figure.id)
        if prop is not None:
            hold(model, body, style.height, prop, self._id[prop.id])
        head = model.point(scaled(body.head_at, style.height))
        return model.solids(), head, _contacts(model, body, style.height)

    def _standing(self, prop: Prop) -> Solids:
        model = Model(at=prop.position, basis=heading(prop.yaw), owner=self._id[prop.id])
        build_prop(model, prop.kind, prop.size, prop.colour)
        return model.solids()


def _contacts(model: Model, body: Body, height: float) -> list[Contact]:
    found = []
    for foot in (body.left_leg.end, body.right_leg.end):
        at = model.point(scaled(add(foot, scaled(body.toes, 0.04)), height))
        found.append(Contact(at[0], at[2], 0.17, 0.55 * max(0.0, 1 - 4 * max(0.0, at[1] - 0.1))))
    hips = model.point(scaled(body.pelvis, height))
    found.append(Contact(hips[0], hips[2], 0.55, 0.30))
    return [contact for contact in found if contact.strength > 0]


def _prop_contact(prop: Prop) -> list[Contact]:
    if prop.position[1] > 0.05:
        return []
    return [Contact(prop.position[0], prop.position[2], 0.62 * max(prop.size[0], prop.size[2]) + 0.12, 0.5)]


