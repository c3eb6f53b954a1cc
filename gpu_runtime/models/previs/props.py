"""The prop department."""

from __future__ import annotations

from gpu_runtime.models.previs.body import Body
from gpu_runtime.models.previs.solids import Model
from vibeboard.stage import Colour, Prop, PropKind, Vec3


def build_prop(model: Model, kind: PropKind, size: Vec3, colour: Colour) -> None:
    model.block((0.0, 0.0, 0.0), size, colour)


def hold(model: Model, body: Body, height: float, prop: Prop, owner: int) -> None:
    pass
