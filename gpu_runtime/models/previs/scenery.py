"""Sets."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_runtime.models.previs.light import Lamp
from gpu_runtime.models.previs.shade import Contact
from gpu_runtime.models.previs.solids import Model, Solids
from vibeboard.stage import Stage


@dataclass(frozen=True)
class Scenery:
    solids: Solids
    lamps: tuple[Lamp, ...] = ()
    contacts: tuple[Contact, ...] = ()

    def passing(self, seconds: float) -> Solids | None:
        return None


def build_set(stage: Stage) -> Scenery:
    m = Model()
    m.flat((0, 0, 0), (11, 0, 0), (0, 0, 11), (0.55, 0.5, 0.45), pattern=(0.6, 0.6, 0.004, 0.3))
    m.flat((0, 1.4, -2.5), (11, 0, 0), (0, -1.4, 0), (0.8, 0.78, 0.74))
    m.flat((-3, 1.4, 0), (0, 0, 11), (0, 1.4, 0), (0.8, 0.78, 0.74))
    m.block((0, 0, 0.9), (1.2, 0.45, 0.6), (0.5, 0.35, 0.25))
    return Scenery(m.solids())
