"""What steers a shot is true: depths are in order, boxes are where they were asked for."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gpu_runtime.models.previs.engine import render_pass
from gpu_runtime.models.previs.render import Renderer
from gpu_runtime.models.previs.take import Take
from gpu_runtime.models.wan.engine import generate_shot
from gpu_runtime.models.wan.steering import grey, outlines, steer
from gpu_runtime.models.wan.stills import filling, read_still
from tools.generate_shot import Control
from tools.render_pass import Pass, RenderPassParams
from vibeboard.faults import Rejected
from vibeboard.region import Region, RegionKey


@pytest.fixture
def steered(run_of, params_of):
    def make(control: Control, **changes):
        run = run_of("wan2.1-vace-1.3b")
        params = params_of(run.engine, control=control, width=192, height=112, frames=17, **changes)
        return params, run.drive(steer(params, run.engine, control, 2))

    return make


def renderer_of(params, run_of):
    return Renderer(Take.of(params, run_of("wan2.1-vace-1.3b").engine))


def box_of(dark: torch.Tensor) -> tuple[int, int, int, int]:
    rows, columns = dark.any(1).nonzero().flatten(), dark.any(0).nonzero().flatten()
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_nearer_is_brighter_wherever_one_looks_and_whenever(steered, run_of):
    params, steering = steered(Control.DEPTH)
    renderer = renderer_of(params, run_of)
    depths, greys = [], []
    for frame in (0, 9, 16):
        depths.append(renderer.buffers(frame).depth.flatten())
        greys.append(steering.control[frame, ..., 0].flatten().int())
    depth, shade = torch.cat(depths), torch.cat(greys)
    order = torch.argsort(depth)
    assert (shade[order][1:] <= shade[order][:-1]).all()
    assert steering.control.amax() == 255
    assert (steering.control[..., 0] == steering.control[..., 2]).all()


def test_the_near_figure_is_brighter_than_the_far_one(steered, run_of):
    params, steering = steered(Control.DEPTH)
    ids = renderer_of(params, run_of).buffers(9).ids
    near, far = (steering.control[9, ..., 0][ids == key].float().mean() for key in (1, 2))
    assert near > 1.5 * far


def test_a_shot_has_one_range_of_depths():
    near = torch.tensor([[[0.0, 0.5]], [[0.25, 1.0]]])
    assert grey(near)[..., 0].tolist() == [[[0, 128]], [[64, 255]]]
    assert grey(torch.full((1, 2, 2), 0.3)).max() == 0


def test_the_picture_is_the_previs(steered, run_of):
    params, steering = steered(Control.PICTURE)
    renderer = renderer_of(params, run_of)
    with torch.inference_mode():
        assert all(torch.equal(steering.control[n], renderer.picture(n)) for n in range(17))


def test_the_layout_outlines_the_figures_that_are_seen(steered):
    _, steering = steered(Control.LAYOUT)
    for frame in (0, 6, 12):
        expected = torch.full((112, 192), 255, dtype=torch.uint8)
        for key in (1, 2):
            _, left, top, across, down = next(box for box in steering.scene.tracks[key] if box[0] == frame)
            inside = expected[top : top + down, left : left + across]
            inside[0], inside[-1], inside[:, 0], inside[:, -1] = 0, 0, 0, 0
        assert torch.equal(steering.control[frame, ..., 0], expected)


@given(st.integers(0, 180), st.integers(0, 100), st.integers(4, 192), st.integers(4, 112))
def test_an_outline_fills_its_box_to_the_pixel(left, top, across, down):
    across, down = min(across, 192 - left), min(down, 112 - top)
    dark = outlines([(left, top, across, down)], 192, 112)[..., 0] == 0
    assert box_of(dark) == (left, top, left + across, top + down)
    assert not dark[top + 2 : top + down - 2, left + 2 : left + across - 2].any()


def test_regions_are_drawn_where_they_were_asked_for_at_every_frame(steered):
    region = Region(label="her", box=(0.25, 0.5, 0.25, 0.5), keys=(RegionKey(frame=16, box=(0.5, 0.0, 0.5, 0.5)),))
    params, steering = steered(Control.LAYOUT, regions=(region,))
    for frame, box in ((0, (48, 56, 96, 112)), (8, (72, 28, 144, 84)), (16, (96, 0, 192, 56))):
        assert box_of(steering.control[frame, ..., 0] == 0) == box, frame
    assert steering.scene.tracks == {}
    assert params.regions[0].at(100) == (0.5, 0.0, 0.5, 0.5)


def test_regions_steer_a_layout_and_nothing_else(run_of, params_of):
    engine, region = run_of("wan2.1-vace-1.3b").engine, {"label": "her", "box": [0, 0, 0.5, 0.5]}
    assert params_of(engine, control="layout", regions=[region]).regions
    with pytest.raises(ValidationError, match="with control 'layout' only"):
        params_of(engine, control="depth", regions=[region])
    with pytest.raises(ValidationError, match="not inside the picture"):
        params_of(engine, control="layout", regions=[{"label": "her", "box": [0.6, 0, 0.5, 0.5]}])


def scene_of(run, result) -> Take:
    return Take.model_validate_json(run.input(result.outputs["scene"].sha256).read_bytes())


def test_the_scene_says_who_made_the_picture_and_where_things_are_in_it(run_of, params_of):
    run = run_of("wan2.1-vace-1.3b")
    params = params_of(run.engine)
    scene = scene_of(run, run.drive(generate_shot(params, run)))
    assert (scene.renderer.name, scene.renderer.revision) == ("wan2.1-vace-1.3b", 1)
    assert (scene.frames, scene.fps, scene.width, scene.height) == (9, params.fps, 96, 64)
    assert [named.name for named in scene.objects] == ["NEAR", "FAR"]
    assert set(scene.tracks) == {1, 2}
    assert len(scene.cameras) == 9


def test_where_the_previs_does_not_steer_nobody_claims_to_know_where_things_are(run_of, params_of):
    for engine in ("wan2.1-t2v-1.3b", "wan2.1-i2v-14b-480p"):
        run = run_of(engine)
        scene = scene_of(run, run.drive(generate_shot(params_of(run.engine), run)))
        assert scene.tracks == {}
        assert len(scene.objects) == 2


def test_depth_under_a_controlled_take_can_be_rendered_again(run_of, params_of):
    run = run_of("wan2.1-vace-1.3b")
    result = run.drive(generate_shot(params_of(run.engine), run))
    run.progress = lambda done, total: None
    asked = RenderPassParams(scene=result.outputs["scene"].sha256, kind=Pass.DEPTH, first=3, frames=2)
    assert render_pass(asked, run).outputs["frames"].size > 2 * 96 * 64 * 4


def test_pictures_from_outside_are_read_with_care(tmp_path, still, png):
    (tmp_path / "still").write_bytes(png(still(64, 32)))
    assert read_still(tmp_path / "still", "first_frame").size == (64, 32)
    gif = io.BytesIO()
    still().save(gif, "GIF")
    for data in (b"", gif.getvalue(), b"%!PS-Adobe", png(still())[:200]):
        (tmp_path / "bad").write_bytes(data)
        with pytest.raises(Rejected, match="first_frame: this is no PNG, JPEG or WebP picture"):
            read_still(tmp_path / "bad", "first_frame")


def test_a_still_of_another_shape_is_cropped_in_the_middle_and_never_stretched(still):
    image = still(200, 64)
    image.paste((255, 0, 0), (68, 0, 132, 64))
    made = np.array(filling(image, 128, 128))
    assert made.shape == (128, 128, 3)
    assert (made[:, 8:-8] == (255, 0, 0)).all()
