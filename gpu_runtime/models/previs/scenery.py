"""Sets: what a place is built of, for its kind, time of day and dressing seed."""

from __future__ import annotations

from collections.abc import Callable

from gpu_runtime.models.previs import exteriors, interiors
from gpu_runtime.models.previs.carset import build_car
from gpu_runtime.models.previs.furniture import chair, stool
from gpu_runtime.models.previs.setkit import Scenery, SetKit
from vibeboard.sets import LAYOUTS
from vibeboard.stage import Pose, PropKind, SetKind, Stage

_BUILDERS: dict[SetKind, Callable[[SetKit], None]] = {
    SetKind.ROOM: interiors.room,
    SetKind.KITCHEN: interiors.kitchen,
    SetKind.BEDROOM: interiors.bedroom,
    SetKind.OFFICE: interiors.office,
    SetKind.BAR: interiors.bar,
    SetKind.CORRIDOR: interiors.corridor,
    SetKind.WAREHOUSE: interiors.warehouse,
    SetKind.STUDIO: interiors.studio,
    SetKind.STREET: exteriors.street,
    SetKind.ALLEY: exteriors.alley,
    SetKind.ROAD: exteriors.road,
    SetKind.FOREST: exteriors.forest,
    SetKind.FIELD: exteriors.field,
    SetKind.SHORE: exteriors.shore,
    SetKind.CAR: build_car,
}
_SEATS = (PropKind.CHAIR, PropKind.SOFA, PropKind.BED)


def build_set(stage: Stage) -> Scenery:
    """The set of a stage, with a seat under everybody who sits where none is."""
    kit = SetKit.of(stage.set_kind, stage.time, stage.dressing_seed)
    _BUILDERS[stage.set_kind](kit)
    if stage.set_kind is SetKind.STUDIO:
        _plinths(kit, stage)
    for x, z, yaw, floor in _unseated(stage):
        seat = kit.model.inner((x, 0.0, z), yaw)
        if floor > 0.6:
            stool(seat, floor, (0.45, 0.30, 0.26))
        else:
            chair(seat, (0.44, floor + 0.45, 0.44), seat=floor)
    return kit.finished()


def _plinths(kit: SetKit, stage: Stage) -> None:
    """In an empty studio, something under each thing that is not on the ground."""
    for prop in stage.props:
        x, y, z = prop.position
        if y > 0.2 and not prop.held_by:
            wide = max(0.3, 1.2 * max(prop.size[0], prop.size[2]))
            kit.model.block((x, 0.0, z), (wide, y, wide), (0.55, 0.56, 0.58))


def _unseated(stage: Stage) -> list[tuple[float, float, float, float]]:
    """Places (x, z, yaw, height) of those who sit above the ground on no seat of the set or the props."""
    if stage.set_kind is SetKind.CAR:
        return []
    taken = [(spot.x, spot.z) for spot in LAYOUTS[stage.set_kind].spots if spot.pose is Pose.SIT]
    taken += [(prop.position[0], prop.position[2]) for prop in stage.props if prop.kind in _SEATS]
    found = []
    for figure in stage.figures:
        for mark in figure.marks:
            free = all(abs(mark.x - x) + abs(mark.z - z) > 0.9 for x, z in taken)
            if mark.pose is Pose.SIT and mark.floor > 0.2 and free:
                taken.append((mark.x, mark.z))
                found.append((mark.x, mark.z, mark.yaw, mark.floor))
    return found
