"""Shots that are longer than a model's clips."""

from __future__ import annotations

import json
from itertools import pairwise

import av
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.wan import engine as wan
from gpu_runtime.models.wan.chunks import chunks, joined
from gpu_runtime.models.wan.engine import footage, generate_shot, prepared


@given(
    st.integers(0, 400).map(lambda k: 4 * k + 1),
    st.sampled_from([(81, 1), (81, 9), (121, 1), (17, 5)]),
)
def test_chunks_cover_a_shot_and_are_legal_themselves(frames, limits):
    most, overlap = limits
    parts = chunks(frames, most, overlap)
    assert parts[0].start == 0
    assert parts[0].known == 0
    assert parts[-1].start + parts[-1].frames == frames
    assert all(part.frames % 4 == 1 and part.frames <= most for part in parts)
    for before, after in pairwise(parts):
        assert after.known == overlap
        assert after.start + overlap == before.start + before.frames
    lengths = [part.frames for part in parts]
    assert max(lengths) - min(lengths) <= 4
    assert len(parts) == 1 or len(parts) == -(-(frames - overlap) // (most - overlap))


def test_an_overlap_goes_over_evenly():
    before, after = torch.full((6, 1, 1, 3), 40, dtype=torch.uint8), torch.full((7, 1, 1, 3), 200, dtype=torch.uint8)
    film = joined(before, after, 4)
    assert film[:, 0, 0, 0].tolist() == [40, 40, 40, 80, 120, 160, 200, 200, 200]


def test_one_known_frame_is_the_earlier_chunks_own():
    before, after = torch.zeros(3, 1, 1, 3, dtype=torch.uint8), torch.full((3, 1, 1, 3), 9, dtype=torch.uint8)
    assert joined(before, after, 1)[:, 0, 0, 0].tolist() == [0, 0, 0, 9, 9]


@pytest.mark.parametrize(
    ("engine", "frames", "parts"),
    [("wan2.1-vace-1.3b", 101, 2), ("wan2.2-ti2v-5b", 125, 2), ("wan2.1-i2v-14b-480p", 85, 2)],
)
def test_a_long_shot_has_the_length_that_was_asked_for(run_of, params_of, engine, frames, parts):
    run = run_of(engine)
    params = params_of(run.engine, frames=frames, width=64, height=64, steps=1, control="none")
    result = run.drive(generate_shot(params, run), dropping=True)
    assert [stage.name for stage in run.stages].count("decode") == parts
    with av.open(str(run.input(result.outputs["video"].sha256))) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.width, stream.height) == (frames, 64, 64)
        assert stream.average_rate == params.fps.fraction
    assert json.loads(run.input(result.outputs["scene"].sha256).read_bytes())["frames"] == frames


def test_the_next_chunk_of_controlled_video_knows_the_last_frames(run_of, params_of, monkeypatch):
    run = run_of("wan2.1-vace-1.3b")
    params = params_of(run.engine, frames=85, width=64, height=64, steps=1, control="none")
    shot = run.drive(prepared(params, run))
    given_frames, made = [], []
    control_video, decoded = wan.coding.control_video, wan.coding.decoded

    def watched(control, known, *rest):
        given_frames.append(known)
        return control_video(control, known, *rest)

    def kept(*arguments):
        made.append((yield from decoded(*arguments)))
        return made[-1]

    monkeypatch.setattr(wan.coding, "control_video", watched)
    monkeypatch.setattr(wan.coding, "decoded", kept)
    film = run.drive(footage(shot, run))
    overlap = shot.recipe.overlap
    assert given_frames[0] is None
    assert torch.equal(given_frames[1], made[0][-overlap:])
    assert torch.equal(film[: len(made[0]) - overlap], made[0][:-overlap])
    assert torch.equal(film[len(made[0]) :], made[1][overlap:])
    assert len(film) == 85


def test_the_next_chunk_of_image_to_video_starts_from_the_last_frame(run_of, params_of, monkeypatch):
    run = run_of("wan2.1-i2v-14b-480p")
    params = params_of(run.engine, frames=85, width=64, height=64, steps=1)
    shot = run.drive(prepared(params, run))
    stills, made = [], []
    image_channels, decoded = wan.coding.image_channels, wan.coding.decoded

    def watched(still, *rest):
        stills.append(still)
        return image_channels(still, *rest)

    def kept(*arguments):
        made.append((yield from decoded(*arguments)))
        return made[-1]

    monkeypatch.setattr(wan.coding, "image_channels", watched)
    monkeypatch.setattr(wan.coding, "decoded", kept)
    run.drive(footage(shot, run))
    assert stills[0] == shot.first
    assert stills[1].tobytes() == made[0][-1].numpy().tobytes()
