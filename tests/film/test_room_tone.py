from __future__ import annotations

import numpy as np
import pytest

from gpu_runtime.models.film.room_tone import LOOP, OUTDOORS, room_tone
from vibeboard.stage import SetKind


def level(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(sound.astype(np.float64) ** 2)) + 1e-12))


def loudness_between(sound: np.ndarray, low: float, high: float) -> float:
    """Share of a sound's power between two frequencies."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(sound.shape[-1], 1 / 48000)
    return float(power[..., (hertz >= low) & (hertz < high)].sum() / power.sum())


@pytest.mark.parametrize("kind", SetKind)
def test_every_place_has_a_tone_that_is_soft_never_stops_and_has_no_seam(kind):
    tone = room_tone(kind, True, 7)
    assert tone.shape == (2, LOOP)
    assert level(tone) == pytest.approx(-45, abs=0.1)
    for side in tone:
        blocks = side[: LOOP // 4800 * 4800].reshape(-1, 4800)
        assert min(level(block) for block in blocks) > -65
        assert max(level(block) for block in blocks) < -34
        steps = np.abs(np.diff(side))
        assert abs(side[0] - side[-1]) <= steps.max()


def test_the_seed_decides():
    assert np.array_equal(room_tone(SetKind.BAR, False, 1), room_tone.__wrapped__(SetKind.BAR, False, 1))
    assert not np.array_equal(room_tone(SetKind.BAR, False, 1), room_tone(SetKind.BAR, False, 2))


def test_the_sides_differ_so_that_the_place_has_width():
    left, right = room_tone(SetKind.FOREST, False, 3)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.2


def test_a_room_hums_and_a_car_rumbles():
    assert loudness_between(room_tone(SetKind.ROOM, False, 1), 98, 102) > 0.01
    assert loudness_between(room_tone(SetKind.CAR, False, 1), 30, 300) > 0.9


def test_leaves_are_higher_than_the_street():
    forest, street = room_tone(SetKind.FOREST, False, 1), room_tone(SetKind.STREET, False, 1)
    assert loudness_between(forest, 2000, 9000) > 4 * loudness_between(street, 2000, 9000)


@pytest.mark.parametrize("kind", SetKind)
def test_crickets_sing_outdoors_at_night_only(kind):
    def song(night: bool) -> float:
        return loudness_between(room_tone(kind, night, 4), 4000, 5000)

    assert (song(True) > 1.2 * song(False) and song(True) > 0.003) == (kind in OUTDOORS)
