"""A hummed line: the rhythm and the melody of speech without its words, for when no voice is installed."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_runtime.models.film.sound import RATE, Samples
from vibeboard.digest import derive_seed

_VOWELS = re.compile(r"[aeiouyàáâäãåæèéêëìíîïòóôöõøœùúûü]+", re.IGNORECASE)
_QUIET = 0.06
"""Seconds of silence at either end."""


class Beat(NamedTuple):
    """A syllable: where it lies in the line, as fractions of the sounding part, and how strong it is (0..1)."""

    start: float
    end: float
    stress: float


def beats(text: str) -> list[Beat]:
    """The syllables of a text in time. A word has a syllable a group of vowels, the first one is the strongest;
    a comma is a rest of one syllable, the end of a sentence one of two."""
    weights: list[tuple[float, float]] = []
    for word in text.split():
        count = max(len(_VOWELS.findall(word)), 1)
        weights += [(1.0, 1.0 if syllable == 0 else 0.72) for syllable in range(count)]
        weights.append((0.25, 0.0))
        if word[-1] in ",;:—–-":
            weights.append((1.0, 0.0))
        if word[-1] in ".!?…":
            weights.append((2.0, 0.0))
    while weights and weights[-1][1] == 0:
        weights.pop()
    edges = np.cumsum([0.0] + [length for length, _ in weights])
    return [
        Beat(edges[at] / edges[-1], edges[at + 1] / edges[-1], stress)
        for at, (_, stress) in enumerate(weights)
        if stress
    ]


def pitch(speaker: str) -> float:
    """A character's speaking pitch in Hz, from 95 to 230, always the same for the same name."""
    return float(95 * (230 / 95) ** (derive_seed("pitch", speaker) / 2**31))


def hum(text: str, speaker: str, samples: int) -> Samples:
    """(samples,) at 48 kHz, about -20 dBFS: a closed-mouth hum that rises on stresses and falls towards the end,
    or rises if the line asks."""
    made = beats(text)
    quiet = min(int(_QUIET * RATE), samples // 4)
    time = (np.arange(samples) - quiet) / max(samples - 2 * quiet, 1)
    loudness = sum((_bump(time, beat) for beat in made), np.zeros(samples))
    melody = 1.06 - 0.12 * time + 0.05 * loudness
    if text.rstrip().endswith("?"):
        melody += 0.22 * np.clip((time - 0.75) / 0.25, 0, 1) ** 2
    phase = 2 * np.pi * np.cumsum(pitch(speaker) * melody) / RATE
    voice = sum((np.sin(n * phase) / n**1.9 for n in range(1, 8)), np.zeros(samples))
    return (0.2 * voice * loudness).astype(np.float32)


def _bump(time: NDArray[np.float64], beat: Beat) -> NDArray[np.float64]:
    """A syllable's swell: a raised cosine that reaches a little into its neighbours."""
    middle, reach = (beat.start + beat.end) / 2, (beat.end - beat.start) * 0.62
    inside = np.clip((time - middle) / reach, -1, 1)
    return np.asarray(beat.stress * (0.5 + 0.5 * np.cos(np.pi * inside)) * (time >= 0) * (time <= 1))
