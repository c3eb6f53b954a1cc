"""The two entry points: a take is a video and the data to render it again."""

from __future__ import annotations

import json

import av
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from gpu_runtime.models.previs.engine import TRACK_STEP, generate_shot, render_pass
from gpu_runtime.models.previs.render import Renderer
from gpu_runtime.models.previs.take import Take
from tools.generate_shot import GenerateShotParams
from tools.render_pass import Pass, RenderPassParams
from vibeboard.camera import CameraKey, CameraPath, project
from vibeboard.digest import canonical
from vibeboard.faults import Cancelled, Rejected, Repairable
from vibeboard.stage import Prop, PropKind
from vibeboard.timing import Rate

FRAMES = 8
CUP = Prop(id="cup", name="CUP", kind=PropKind.CUP, position=(0.0, 0.45, 0.9), size=(0.2, 0.25, 0.2))


@pytest.fixture
def params(stage_of):
    keys = (
        CameraKey(frame=0, position=(1.6, 1.5, 3.4), target=(0.0, 1.0, 0.0), focal_mm=28.0),
        CameraKey(frame=FRAMES - 1, position=(1.2, 1.5, 3.4), target=(0.0, 1.0, 0.0), focal_mm=28.0),
    )
    return GenerateShotParams(
        prompt="two people talk",
        stage=stage_of(props=(CUP,)),
        camera=CameraPath(keys=keys),
        frames=FRAMES,
        fps=Rate.parse("23.976"),
        width=192,
        height=108,
        seed=77,
    )


def scene_of(run, result) -> Take:
    return Take.model_validate_json(run.input(result.outputs["scene"].sha256).read_bytes())


def test_the_video_plays_and_shows_the_frames(run, params):
    result = generate_shot(params, run)
    with av.open(str(run.input(result.outputs["video"].sha256))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (192, 108, params.fps.fraction)
        assert not container.streams.audio
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == FRAMES
    with torch.inference_mode():
        renderer = Renderer(scene_of(run, result))
        for frame, picture in enumerate(pictures):
            error = np.abs(picture.astype(int) - renderer.picture(frame).numpy())
            assert error.mean() < 6


def test_the_same_shot_is_the_same_bytes(run, params):
    assert generate_shot(params, run) == generate_shot(params, run)


def test_another_seed_is_another_take(run, params):
    other = params.model_copy(update={"seed": 78})
    assert generate_shot(params, run).outputs["video"] != generate_shot(other, run).outputs["video"]


def test_progress_is_told_once_a_frame(run, params):
    generate_shot(params, run)
    assert run.steps == [(n, FRAMES) for n in range(1, FRAMES + 1)]


def test_a_cancelled_shot_stops_and_keeps_nothing(stopped_run, params):
    with pytest.raises(Cancelled):
        generate_shot(params, stopped_run)
    assert len(stopped_run.steps) == 3
    assert not list(stopped_run.store.iterdir())


def test_the_scene_holds_all_that_the_shot_was(run, params):
    data = run.input(generate_shot(params, run).outputs["scene"].sha256).read_bytes()
    scene = json.loads(data)
    assert scene["format"] == "vibeboard-take/1"
    assert scene["renderer"]["name"] == "previs"
    assert [(item["id"], item["kind"], item["name"]) for item in scene["objects"]] == [
        (1, "figure", "FIGURE 0"),
        (2, "figure", "FIGURE 1"),
        (3, "prop", "CUP"),
    ]
    take = Take.model_validate_json(data)
    assert (take.stage, take.camera, take.frames, take.fps, take.seed) == (
        params.stage,
        params.camera,
        params.frames,
        params.fps,
        params.seed,
    )
    assert canonical(take) == data


def test_the_cameras_of_the_scene_project_as_the_camera_does(run, params):
    take = scene_of(run, generate_shot(params, run))
    renderer = Renderer(take)
    assert len(take.cameras) == FRAMES
    for frame in (0, 3, FRAMES - 1):
        camera = take.cameras[frame]
        x, y, z = np.array(camera.world_to_camera) @ (0.3, 1.1, -0.4, 1.0)
        fx, fy, cx, cy = camera.K
        u, v, depth = project(renderer.pose(frame), params.camera.sensor_width_mm, 192, 108, (0.3, 1.1, -0.4))
        assert (cx + fx * x / z, cy + fy * y / z, z) == pytest.approx((u, v, depth))


def test_tracks_box_what_is_seen(run, params):
    take = scene_of(run, generate_shot(params, run))
    assert set(take.tracks) == {1, 2, 3}
    with torch.inference_mode():
        ids = Renderer(take).buffers(TRACK_STEP).ids
    for object_id, boxes in take.tracks.items():
        assert [box[0] for box in boxes] == list(range(0, FRAMES, TRACK_STEP))
        _, x, y, w, h = boxes[1]
        rows, columns = (ids == object_id).nonzero().unbind(1)
        assert (x, y, w, h) == (
            int(columns.min()),
            int(rows.min()),
            int(columns.max() - columns.min()) + 1,
            int(rows.max() - rows.min()) + 1,
        )


@pytest.mark.parametrize(
    ("kind", "shape", "dtype"),
    [
        (Pass.DEPTH, (108, 192), np.float32),
        (Pass.NORMALS, (108, 192, 3), np.float32),
        (Pass.ALBEDO, (108, 192, 3), np.uint8),
        (Pass.IDS, (108, 192), np.int32),
        (Pass.BEAUTY, (108, 192, 3), np.uint8),
    ],
)
def test_a_pass_comes_out_the_same_whenever_it_is_asked_for(run, params, kind, shape, dtype):
    scene = generate_shot(params, run).outputs["scene"].sha256
    whole = RenderPassParams(scene=scene, kind=kind, first=0, frames=FRAMES)
    refs = [render_pass(whole, run).outputs["frames"] for _ in range(2)]
    assert refs[0] == refs[1]
    frames = load_file(run.input(refs[0].sha256))["frames"]
    assert frames.shape == (FRAMES, *shape)
    assert frames.dtype == dtype
    part = render_pass(RenderPassParams(scene=scene, kind=kind, first=5, frames=2), run).outputs["frames"]
    assert np.array_equal(load_file(run.input(part.sha256))["frames"], frames[5:7])


def test_beauty_is_what_the_video_was_made_from(run, params):
    scene = generate_shot(params, run).outputs["scene"].sha256
    ref = render_pass(RenderPassParams(scene=scene, kind=Pass.BEAUTY, first=0, frames=FRAMES), run).outputs["frames"]
    frames = load_file(run.input(ref.sha256))["frames"]
    with torch.inference_mode():
        renderer = Renderer(scene_of(run, generate_shot(params, run)))
        for frame in range(FRAMES):
            assert np.array_equal(renderer.picture(frame).numpy(), frames[frame])


def test_frames_past_the_end_can_be_repaired(run, params):
    scene = generate_shot(params, run).outputs["scene"].sha256
    with pytest.raises(Repairable) as caught:
        render_pass(RenderPassParams(scene=scene, kind=Pass.DEPTH, first=4, frames=FRAMES), run)
    (field,) = caught.value.fault.fields
    assert field.path == "frames"
    assert str(FRAMES) in field.expected


def test_what_is_no_take_is_rejected(run):
    ref = run.keep_bytes(b'{"format": "something-else/1"}', "application/json")
    with pytest.raises(Rejected):
        render_pass(RenderPassParams(scene=ref.sha256, kind=Pass.DEPTH, frames=1), run)
