"""Room tone: what a place sounds like when nobody speaks, synthesised from a seed.

Each tone is a loop of noise that is shaped in the frequency domain, so that it is periodic by construction and has no
seam, under a slow swell that turns a whole number of times in the loop.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_runtime.models.film.sound import RATE, Samples, amplitude
from vibeboard.stage import SetKind

LOOP = 1 << 19
"""Samples in a loop, about 11 seconds."""

LEVEL_DB = -45.0
"""Root mean square of every tone, relative to full scale."""


class Noise(NamedTuple):
    """Noise between two frequencies in Hz, falling by `tilt` dB an octave; its loudness swells by `depth` (0..1),
    `turns` times in a loop."""

    low: float
    high: float
    tilt: float
    gain_db: float = 0.0
    depth: float = 0.0
    turns: int = 1


class Hum(NamedTuple):
    """A tone and its first overtones, such as of mains or an engine."""

    hertz: float
    gain_db: float
    overtones: int = 4


AIR = Noise(60, 6000, 6)
MAINS = Hum(100, -16)
RUMBLE = Noise(30, 900, 6, depth=0.35, turns=3)
WIND = Noise(80, 1600, 5, depth=0.6, turns=2)
LEAVES = Noise(2200, 9000, 2, -9, depth=0.75, turns=5)

INDOORS: tuple[Noise | Hum, ...] = (AIR, MAINS)
PLACES: dict[SetKind, tuple[Noise | Hum, ...]] = {
    SetKind.BAR: (AIR, MAINS, Noise(200, 2200, 4, -4, depth=0.4, turns=4)),
    SetKind.CORRIDOR: (AIR, Hum(120, -12)),
    SetKind.WAREHOUSE: (Noise(40, 3000, 7, depth=0.15, turns=2), Hum(50, -10, 6)),
    SetKind.STREET: (RUMBLE, Noise(300, 3000, 5, -8, depth=0.5, turns=2)),
    SetKind.ALLEY: (RUMBLE, Noise(200, 1500, 6, -10, depth=0.3)),
    SetKind.ROAD: (RUMBLE, WIND),
    SetKind.FOREST: (WIND, LEAVES),
    SetKind.FIELD: (WIND, LEAVES._replace(gain_db=-14)),
    SetKind.SHORE: (Noise(60, 5000, 4, depth=0.8, turns=2), Noise(1500, 9000, 2, -10, depth=0.9, turns=2)),
    SetKind.CAR: (Noise(35, 1200, 7), Hum(42, -6, 6)),
}
OUTDOORS = frozenset(
    {SetKind.STREET, SetKind.ALLEY, SetKind.ROAD, SetKind.FOREST, SetKind.FIELD, SetKind.SHORE},
)


@lru_cache(maxsize=4)
def room_tone(kind: SetKind, night: bool, seed: int) -> Samples:
    """The loop (2, LOOP) of a place, left and right unlike each other, at -45 dBFS."""
    random = np.random.Generator(np.random.PCG64(seed))
    sides = np.zeros((2, LOOP))
    for source in PLACES.get(kind, INDOORS):
        sides += _noise(source, random) if isinstance(source, Noise) else _hum(source)
    if night and kind in OUTDOORS:
        sides += _crickets(random) * 0.5
    return np.asarray(sides * amplitude(LEVEL_DB) / np.sqrt(np.mean(sides**2)), dtype=np.float32)


def _noise(source: Noise, random: np.random.Generator) -> NDArray[np.float64]:
    hertz = np.fft.rfftfreq(LOOP, 1 / RATE)
    size = np.zeros(len(hertz))
    band = (hertz >= source.low) & (hertz <= source.high)
    size[band] = (hertz[band] / source.low) ** (-source.tilt / 6.02)
    phase = np.exp(2j * np.pi * random.random((2, len(hertz))))
    sides = np.fft.irfft(size * phase, LOOP)
    swell = 1 - source.depth * (0.5 + 0.5 * np.cos(_turn(source.turns) + 2 * np.pi * random.random()))
    return np.asarray(sides / np.sqrt(np.mean(sides**2)) * amplitude(source.gain_db) * swell)


def _hum(source: Hum) -> NDArray[np.float64]:
    """The nearest frequency that fits the loop, the same on both sides."""
    turns = round(source.hertz * LOOP / RATE)
    tone = sum(np.sin(_turn(turns * n) + n) / n**1.5 for n in range(1, source.overtones + 1))
    return np.asarray(tone) * amplitude(source.gain_db)


def _crickets(random: np.random.Generator) -> NDArray[np.float64]:
    """Three insects at their own pitch and place, each with three pulses to a chirp."""
    sides = np.zeros((2, LOOP))
    for _ in range(3):
        pitch, chirps = random.integers(45_000, 53_000), random.integers(18, 27)
        phase, left = random.random() * 2 * np.pi, random.random()
        beat = np.maximum(np.sin(_turn(int(chirps)) + phase), 0) ** 2
        pulse = np.maximum(np.sin(_turn(int(chirps) * 12)), 0)
        voice = np.sin(_turn(int(pitch))) * beat * pulse
        sides += np.stack((voice * left, voice * (1 - left)))
    return sides


def _turn(times: int) -> NDArray[np.float64]:
    """An angle that goes round so many times in a loop."""
    return np.asarray(2 * np.pi * ((np.arange(LOOP) * times) % LOOP) / LOOP)
