from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpu_runtime.models.film.mix import CEILING, KNEE, limited, mix
from gpu_runtime.models.film.sound import RATE, faded, read_sound, samples_in, wav_bytes
from tools.assemble_film import Ambience, SoundCue
from vibeboard.faults import Rejected
from vibeboard.stage import SetKind
from vibeboard.timing import Rate

FPS = Rate(num=24)


def ambience(start: int, frames: int, kind: SetKind = SetKind.ROOM, seed: int = 1) -> Ambience:
    return Ambience(set_kind=kind, night=False, seed=seed, start=start, frames=frames)


@pytest.fixture
def beep(run):
    """Half a second of a steady 0.25."""
    return run.keep_bytes(wav_bytes(np.full(24000, 0.25, np.float32)), "audio/wav").sha256


@pytest.fixture
def mixed(run):
    def make(sounds=(), ambiences=(), frames=48, fps=FPS) -> np.ndarray:
        return np.array(mix(run.scratch / "mix", sounds, ambiences, frames, fps, run))

    return make


def test_a_line_sounds_from_its_frame_on_for_its_length(mixed, beep):
    left, right = mixed([SoundCue(audio=beep, start=12)])
    heard = np.nonzero(left)[0]
    assert (heard[0], heard[-1]) == (24000, 47999)
    assert np.array_equal(left, right)
    assert left.shape == (96000,)


@pytest.mark.parametrize(
    ("pan", "left", "right"), [(-1, 1, 0), (0, 0.5**0.5, 0.5**0.5), (1, 0, 1), (0.5, 0.383, 0.924)]
)
def test_pan_moves_a_line_at_constant_power(mixed, beep, pan, left, right):
    sides = mixed([SoundCue(audio=beep, start=0, pan=pan)])
    assert sides[:, 100] == pytest.approx([0.25 * left, 0.25 * right], abs=1e-3)


def test_gain_is_in_decibels(mixed, beep):
    loud, soft = (mixed([SoundCue(audio=beep, start=0, gain_db=gain)])[0, 100] for gain in (0, -20))
    assert soft == pytest.approx(loud / 10, rel=1e-3)


def test_lines_add_up(mixed, beep):
    one = mixed([SoundCue(audio=beep, start=0, pan=-1)])
    both = mixed([SoundCue(audio=beep, start=0, pan=-1), SoundCue(audio=beep, start=6, pan=-1)])
    assert both[0, 13000] == pytest.approx(2 * one[0, 100], rel=1e-3)


def test_a_line_is_cut_where_the_film_ends(mixed, beep):
    assert mixed([SoundCue(audio=beep, start=42), SoundCue(audio=beep, start=4000)])[0, -1] > 0.1


@given(arrays(np.float32, 50, elements=st.floats(-8, 8, width=32)))
def test_nothing_passes_the_ceiling_and_what_is_soft_is_left_alone(sound):
    made = limited(sound)
    assert np.abs(made).max() <= CEILING
    soft = np.abs(sound) <= KNEE
    assert np.array_equal(made[soft], sound[soft])
    order = np.argsort(sound, kind="stable")
    assert (np.diff(made[order]) >= -1e-6).all()


def test_many_loud_lines_do_not_clip(mixed, beep):
    sides = mixed([SoundCue(audio=beep, start=0, gain_db=12)] * 5)
    assert np.abs(sides).max() <= CEILING


def test_room_tone_fills_every_moment(mixed):
    sides = mixed(ambiences=[ambience(0, 20), ambience(20, 28, SetKind.FOREST)])
    blocks = sides[0].reshape(-1, 480)
    assert (np.sqrt((blocks**2).mean(axis=1)) > 3e-4).all()


def test_one_place_goes_on_over_its_cuts_as_if_there_were_none(mixed):
    whole = mixed(ambiences=[ambience(0, 48)])
    cut = mixed(ambiences=[ambience(0, 5), ambience(5, 20), ambience(25, 23)])
    assert np.abs(whole - cut).max() < 1e-6


def test_two_places_meet_without_a_click(mixed):
    sides = mixed(ambiences=[ambience(0, 24), ambience(24, 24, SetKind.CAR, 9)])
    steps = np.abs(np.diff(sides[0]))
    near = steps[48000 - 1000 : 48000 + 1000].max()
    assert near <= 1.05 * steps.max(where=np.abs(np.arange(len(steps)) - 48000) > 1000, initial=0)


def test_a_film_longer_than_a_loop_and_a_block_has_tone_to_its_end(mixed):
    sides = mixed(ambiences=[ambience(0, 24 * 20)], frames=24 * 20)
    assert sides.shape == (2, 20 * RATE)
    assert np.sqrt((sides[:, -4800:] ** 2).mean()) > 1e-3


def test_ntsc_lengths_are_exact(mixed):
    fps = Rate(num=24000, den=1001)
    assert samples_in(24, fps) == 48048
    assert mixed(frames=1000, fps=fps).shape == (2, 2002000)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_sounds_of_any_rate_keep_their_length_and_pitch(run, rate):
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((8000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype("<i2").tobytes())
    sound = read_sound(run.input(run.keep_bytes(held.getvalue(), "audio/wav").sha256))
    assert abs(len(sound) - RATE) < 64
    assert np.abs(np.fft.rfft(sound, RATE)).argmax() == 440


def test_what_is_no_sound_is_refused(mixed, run):
    bad = run.keep_bytes(b"words" * 500, "audio/wav").sha256
    with pytest.raises(Rejected) as caught:
        mixed([SoundCue(audio=bad, start=0)])
    assert caught.value.fault.code == "unreadable_sound"


def test_a_missing_sound_is_the_stores_own_refusal(mixed):
    with pytest.raises(Rejected) as caught:
        mixed([SoundCue(audio="0" * 64, start=0)])
    assert caught.value.fault.code == "missing_blob"


@given(st.integers(0, 3000))
def test_fades_leave_the_middle_and_silence_the_ends(length):
    made = faded(np.ones(length, np.float32), 0.01)
    assert len(made) == length
    if length > 1000:
        assert made[0] < 0.01 > made[-1]
        assert (made[480:-480] == 1).all()
