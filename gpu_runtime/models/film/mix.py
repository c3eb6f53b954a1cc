"""The sound of a film: lines at their frames, room tone under everything, and a ceiling that nothing passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_runtime.models.film.room_tone import LOOP, room_tone
from gpu_runtime.models.film.sound import RATE, Samples, amplitude, read_sound, samples_in
from gpu_runtime.run import Run
from tools.assemble_film import Ambience, SoundCue
from vibeboard.timing import Rate

CROSS = int(0.03 * RATE)
"""Samples over which one room tone gives way to the next, in the middle of which the cut lies."""

KNEE, CEILING = amplitude(-6.0), amplitude(-1.5)
"""Peaks above the knee are bent, and never reach the ceiling, which leaves room for what AAC adds."""

_BLOCK = 1 << 18


def mix(
    path: Path, sounds: Sequence[SoundCue], ambiences: Sequence[Ambience], frames: int, fps: Rate, run: Run
) -> NDArray[np.float32]:
    """The whole sound (2, N) of a film of so many frames, held in a file at `path` rather than in memory.

    Raises:
        Rejected: `unreadable_sound`.
    """
    total = samples_in(frames, fps)
    sides = np.memmap(path, np.float32, mode="w+", shape=(2, total))
    for ambience in ambiences:
        _add_tone(sides, ambience, fps)
    for cue in sounds:
        _add_line(sides, cue, samples_in(cue.start, fps), read_sound(run.input(cue.audio)))
    for start in range(0, total, _BLOCK):
        sides[:, start : start + _BLOCK] = limited(sides[:, start : start + _BLOCK])
    return sides


def limited(sound: Samples) -> Samples:
    """The sound as it was below the knee, and bent smoothly towards the ceiling above it (Tarr's soft clipper curve
    with the hyperbolic tangent)."""
    size = np.abs(sound)
    room = CEILING - KNEE
    bent = KNEE + room * np.tanh((size - KNEE) / room)
    return np.where(size > KNEE, np.copysign(bent, sound), sound).astype(np.float32)


def _add_line(sides: NDArray[np.float32], cue: SoundCue, start: int, line: Samples) -> None:
    """Constant power: the squares of the two sides' gains add up to one wherever the line stands."""
    line = line[: max(sides.shape[1] - start, 0)]
    angle = (cue.pan + 1) * np.pi / 4
    for side, gain in enumerate((np.cos(angle), np.sin(angle))):
        sides[side, start : start + len(line)] += line * np.float32(gain * amplitude(cue.gain_db))


def _add_tone(sides: NDArray[np.float32], ambience: Ambience, fps: Rate) -> None:
    """The loop runs on the film's clock, so one place goes on over its cuts as if there were none."""
    start, end = samples_in(ambience.start, fps), samples_in(ambience.start + ambience.frames, fps)
    loop = room_tone(ambience.set_kind, ambience.night, ambience.seed)
    for first, last in _blocks(max(start - CROSS // 2, 0), min(end + CROSS // 2, sides.shape[1])):
        at = np.arange(first, last)
        rise, fall = (at - start) / CROSS + 0.5, (end - at) / CROSS + 0.5
        gain = np.minimum(rise, fall).clip(0, 1).astype(np.float32)
        sides[:, first:last] += loop[:, at % LOOP] * gain


def _blocks(start: int, end: int) -> Iterator[tuple[int, int]]:
    for first in range(start, end, _BLOCK):
        yield first, min(first + _BLOCK, end)
