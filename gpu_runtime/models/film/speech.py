"""Scratch sound for a line: hummed, or spoken by eSpeak NG or Piper as separate programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from gpu_runtime.models.film.hum import hum
from gpu_runtime.models.film.sound import RATE, Samples, amplitude, faded, read_sound, samples_in, wav_bytes
from gpu_runtime.run import Run
from tools.speak_line import SpeakLineParams
from vibeboard.asset import Result
from vibeboard.digest import derive_seed
from vibeboard.faults import Rejected, Transient
from vibeboard.shot import Voice

PIPER_VOICE = "VIBEBOARD_PIPER_VOICE"
"""Environment setting: the path of the voice model (`.onnx`) that Piper speaks with."""

_ESPEAK_VARIANTS = ("m1", "m2", "m3", "m4", "m7", "f1", "f2", "f3", "f4")
_ESPEAK_WORDS_A_MINUTE = 165
_FASTEST = 1.9
"""How many times faster than normal a line may be spoken; what is still too long is cut."""
_SPEECH = amplitude(-20.0)
_TIMEOUT = 60


def tone(params: SpeakLineParams, run: Run) -> Result:
    """Hum the line in the character's pitch. Needs no voice."""
    return _kept(params, hum(params.text, params.speaker, samples_in(params.frames, params.fps)), run)


def espeak(params: SpeakLineParams, run: Run) -> Result:
    """Speak the line with `espeak-ng` in a variant and pitch of the character's own.

    Raises:
        Rejected: `voice_missing` when eSpeak NG is not installed; `voice_failed`.
    """
    seed = derive_seed("espeak", params.speaker)
    variant, pitch = _ESPEAK_VARIANTS[seed % len(_ESPEAK_VARIANTS)], 35 + seed // 64 % 35
    made = run.scratch / "espeak.wav"

    def speak(tempo: float) -> Samples:
        speed = str(round(_ESPEAK_WORDS_A_MINUTE * tempo))
        voice = ["-v", f"en-us+{variant}", "-p", str(pitch), "-s", speed]
        return _spoken(["espeak-ng", *voice, "-b", "1", "-w", str(made), "--stdin"], params.text, made)

    return _kept(params, _fitted(speak, samples_in(params.frames, params.fps)), run)


def piper(params: SpeakLineParams, run: Run) -> Result:
    """Speak the line with the `piper` program, without its random variation, and tuned to the character.

    Raises:
        Rejected: `voice_missing` when Piper or the voice in `VIBEBOARD_PIPER_VOICE` is not there; `voice_failed`.
    """
    model = os.environ.get(PIPER_VOICE, "")
    if not model or not Path(model).is_file():
        raise Rejected("voice_missing", f"Set {PIPER_VOICE} to a Piper voice (.onnx), or choose another voice.")
    tuning = 0.9 + 0.22 * derive_seed("piper", params.speaker) / 2**31
    made = run.scratch / "piper.wav"

    def speak(tempo: float) -> Samples:
        steady = ["--noise_scale", "0", "--noise_w", "0", "--length_scale", f"{tuning / tempo:.4f}"]
        command = ["piper", "--model", model, "--output_file", str(made), *steady]
        return _tuned(_spoken(command, params.text, made), tuning)

    return _kept(params, _fitted(speak, samples_in(params.frames, params.fps)), run)


def _spoken(command: Sequence[str], text: str, made: Path) -> Samples:
    """Run a program that reads one line of text and writes a sound file; the text never meets a shell.

    A text without a letter or a digit, such as a dash, is silence.
    """
    if not any(map(str.isalnum, text)):
        return np.zeros(0, np.float32)
    try:
        subprocess.run(
            command, input=f"{' '.join(text.split())}\n".encode(), check=True, capture_output=True, timeout=_TIMEOUT
        )
    except FileNotFoundError:
        raise Rejected("voice_missing", f"{command[0]} is not installed: install it or choose another voice.") from None
    except subprocess.TimeoutExpired:
        raise Transient("voice_slow", f"{command[0]} gave no answer within {_TIMEOUT} seconds.") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Rejected("voice_failed", f"{command[0]} could not speak the line: {''.join(said)}") from None
    return _trimmed(read_sound(made))


def _fitted(speak: Callable[[float], Samples], samples: int) -> Samples:
    """The line at its natural tempo, or spoken again as much faster as it takes to fit; cut or padded to length."""
    said = speak(1.0)
    tempo = 1.0
    while len(said) > samples and tempo < _FASTEST:
        tempo = min(tempo * len(said) / samples * 1.03, _FASTEST)
        said = speak(tempo)
    said = faded(_levelled(said[:samples]), 0.008)
    return np.pad(said, (0, samples - len(said)))


def _trimmed(sound: Samples) -> Samples:
    """Without the silence at both ends, but for 20 ms."""
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    if not len(loud):
        return sound[:0]
    rest = RATE // 50
    return sound[max(loud[0] - rest, 0) : loud[-1] + rest]


def _tuned(sound: Samples, factor: float) -> Samples:
    """Higher by a factor, and as much shorter."""
    at = np.arange(0, max(len(sound) - 1, 0), factor)
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32) if len(at) else sound


def _levelled(sound: Samples) -> Samples:
    """At -20 dBFS (root mean square), peaks below -3 dBFS."""
    if not len(sound):
        return sound
    gain = min(_SPEECH / np.sqrt(np.mean(sound**2) + 1e-12), amplitude(-3.0) / (np.abs(sound).max() + 1e-9))
    return sound * np.float32(gain)


def _kept(params: SpeakLineParams, sound: Samples, run: Run) -> Result:
    run.progress(params.frames, params.frames)
    return Result(outputs={"audio": run.keep_bytes(wav_bytes(_reaching(sound, params.voice)), "audio/wav")})


def _reaching(sound: Samples, voice: Voice) -> Samples:
    """As it reaches us: from off screen duller and fainter, a voice over a little softer than what is seen."""
    if voice is Voice.ON:
        return sound
    corner, decibels = (1400.0, -5.0) if voice is Voice.OFF_SCREEN else (5000.0, -2.0)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    softer = np.fft.rfft(sound) * amplitude(decibels) / (1 + (hertz / corner) ** 2)
    heard: Samples = np.fft.irfft(softer, len(sound)).astype(np.float32)
    return heard
