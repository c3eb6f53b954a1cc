"""The art department: every set at day and night, every prop, seats under those who sit."""

from __future__ import annotations

import pytest
import torch

from gpu_runtime.models.previs.render import Renderer
from gpu_runtime.models.previs.scenery import build_set
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.sets import LAYOUTS
from vibeboard.stage import Figure, Mark, Pose, Prop, PropKind, SetKind, Stage

SIZES = {PropKind.CAR: (1.8, 1.4, 4.2), PropKind.TRUCK: (2.3, 3.0, 6.0), PropKind.BOAT: (1.5, 0.9, 3.5)}


@pytest.fixture(autouse=True)
def inference():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("time", [TimeOfDay.DAY, TimeOfDay.NIGHT])
@pytest.mark.parametrize("kind", list(SetKind))
def test_every_set_renders_with_its_people_in_view(stage_of, take_of, kind, time):
    renderer = Renderer(take_of(stage_of(kind, time), LAYOUTS[kind].wide, (0.0, 1.0, 0.0), 24.0))
    picture = renderer.picture(0).float()
    assert 25 < float(picture.mean()) < 210
    assert float((picture.min(2).values > 250).float().mean()) < 0.05, "blown out"
    assert float((picture.max(2).values < 8).float().mean()) < 0.05, "crushed"
    assert float(picture.std()) > 12
    ids = renderer.buffers(0).ids
    assert all((ids == object_id).sum() > 20 for object_id in (1, 2))


@pytest.mark.parametrize("kind", list(SetKind))
def test_night_is_darker_than_day(stage_of, take_of, kind):
    day, night = (
        float(Renderer(take_of(stage_of(kind, time), LAYOUTS[kind].wide)).picture(0).float().mean())
        for time in (TimeOfDay.DAY, TimeOfDay.NIGHT)
    )
    assert night < day + (3 if kind is SetKind.BAR else -8)


@pytest.mark.parametrize("time", list(TimeOfDay))
def test_every_time_of_day_has_its_light(stage_of, take_of, time):
    picture = Renderer(take_of(stage_of(SetKind.STREET, time), LAYOUTS[SetKind.STREET].wide)).picture(0).float()
    assert 25 < float(picture.mean()) < 200


@pytest.mark.parametrize("kind", list(PropKind))
def test_every_prop_is_seen_about_as_large_as_stated(stage_of, take_of, kind):
    size = SIZES.get(kind, (0.6, 0.5, 0.6))
    prop = Prop(id="p", name="P", kind=kind, position=(0.0, 0.0, 0.0), size=size)
    far = 3.2 * max(size)
    renderer = Renderer(
        take_of(stage_of(SetKind.FIELD, figures=(), props=(prop,)), (far, size[1] * 1.5, far), (0.0, size[1] / 2, 0.0))
    )
    buffers = renderer.buffers(0)
    seen = buffers.ids == 1
    assert int(seen.sum()) > 25
    assert abs(float(buffers.depth[seen].median()) - 1.414 * far) < max(size)


@pytest.mark.parametrize("kind", list(SetKind))
def test_a_dressing_seed_is_the_whole_of_a_sets_chance(kind):
    def solids(seed: int):
        return build_set(Stage(set_kind=kind, int_ext=IntExt.INT, time=TimeOfDay.NIGHT, dressing_seed=seed)).solids

    first, again = solids(3), solids(3)
    assert (first.centre == again.centre).all()
    assert (first.colour == again.colour).all()


def test_whoever_sits_where_no_seat_is_gets_one():
    sitter = Figure(
        id="a",
        name="A",
        colour=(0.5, 0.5, 0.5),
        marks=(Mark(frame=0, x=0.0, z=0.0, pose=Pose.SIT, floor=0.45),),
    )
    empty = Stage(set_kind=SetKind.STUDIO, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=1)
    bare, seated = build_set(empty), build_set(empty.model_copy(update={"figures": (sitter,)}))
    added = seated.solids.corners()[len(bare.solids) :]
    assert len(added)
    assert added[..., 1].max() > 0.8
    assert abs(added[..., 0].mean()) < 0.2


@pytest.mark.parametrize("kind", [kind for kind in SetKind if kind is not SetKind.CAR])
def test_what_the_layout_promises_is_built(kind):
    """A seat at each seat, and a surface under what is laid down."""
    layout = LAYOUTS[kind]
    cup = Prop(id="cup", name="CUP", kind=PropKind.CUP, position=layout.surface, size=(0.1, 0.1, 0.1))
    stage = Stage(set_kind=kind, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=2, props=(cup,))
    solids = build_set(stage).solids
    corners = solids.corners()
    low, high = corners.min(axis=1), corners.max(axis=1)
    places = [(spot.x, spot.floor, spot.z) for spot in layout.spots if spot.pose is Pose.SIT] + [layout.surface]
    for x, y, z in places:
        over = (low[:, 0] <= x) & (x <= high[:, 0]) & (low[:, 2] <= z) & (z <= high[:, 2])
        assert (over & (abs(high[:, 1] - y) < 0.06)).any(), (x, y, z)


def test_the_country_passes_outside_of_a_car(stage_of, take_of):
    renderer = Renderer(take_of(stage_of(SetKind.CAR), (0.0, 1.2, 1.7), (0.0, 1.05, 0.0), 20.0))
    first, later = renderer.picture(0).clone(), renderer.picture(6)
    outside = renderer.buffers(0).ids == 0
    assert float((first != later).any(2)[outside].float().mean()) > 0.05
