"""Sound in and out: reading any audio as 48 kHz mono, writing WAV, decibels, fades."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from vibeboard.faults import Rejected
from vibeboard.timing import Rate

RATE = 48_000
"""Samples per second of everything that is heard."""

Samples = NDArray[np.float32]


def samples_in(frames: int, fps: Rate) -> int:
    """How many samples last as long as so many frames."""
    return round(frames * RATE / fps.fraction)


def amplitude(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def read_sound(path: Path) -> Samples:
    """A sound file of any kind as (N,) at 48 kHz, mixed to mono, full scale 1.

    Raises:
        Rejected: `unreadable_sound`.
    """
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    parts: list[NDArray[np.float32]] = []
    try:
        with av.open(path) as container:
            for frame in container.decode(audio=0):
                parts += [made.to_ndarray()[0] for made in resampler.resample(frame)]
            parts += [made.to_ndarray()[0] for made in resampler.resample(None)]
    except (av.FFmpegError, IndexError):
        raise Rejected("unreadable_sound", "The sound of a line cannot be read: make it again.") from None
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def wav_bytes(sound: Samples) -> bytes:
    """(N,) in -1..1 as a 16 bit mono WAV."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(sound.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return held.getvalue()


def faded(sound: Samples, seconds: float) -> Samples:
    """The sound with a raised-cosine fade of that length at both ends."""
    length = min(int(seconds * RATE), len(sound) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    made = sound.astype(np.float32)
    made[:length] *= ramp
    made[len(made) - length :] *= ramp[::-1]
    return made
