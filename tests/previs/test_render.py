"""Frames and passes: the same whenever and however they are asked for, and true to the camera."""

from __future__ import annotations

import math

import pytest
import torch

from gpu_runtime.models.previs.render import Renderer
from vibeboard.camera import CameraKey, focal_px
from vibeboard.screenplay import TimeOfDay
from vibeboard.stage import Figure, Mark, Prop, PropKind, SetKind

BALL = Prop(id="ball", name="BALL", kind=PropKind.BALL, position=(0.0, 1.0, 0.0), size=(0.5, 0.5, 0.5))


@pytest.fixture(autouse=True)
def inference():
    with torch.inference_mode():
        yield


def walker(x: float, z: float) -> Figure:
    return Figure(
        id="walker",
        name="WALKER",
        colour=(0.3, 0.4, 0.7),
        marks=(Mark(frame=2, x=-x, z=z), Mark(frame=30, x=x, z=z)),
    )


@pytest.mark.parametrize(
    ("kind", "time"),
    [(SetKind.ROOM, TimeOfDay.DAY), (SetKind.BAR, TimeOfDay.NIGHT), (SetKind.STREET, TimeOfDay.EVENING)],
)
def test_frames_made_from_the_last_one_equal_frames_made_from_nothing(stage_of, take_of, cast_of, kind, time):
    figures = (*cast_of(kind), walker(0.5, -1.4))
    take = take_of(stage_of(kind, time, figures=figures), (0.4, 1.7, 6.0), focal_mm=22.0, width=320, height=180)
    renderer = Renderer(take)
    for frame in range(12):
        assert torch.equal(renderer.picture(frame), Renderer(take).picture(frame)), frame


def test_some_of_those_frames_were_made_in_part(stage_of, take_of, monkeypatch):
    """The test above says nothing if every frame is made whole."""
    partial, calls = Renderer._partial, []
    monkeypatch.setattr(Renderer, "_partial", lambda self, *rest: (calls.append(1), partial(self, *rest))[1])
    renderer = Renderer(take_of(stage_of(), (0.4, 1.7, 6.0), focal_mm=22.0, width=320, height=180))
    for frame in range(12):
        renderer.picture(frame)
    assert len(calls) >= 3


def test_any_order_gives_the_same_frames(stage_of, take_of):
    keys = (
        CameraKey(frame=0, position=(-1.0, 1.5, 4.0), target=(0.0, 1.0, 0.0)),
        CameraKey(frame=10, position=(1.0, 1.5, 4.0), target=(0.0, 1.0, 0.0)),
    )
    take = take_of(stage_of(), keys=keys)
    forward, backward = Renderer(take), Renderer(take)
    pictures = {frame: forward.picture(frame).clone() for frame in range(14)}
    for frame in reversed(range(14)):
        assert torch.equal(backward.picture(frame), pictures[frame])


def test_the_number_of_threads_changes_nothing(stage_of, take_of):
    take = take_of(stage_of(SetKind.OFFICE), width=320, height=180, handheld=0.012)
    before = torch.get_num_threads()
    pictures = []
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            pictures.append(Renderer(take).picture(5))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(pictures[0], pictures[1])
    assert torch.equal(pictures[0], pictures[2])


def test_nothing_moves_nothing_is_made_again(stage_of, take_of):
    renderer = Renderer(take_of(stage_of(figures=())))
    assert renderer.picture(0) is renderer.picture(7)


def test_passes_are_of_one_scene(stage_of, take_of):
    buffers = Renderer(take_of(stage_of(SetKind.FIELD, props=(BALL,)), (0.4, 1.6, 5.0), (0.0, 1.2, 0.0))).buffers(0)
    sky = torch.isinf(buffers.depth)
    assert sky.any()
    assert not sky.all()
    assert (buffers.depth > 0).all()
    length = buffers.normals.norm(dim=2)
    torch.testing.assert_close(length[~sky], torch.ones_like(length[~sky]), atol=1e-4, rtol=0)
    assert (length[sky] == 0).all()
    assert (buffers.ids[sky] == 0).all()
    assert set(buffers.ids.unique().tolist()) == {0, 1, 2, 3}


def test_albedo_is_the_colour_asked_for_whatever_the_light(stage_of, take_of):
    ball = BALL.model_copy(update={"colour": (0.2, 0.4, 0.8)})
    for time in (TimeOfDay.DAY, TimeOfDay.NIGHT):
        buffers = Renderer(take_of(stage_of(SetKind.STUDIO, time, figures=(), props=(ball,)))).buffers(0)
        assert buffers.albedo[buffers.ids == 1].unique(dim=0).tolist() == [[51, 102, 204]]


def test_a_truck_shifts_near_things_more_by_exactly_the_parallax(stage_of, take_of):
    far = BALL.model_copy(update={"id": "far", "position": (0.0, 1.0, -4.0)})
    keys = (
        CameraKey(frame=0, position=(-0.4, 1.25, 4.0), target=(-0.4, 1.25, 0.0), focal_mm=35.0, ease="linear"),
        CameraKey(frame=10, position=(0.4, 1.25, 4.0), target=(0.4, 1.25, 0.0), focal_mm=35.0),
    )
    take = take_of(stage_of(SetKind.STUDIO, figures=(), props=(BALL, far)), keys=keys, width=640, height=360)
    renderer = Renderer(take)

    def extremes(frame: int, object_id: int) -> tuple[int, int]:
        columns = (renderer.buffers(frame).ids == object_id).nonzero()[:, 1]
        return int(columns.min()), int(columns.max())

    focal = focal_px(35.0, take.camera.sensor_width_mm, 640)
    near_left = [extremes(frame, 1)[0] for frame in (0, 10)]
    assert near_left[0] - near_left[1] == pytest.approx(0.8 * focal / 4.0, abs=4)
    far_left = extremes(0, 2)[0]
    far_right = extremes(10, 2)[1]
    width = 2 * focal * 0.25 / math.sqrt(8.0**2 - 0.25**2)
    assert far_left - far_right == pytest.approx(0.8 * focal / 8.0 - width, abs=4)


def test_a_dolly_zoom_keeps_the_subject_its_size(stage_of, take_of):
    keys = (
        CameraKey(frame=0, position=(0.0, 1.25, 3.0), target=(0.0, 1.25, 0.0), focal_mm=25.0),
        CameraKey(frame=10, position=(0.0, 1.25, 6.0), target=(0.0, 1.25, 0.0), focal_mm=50.0),
    )
    take = take_of(stage_of(SetKind.STUDIO, figures=(), props=(BALL,)), keys=keys, width=320, height=180)
    renderer = Renderer(take)
    areas = [int((renderer.buffers(frame).ids == 1).sum()) for frame in (0, 10)]
    assert areas[1] == pytest.approx(areas[0], rel=0.04)


def test_a_still_thing_that_the_light_sees_throws_a_shadow(stage_of, take_of):
    crate = BALL.model_copy(update={"kind": PropKind.BOX, "position": (0.0, 0.0, 0.0), "size": (0.8, 0.8, 0.8)})
    bare, dressed = (
        Renderer(take_of(stage_of(SetKind.FIELD, figures=(), props=props), (0.0, 5.0, 4.0), (0.6, 0.0, -0.6)))
        for props in ((), (crate,))
    )
    lit, shaded = bare.picture(0).float().mean(2), dressed.picture(0).float().mean(2)
    ground = dressed.buffers(0).ids == 0
    assert float((lit - shaded)[ground].max()) > 40
    assert float(((lit - shaded)[ground] > 25).float().mean()) > 0.01


def test_edges_are_smoothed(stage_of, take_of):
    ball = BALL.model_copy(update={"colour": (1.0, 1.0, 1.0)})
    renderer = Renderer(take_of(stage_of(SetKind.FIELD, TimeOfDay.NIGHT, figures=(), props=(ball,)), focal_mm=60.0))
    picture, ids = renderer.picture(0).float().mean(2), renderer.buffers(0).ids
    border = (ids[30:80, 1:] != ids[30:80, :-1]).nonzero()
    steps = [float(abs(picture[30 + r, c + 1] - picture[30 + r, c])) for r, c in border.tolist()]
    full = float(picture[ids == 1].median() - picture[ids == 0].median())
    assert len(steps) > 20
    assert sum(step < 0.75 * full for step in steps) > len(steps) / 3


def test_boxes_hold_what_the_ids_show(stage_of, take_of):
    renderer = Renderer(take_of(stage_of(props=(BALL,))))
    for frame in range(4):
        renderer.picture(frame)
    boxes, ids = renderer.boxes(), renderer.buffers(3).ids
    assert set(boxes) == {1, 2, 3}
    for object_id, (left, top, width, height) in boxes.items():
        rows, columns = (ids == object_id).nonzero().unbind(1)
        assert (int(columns.min()), int(rows.min())) == (left, top)
        assert (int(columns.max()) + 1 - left, int(rows.max()) + 1 - top) == (width, height)
