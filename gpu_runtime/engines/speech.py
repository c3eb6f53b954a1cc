import os
import shutil
from pathlib import Path

from gpu_runtime.engine import Engine
from vibeboard.digest import sha256_file

_SPEECH = "gpu_runtime.models.film.speech"


def _espeak_missing() -> str:
    return "" if shutil.which("espeak-ng") else "the program espeak-ng (Debian package espeak-ng), for a robotic voice"


def _piper_missing() -> str:
    if not shutil.which("piper"):
        return "the program piper (pip install piper-tts, GPL-3, in an environment of its own), for a natural voice"
    if not Path(os.environ.get("VIBEBOARD_PIPER_VOICE", "")).is_file():
        return "VIBEBOARD_PIPER_VOICE set to the path of a Piper voice (.onnx)"
    return ""


def _piper_voice() -> str:
    path = Path(os.environ.get("VIBEBOARD_PIPER_VOICE", ""))
    return sha256_file(path) if path.is_file() else ""


tone = Engine(
    name="tone",
    task="speak_line",
    revision=1,
    implementation=f"{_SPEECH}:tone",
    summary="A soft tone for each line, in the character's pitch.",
    libraries=("numpy",),
)

espeak = Engine(
    name="espeak",
    task="speak_line",
    revision=1,
    implementation=f"{_SPEECH}:espeak",
    summary="Robotic scratch speech by espeak-ng, run as a separate program.",
    licence="GPL-3.0 (separate program)",
    libraries=("av", "numpy"),
    missing=_espeak_missing,
    preference=1,
)

piper = Engine(
    name="piper",
    task="speak_line",
    revision=1,
    implementation=f"{_SPEECH}:piper",
    summary="Scratch speech by Piper, run as a separate program.",
    licence="GPL-3.0 (separate program)",
    libraries=("av", "numpy"),
    missing=_piper_missing,
    variant=_piper_voice,
    preference=2,
)
