from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.boxes import Box
from gpu_runtime.models.film.sightings import box_at, sightings
from vibeboard.camera import CameraKey, CameraPath, camera_at, dot, focal_px, project
from vibeboard.faults import Rejected
from vibeboard.figure import Landmark, point_of
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.stage import Figure, Mark, Pose, SetKind, Stage

WIDTH, HEIGHT, SENSOR = 854, 480, 24.89
PATH = CameraPath(keys=(CameraKey(frame=0, position=(0, 1.6, 4), target=(0, 1.2, 0)),))


def scene_data(figure: Figure, tracks: dict[int, list[tuple[int, int, int, int, int]]]) -> bytes:
    """A take's scene data with one camera at rest, as the previs renderer writes it."""
    pose = camera_at(PATH, 0)
    focal = focal_px(pose.focal_mm, SENSOR, WIDTH)
    camera = {
        "world_to_camera": [[*axis, -dot(axis, pose.position)] for axis in pose.rotation],
        "K": [focal, focal, WIDTH / 2, HEIGHT / 2],
        "focal_mm": pose.focal_mm,
    }
    stage = Stage(set_kind=SetKind.ROOM, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=1, figures=(figure,))
    objects = [{"id": 1, "kind": "figure", "key": figure.id, "name": figure.name}]
    data = {"stage": stage.model_dump(mode="json"), "cameras": [camera], "objects": objects, "tracks": tracks}
    return json.dumps(data).encode()


def anna(pose: Pose = Pose.STAND, floor: float = 0.0, x: float = 0.5) -> Figure:
    return Figure(id="f1", name="Anna", colour=(1, 0, 0), marks=(Mark(frame=0, x=x, z=0, pose=pose, floor=floor),))


def seen_at(figure: Figure, landmark: Landmark) -> tuple[float, float]:
    point = point_of(figure, figure.marks[0], landmark)
    return project(camera_at(PATH, 0), SENSOR, WIDTH, HEIGHT, point)[:2]


def sighted(folder, figure: Figure, top: int) -> Box:
    """Where a figure is sighted of whom the renderer saw something from `top` down."""
    (folder / "scene").write_bytes(scene_data(figure, {1: [(0, 300, top, 300, 400), (6, 300, top, 300, 400)]}))
    (seen,) = sightings(folder / "scene", [3])
    assert (seen.name, seen.is_head) == ("Anna", True)
    assert seen.boxes[0] is not None
    return seen.boxes[0]


@pytest.mark.parametrize(("pose", "floor"), [(Pose.STAND, 0.0), (Pose.SIT, 0.45), (Pose.KNEEL, 0.0)])
def test_a_person_is_seen_at_the_head_whatever_the_pose(tmp_path, pose, floor):
    figure = anna(pose, floor)
    (x, crown), (_, chin) = seen_at(figure, Landmark.CROWN), seen_at(figure, Landmark.CHIN)
    box = sighted(tmp_path, figure, round(crown) - 3)
    assert box.centre[0] == pytest.approx(x, abs=2)
    assert (box.y, box.bottom) == pytest.approx((crown, chin), abs=0.5)


def test_who_is_between_two_poses_has_the_head_on_top(tmp_path):
    """The mark says seated, the picture already shows somebody taller."""
    figure = anna(Pose.SIT, 0.45)
    box = sighted(tmp_path, figure, 40)
    assert box.y == 40
    assert box.height == pytest.approx(seen_at(figure, Landmark.CHIN)[1] - seen_at(figure, Landmark.CROWN)[1])


def test_a_head_above_the_picture_stays_there(tmp_path):
    figure = anna(floor=1.5)
    assert seen_at(figure, Landmark.CROWN)[1] < -40
    assert sighted(tmp_path, figure, 0).y < -40


def test_a_person_who_lies_is_seen_as_a_whole(tmp_path):
    (tmp_path / "scene").write_bytes(scene_data(anna(Pose.LIE), {1: [(0, 300, 350, 300, 60)]}))
    (seen,) = sightings(tmp_path / "scene", [0])
    assert seen.boxes == [Box(300, 350, 300, 60)]


def test_a_person_whom_the_renderer_did_not_see_is_not_seen(tmp_path):
    (tmp_path / "scene").write_bytes(scene_data(anna(), {1: [(0, 300, 50, 300, 400), (6, 300, 50, 300, 400)]}))
    (seen,) = sightings(tmp_path / "scene", [0, 6, 7, 40])
    assert [box is None for box in seen.boxes] == [False, False, True, True]


def test_scene_data_of_another_kind_names_nobody(tmp_path):
    (tmp_path / "scene").write_bytes(b'{"format": "other"}')
    assert sightings(tmp_path / "scene", [0, 1]) == []


@pytest.mark.parametrize("data", [b"", b"[]", b'{"tracks": {"1": [[0, "x"]]}}', b'{"objects": [{}]}'])
def test_damaged_scene_data_is_refused(tmp_path, data):
    (tmp_path / "scene").write_bytes(data)
    with pytest.raises(Rejected) as caught:
        sightings(tmp_path / "scene", [0])
    assert caught.value.fault.code == "unreadable_scene"


def test_boxes_between_samples_are_interpolated():
    samples = [(0, 10.0, 20.0, 30.0, 40.0), (6, 22.0, 20.0, 30.0, 46.0)]
    assert box_at(samples, 3) == Box(16, 20, 30, 43)
    assert box_at(samples, 0) == Box(10, 20, 30, 40)
    assert box_at(samples, 6) == Box(22, 20, 30, 46)
    assert box_at(samples, 7) is None


def test_nothing_is_made_up_across_a_gap():
    samples = [(0, 10.0, 20.0, 30.0, 40.0), (60, 22.0, 20.0, 30.0, 46.0)]
    assert box_at(samples, 30) is None
    assert box_at(samples, 60) == Box(22, 20, 30, 46)


places, sides = st.integers(-50, 50), st.integers(0, 100)
boxes = st.builds(Box, places, places, sides, sides)


@given(boxes, boxes)
def test_the_part_of_a_box_in_an_area_lies_in_both(box, area):
    part = box.clipped(area)
    if part.width and part.height:
        assert area.holds(part)
        assert box.overlaps(area)
    assert part.width * part.height <= box.width * box.height


@given(boxes, boxes)
def test_overlap_is_mutual_and_a_box_that_holds_another_overlaps_it(a, b):
    assert a.overlaps(b) == b.overlaps(a)
    if a.holds(b) and b.width and b.height:
        assert a.overlaps(b)
