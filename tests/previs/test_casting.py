"""The caster against closed forms: where things land in the picture, how far they are, how they face."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_runtime.models.previs import cast as caster
from gpu_runtime.models.previs.cast import SKY, Layers, cast
from gpu_runtime.models.previs.facing import Faces, facing, numbered, places
from gpu_runtime.models.previs.forms import Forms
from gpu_runtime.models.previs.solids import Model
from gpu_runtime.models.previs.view import View, camera_view, light_view
from vibeboard.camera import SUPER35_WIDTH_MM, CameraPose, look_at, project

WIDTH, HEIGHT = 160, 90
GREY = (0.5, 0.5, 0.5)


def pose_at(position, target, focal_mm=35.0, roll=0.0):
    return CameraPose(position, look_at(position, target, roll), focal_mm, 3.0)


def view_of(pose) -> View:
    return camera_view(pose, SUPER35_WIDTH_MM, WIDTH, HEIGHT)


def met(model: Model, view: View) -> Layers:
    layers = Layers.blank(view.frame, 0.0 if view.perspective else -100.0)
    cast(Forms.of(model.solids(), view), view, layers)
    return layers


def normals_of(model: Model, view: View) -> np.ndarray:
    layers = met(model, view)
    normals = facing(numbered(layers), places(view, layers), Faces.of(model.solids()))
    return normals.permute(1, 2, 0).numpy()


def rays_of(view: View) -> np.ndarray:
    u, v = np.meshgrid(np.arange(view.width) + 0.5, np.arange(view.height) + 0.5)
    base, right, down = view.rays[:, :3]
    return base + u[..., None] * right + v[..., None] * down


coordinate = st.floats(-1.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(x=coordinate, y=coordinate, z=coordinate, roll=st.floats(-30, 30), focal=st.floats(18, 60))
def test_a_small_ball_lands_where_the_pinhole_says(x, y, z, roll, focal):
    pose = pose_at((0.7, 1.2, 6.0), (0.1, 0.0, 0.0), focal, roll)
    u, v, depth = project(pose, SUPER35_WIDTH_MM, WIDTH, HEIGHT, (x, y, z))
    if not (8 < u < WIDTH - 8 and 8 < v < HEIGHT - 8):
        return
    model = Model()
    model.ball((x, y, z), 0.12, GREY)
    layers = met(model, view_of(pose))
    rows, columns = torch.nonzero(layers.surface == 0, as_tuple=True)
    assert abs(float(columns.float().mean()) + 0.5 - u) < 0.5
    assert abs(float(rows.float().mean()) + 0.5 - v) < 0.5
    assert abs(float(1 / layers.near.max()) - (depth - 0.12)) < 0.02


def test_depth_of_a_floor_is_the_ray_through_the_plane():
    view = view_of(pose_at((0.0, 1.6, 4.0), (0.0, 0.6, 0.0)))
    model = Model()
    model.flat((0.0, 0.0, 0.0), (50.0, 0.0, 0.0), (0.0, 0.0, 50.0), GREY)
    layers = met(model, view)
    rays = rays_of(view)
    expected = -1.6 / rays[..., 1]
    seen = (layers.surface == 0).numpy()
    assert seen.mean() > 0.5
    np.testing.assert_allclose(1 / (layers.near.numpy()[seen]), expected[seen], rtol=2e-5)
    assert np.all(rays[..., 1][~seen] > -0.06)


def test_depth_of_a_ball_is_the_nearer_root():
    pose = pose_at((0.3, 1.0, 3.0), (0.0, 1.0, 0.0))
    view = view_of(pose)
    model = Model()
    model.ball((0.1, 0.9, 0.0), 0.5, GREY)
    layers = met(model, view)
    rays, offset = rays_of(view), np.array(pose.position) - (0.1, 0.9, 0.0)
    a, b, c = (rays**2).sum(-1), rays @ offset, offset @ offset - 0.25
    root = b * b - a * c
    seen = (layers.surface == 0).numpy()
    sure = np.abs(root) > 1e-4
    assert np.array_equal(seen[sure], (root > 0)[sure])
    expected = (-b - np.sqrt(np.maximum(root, 0))) / a
    np.testing.assert_allclose(1 / (layers.near.numpy()[seen & sure]), expected[seen & sure], rtol=1e-4)


def test_depth_of_a_box_is_the_slab_test():
    pose = pose_at((1.4, 1.9, 2.6), (0.0, 0.4, 0.0))
    view = view_of(pose)
    model = Model()
    model.block((0.0, 0.0, 0.0), (1.0, 0.8, 0.6), GREY)
    layers = met(model, view)
    rays = rays_of(view)
    low = (np.array((-0.5, 0.0, -0.3)) - pose.position) / rays
    high = (np.array((0.5, 0.8, 0.3)) - pose.position) / rays
    enter, leave = np.minimum(low, high).max(-1), np.maximum(low, high).min(-1)
    hit = layers.surface.numpy() != SKY
    clear = np.abs(leave - enter) > 1e-3
    assert np.array_equal(hit[clear], (enter < leave)[clear])
    np.testing.assert_allclose(1 / (layers.near.numpy()[hit & clear]), enter[hit & clear], rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(ra=st.floats(0.05, 0.4), rb=st.floats(0.05, 0.4), lean=st.floats(-0.5, 0.5), depth=st.floats(-0.5, 0.5))
def test_a_limb_is_as_far_from_its_axis_as_its_radius(ra, rb, lean, depth):
    a, b = np.array((-0.6, 0.0, 0.0)), np.array((0.6, lean, depth))
    model = Model()
    model.ball(tuple(a), ra, GREY)
    model.ball(tuple(b), rb, GREY)
    model.limb(tuple(a), tuple(b), ra, rb, GREY)
    pose = pose_at((0.2, 0.5, 4.0), (0.0, 0.0, 0.0), 40.0)
    view = view_of(pose)
    layers = met(model, view)
    seen = (layers.surface != SKY).numpy()
    points = np.array(pose.position) + rays_of(view)[seen] / layers.near.numpy()[seen][:, None]
    shares = np.linspace(0, 1, 400)[:, None]
    centres, radii = a + shares * (b - a), ra + shares[:, 0] * (rb - ra)
    distance = np.linalg.norm(points[:, None] - centres[None], axis=2) - radii
    assert np.abs(distance.min(axis=1)).max() < 4e-3


def test_normals_point_out_of_known_faces():
    model = Model()
    model.block((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), GREY)
    for position, expected in (
        ((0.0, 0.5, 4.0), (0.0, 0.0, 1.0)),
        ((4.0, 0.5, 0.0), (1.0, 0.0, 0.0)),
        ((-4.0, 0.5, 0.0), (-1.0, 0.0, 0.0)),
        ((0.0, 5.0, 0.0), (0.0, 1.0, 0.0)),
    ):
        middle = normals_of(model, view_of(pose_at(position, (0.0, 0.5, 0.0))))[HEIGHT // 2, WIDTH // 2]
        np.testing.assert_allclose(middle, expected, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(ra=st.floats(0.1, 0.4), rb=st.floats(0.1, 0.4))
def test_normals_of_a_cone_lean_by_its_slope(ra, rb):
    model = Model()
    model.tube((0.0, -0.5, 0.0), (0.0, 0.5, 0.0), ra, rb, GREY)
    normals = normals_of(model, view_of(pose_at((0.0, 0.0, 4.0), (0.0, 0.0, 0.0))))
    slope = ra - rb
    length = math.hypot(1.0, slope)
    middle = normals[HEIGHT // 2, WIDTH // 2 - 1 : WIDTH // 2 + 1].mean(axis=0)
    np.testing.assert_allclose(middle, (0.0, slope / length, 1.0 / length), atol=2e-2)


def test_small_and_large_solids_of_one_shape_meet_the_rays_alike(monkeypatch):
    """Where solids are cast one by one and where in tiles is a matter of speed alone."""
    model = Model()
    model.block((-0.6, -0.3, 0.0), (0.7, 0.8, 0.6), GREY, yaw=20.0)
    model.drum((0.5, -0.4, 0.2), 0.7, 0.3, GREY, top=0.2)
    model.ball((0.0, 0.2, 0.5), (0.3, 0.2, 0.25), GREY)
    for view in (
        view_of(pose_at((0.4, 0.9, 3.0), (0.0, 0.0, 0.0))),
        light_view(np.array((0.36, 0.8, 0.48)), np.zeros(3), 1.5, 96),
    ):
        made = []
        for limit in (0, 10**9):
            monkeypatch.setattr(caster, "_SMALL", limit)
            made.append(met(model, view))
        torch.testing.assert_close(made[0].near, made[1].near, rtol=0, atol=2e-6)
        assert float((made[0].surface != made[1].surface).float().mean()) < 1e-3
        assert (made[0].surface != SKY).float().mean() > 0.1


def test_normals_of_a_ball_point_away_from_its_centre():
    pose = pose_at((0.0, 0.3, 3.0), (0.0, 0.0, 0.0))
    view = view_of(pose)
    model = Model()
    model.ball((0.2, 0.1, 0.0), 0.6, GREY)
    layers = met(model, view)
    seen = (layers.surface == 0).numpy()
    points = np.array(pose.position) + rays_of(view)[seen] / layers.near.numpy()[seen][:, None]
    normals = normals_of(model, view)[seen]
    np.testing.assert_allclose(normals, (points - (0.2, 0.1, 0.0)) / 0.6, atol=6e-3)


def test_a_flat_is_seen_from_its_front_only():
    model = Model()
    model.flat((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0), GREY)
    assert (met(model, view_of(pose_at((0.0, 0.0, 4.0), (0.0, 0.0, 0.0)))).surface == 0).any()
    assert not (met(model, view_of(pose_at((0.0, 0.0, -4.0), (0.0, 0.0, 0.0)))).surface == 0).any()


def test_what_stands_on_a_wall_goes_with_the_wall():
    model = Model(seen_from=(0.0, 0.0, 1.0, 2.0))
    model.ball((0.0, 0.0, -1.8), 0.3, GREY)
    assert (met(model, view_of(pose_at((0.0, 0.0, 2.0), (0.0, 0.0, 0.0)))).surface == 0).any()
    assert not (met(model, view_of(pose_at((0.0, 0.0, -5.0), (0.0, 0.0, 0.0)))).surface == 0).any()


def test_the_nearer_solid_hides_the_farther_whatever_the_order():
    pictures = []
    for order in ((0.0, -1.0), (-1.0, 0.0)):
        model = Model()
        for z in order:
            model.ball((0.0, 0.0, z), 0.5, GREY)
        pictures.append(met(model, view_of(pose_at((0.0, 0.0, 4.0), (0.0, 0.0, 0.0)))).near)
    assert torch.equal(*pictures)


def test_inside_a_ball_the_ball_is_not_seen():
    model = Model()
    model.ball((0.0, 0.0, 0.0), 1.0, GREY)
    layers = met(model, view_of(pose_at((0.2, 0.0, 0.3), (0.0, 0.0, -5.0))))
    assert (layers.surface == SKY).all()


def test_a_wall_through_the_lens_plane_fills_its_side_of_the_picture():
    model = Model()
    model.flat((-1.0, 0.0, 0.0), (0.0, 0.0, 30.0), (0.0, 30.0, 0.0), GREY)
    layers = met(model, view_of(pose_at((0.0, 0.0, 0.0), (0.0, 0.0, -1.0))))
    assert (layers.surface[:, 10] == 0).all()
    assert (layers.surface[:, WIDTH // 2 + 5 :] == SKY).all()


def test_a_parallel_view_keeps_true_size_and_distance():
    towards = np.array([0.0, 1.0, 0.0])
    view = light_view(towards, np.zeros(3), 2.0, 200)
    model = Model()
    model.ball((0.5, 0.3, 0.0), 0.4, GREY)
    layers = met(model, view)
    assert float((layers.surface == 0).sum()) * (4.0 / 200) ** 2 == pytest.approx(math.pi * 0.16, rel=0.02)
    assert float(layers.near.max()) == pytest.approx(0.7, abs=1e-3)
