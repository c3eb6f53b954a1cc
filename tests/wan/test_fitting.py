"""A film's request made into what an engine can make."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.engine import registry
from gpu_runtime.fitting import fit
from tests.wan.conftest import CAMERA, STAGE
from tools.generate_shot import GenerateShotParams
from vibeboard.camera import CameraKey, camera_at
from vibeboard.digest import canonical
from vibeboard.region import Region, RegionKey
from vibeboard.retiming import retimed_camera, retimed_frame, retimed_region, retimed_stage
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.stage import Look, SetKind, Span, Stage
from vibeboard.timing import Rate

NEURAL = [engine for engine in registry().values() if engine.task == "generate_shot" and engine.backbone]
RATES = [Rate.parse(text) for text in ("12", "16", "23.976", "24", "25", "30", "60")]


def request(frames: int, rate: Rate, width: int, height: int) -> GenerateShotParams:
    return GenerateShotParams(
        prompt="a", stage=STAGE, camera=CAMERA, frames=frames, fps=rate, width=width, height=height, seed=1
    )


requests = st.builds(
    request, st.integers(1, 2000), st.sampled_from(RATES), st.integers(64, 7680), st.integers(64, 4320)
)


@given(st.sampled_from(NEURAL), requests)
def test_every_request_becomes_legal_unless_it_is_too_long(engine, asked):
    fitted = fit(engine, asked)
    wrong = engine.limits.violations(fitted.model_dump(mode="json"))
    too_long = engine.limits.max_frames is not None and fitted.frames > engine.limits.max_frames
    assert [error.rule for error in wrong] == (["frames"] if too_long else [])
    assert fitted.width * fitted.height <= engine.defaults["pixels"]


@given(st.sampled_from(NEURAL), requests)
def test_fitting_twice_is_fitting_once(engine, asked):
    once = fit(engine, asked)
    assert fit(engine, once) == once


@given(st.sampled_from(NEURAL), requests)
def test_the_duration_is_covered_by_less_than_four_frames_more(engine, asked):
    fitted = fit(engine, asked)
    wanted = asked.frames / asked.fps.fraction
    made = fitted.frames / fitted.fps.fraction
    assert wanted <= made < wanted + Fraction(engine.limits.frames_step) / fitted.fps.fraction


@given(st.sampled_from(NEURAL), st.integers(320, 3840), st.floats(0.5, 2.4))
def test_a_picture_keeps_its_shape(engine, width, shape):
    asked = request(24, RATES[3], width, max(round(width / shape), 200))
    fitted = fit(engine, asked)
    change = (fitted.width / fitted.height) / (asked.width / asked.height) - 1
    assert abs(change) < 0.08


@pytest.mark.parametrize(
    ("engine", "size", "expected"),
    [
        ("wan2.1-vace-1.3b", (854, 480), (848, 480)),
        ("wan2.1-vace-1.3b", (1920, 1080), (848, 480)),
        ("wan2.1-vace-14b", (1280, 720), (1280, 720)),
        ("wan2.1-vace-14b", (1080, 1920), (720, 1280)),
        ("wan2.2-ti2v-5b", (1920, 1080), (1248, 704)),
        ("wan2.1-t2v-14b", (320, 180), (320, 176)),
    ],
)
def test_sizes_of_films(engine, size, expected):
    fitted = fit(registry()[engine], request(48, RATES[3], *size))
    assert (fitted.width, fitted.height) == expected


def test_a_previs_is_asked_for_what_the_film_is():
    asked = request(31, RATES[2], 853, 479)
    assert fit(registry()["previs"], asked) is asked


def test_keys_keep_their_times():
    """2 s at 24 are 2 s at 16: 33 frames, and what happened at second 1/2 happens then."""
    fitted = fit(registry()["wan2.1-vace-1.3b"], request(48, RATES[3], 854, 480))
    assert (fitted.fps, fitted.frames) == (Rate(num=16), 33)
    assert [key.frame for key in fitted.camera.keys] == [0, 11]
    assert [mark.frame for mark in fitted.stage.figures[1].marks] == [0, 11]
    for second in (0.25, 0.5):
        before, after = (
            camera_at(p.camera, second * p.fps.num).position for p in (request(48, RATES[3], 64, 64), fitted)
        )
        assert before == pytest.approx(after, abs=0.02)


@given(st.integers(0, 10_000), st.sampled_from(RATES), st.sampled_from(RATES))
def test_a_retimed_frame_is_off_by_half_a_frame_at_most(frame, before, after):
    ratio = after.fraction / before.fraction
    assert abs(retimed_frame(frame, ratio) - frame * ratio) <= Fraction(1, 2)


def test_everything_that_has_a_frame_is_retimed():
    figure = STAGE.figures[0].model_copy(
        update={"talks": (Span(start=6, end=30),), "looks": (Look(frame=12, point=(0, 1, 0)),)}
    )
    stage = STAGE.model_copy(update={"figures": (figure,)})
    region = Region(label="a", box=(0, 0, 1, 1), keys=(RegionKey(frame=24, box=(0, 0, 0.5, 0.5)),))
    ratio = Fraction(1, 2)
    (made,) = retimed_stage(stage, ratio).figures
    assert (made.talks[0].start, made.talks[0].end, made.looks[0].frame) == (3, 15, 6)
    assert retimed_region(region, ratio).keys[0].frame == 12
    assert retimed_camera(CAMERA, ratio).keys[1].frame == 8
    assert retimed_stage(stage, Fraction(1)) == stage
    frames = json.dumps(stage.model_dump(mode="json")).count('"frame"')
    assert frames == 2, "a new field with a frame has to be retimed too"


def test_what_a_previs_reads_is_what_it_read_before_there_were_neural_engines():
    """The names of all previs takes made so far depend on it."""
    read = registry()["previs"].read_by_me(request(24, RATES[3], 64, 64))
    assert sorted(read) == ["camera", "fps", "frames", "height", "seed", "stage", "width"]
    still = CAMERA.model_copy(update={"keys": (CameraKey(frame=0, position=(0, 1, 3), target=(0, 1, 0)),)})
    bare = Stage(set_kind=SetKind.ROOM, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=3)
    asked = request(24, RATES[3], 64, 64).model_copy(update={"camera": still, "stage": bare})
    assert canonical(registry()["previs"].read_by_me(asked)) == (
        b'{"camera":{"f_number":4.0,"handheld":0.0,"keys":[{"ease":"smooth","focal_mm":35.0,"focus_m":3.0,"frame":0,'
        b'"position":[0.0,1.0,3.0],"roll":0.0,"target":[0.0,1.0,0.0]}],"sensor_width_mm":24.89},"fps":{"den":1,"num":24},'
        b'"frames":24,"height":64,"seed":1,"stage":{"dressing_seed":3,"figures":[],"int_ext":"INT","props":[],'
        b'"set_kind":"room","time":"DAY"},"width":64}'
    )
