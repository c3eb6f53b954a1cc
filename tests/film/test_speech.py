from __future__ import annotations

import io
import os
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.hum import beats, hum, pitch
from gpu_runtime.models.film.sound import samples_in
from gpu_runtime.models.film.speech import PIPER_VOICE, espeak, piper, tone
from tools.speak_line import SpeakLineParams
from vibeboard.faults import Rejected
from vibeboard.shot import Voice
from vibeboard.timing import Rate

LINE = "I told you, never come back here. Not ever!"


def line(text: str = LINE, speaker: str = "ANNA", **changes) -> SpeakLineParams:
    given = {"text": text, "speaker": speaker, "voice": Voice.ON, "frames": 72, "fps": Rate(num=24)} | changes
    return SpeakLineParams(**given)


def heard(run, result) -> np.ndarray:
    with wave.open(io.BytesIO(run.bytes(result.outputs["audio"]))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def level(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((sound**2).mean()) + 1e-9))


def _has_espeak() -> bool:
    return shutil.which("espeak-ng") is not None


def _has_piper() -> bool:
    return shutil.which("piper") is not None and Path(os.environ.get(PIPER_VOICE, "")).is_file()


voices = pytest.mark.parametrize(
    "speak",
    [
        pytest.param(tone, id="tone"),
        pytest.param(
            espeak, id="espeak", marks=pytest.mark.skipif(not _has_espeak(), reason="espeak-ng is not installed")
        ),
        pytest.param(
            piper, id="piper", marks=pytest.mark.skipif(not _has_piper(), reason="no Piper or no voice for it")
        ),
    ],
)


@voices
@pytest.mark.parametrize(
    ("frames", "fps"), [(1, Rate(num=24)), (30, Rate(num=25)), (72, Rate(num=24)), (101, Rate(num=24000, den=1001))]
)
def test_a_line_is_exactly_as_long_as_asked_and_quiet_at_its_ends(run, speak, frames, fps):
    sound = heard(run, speak(line(frames=frames, fps=fps), run))
    assert len(sound) == samples_in(frames, fps)
    assert np.abs(sound[:24]).max() < 0.02
    assert np.abs(sound[-24:]).max() < 0.02


@voices
def test_the_same_line_is_the_same_bytes_and_each_speaker_has_a_voice(run, speak):
    assert speak(line(), run) == speak(line(), run)
    assert speak(line(), run) != speak(line(speaker="BEN"), run)


@voices
def test_a_line_is_loud_enough_and_does_not_clip(run, speak):
    sound = heard(run, speak(line(), run))
    assert -30 < level(sound) < -16
    assert np.abs(sound).max() < 0.8


@voices
def test_off_screen_is_fainter_than_voice_over_and_that_than_on_screen(run, speak):
    on, over, off = (
        heard(run, speak(line(voice=voice), run)) for voice in (Voice.ON, Voice.VOICE_OVER, Voice.OFF_SCREEN)
    )
    assert level(on) > level(over) + 1 > level(off) + 2


@voices
@pytest.mark.parametrize("text", ["—", "...", "   "])
def test_nothing_to_say_is_no_fault(run, speak, text):
    assert len(heard(run, speak(line(text), run))) == 72 * 2000


@voices
def test_what_is_said_is_never_a_command(run, speak, tmp_path):
    owned = tmp_path / "owned"
    sound = heard(run, speak(line(f"$(touch {owned}) `touch {owned}` ; --help"), run))
    assert not owned.exists()
    assert level(sound) > -40


@voices
def test_a_long_line_in_a_short_time_is_spoken_faster(run, speak):
    hurried = heard(run, speak(line(LINE * 2, frames=48), run))
    assert level(hurried[-48000:]) > -40


def test_espeak_that_is_not_installed_says_what_to_do(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Rejected, match="espeak-ng is not installed") as caught:
        espeak(line(), run)
    assert caught.value.fault.code == "voice_missing"


def test_piper_without_a_voice_says_what_to_do(run, monkeypatch):
    monkeypatch.delenv(PIPER_VOICE, raising=False)
    with pytest.raises(Rejected, match=PIPER_VOICE) as caught:
        piper(line(), run)
    assert caught.value.fault.code == "voice_missing"


def test_a_voice_program_that_fails_is_reported_with_its_words(run, monkeypatch, tmp_path):
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\necho 'no such voice' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Rejected, match="no such voice") as caught:
        espeak(line(), run)
    assert caught.value.fault.code == "voice_failed"


def loud_parts(sound: np.ndarray) -> int:
    """How many times a sound swells up out of quiet."""
    envelope = np.abs(sound[: len(sound) // 480 * 480]).reshape(-1, 480).max(axis=1)
    return int((np.diff((envelope > 0.4 * envelope.max()).astype(int)) == 1).sum())


def test_a_hum_has_a_swell_a_syllable():
    assert loud_parts(hum("no no no no", "ANNA", 96000)) == 4
    assert loud_parts(hum("banana banana", "ANNA", 144000)) == 6


def test_a_hum_rests_at_the_end_of_a_sentence():
    sound = np.abs(hum("One two. One two.", "ANNA", 96000))
    middle = sound[44000:52000]
    assert middle.min() < 0.01
    assert sound[44000:52000].reshape(-1, 800).max(axis=1).min() < 0.02


def test_a_question_ends_higher():
    def last_pitch(text: str) -> int:
        end = hum(text, "ANNA", 96000)[80000:92000]
        return int(np.abs(np.fft.rfft(end, 96000)).argmax())

    assert last_pitch("You did it?") > 1.05 * last_pitch("You did it.")


@given(st.text(min_size=1, max_size=30))
def test_every_name_has_a_pitch_that_a_person_can_have(name):
    assert 95 <= pitch(name) <= 230
    assert pitch(name) == pitch(name)


@given(st.text(max_size=200))
def test_syllables_come_in_order_and_fill_the_line(text):
    made = beats(text)
    assert all(0 <= beat.start < beat.end <= 1 + 1e-9 for beat in made)
    assert [beat.start for beat in made] == sorted(beat.start for beat in made)
    assert bool(made) == bool(text.split())
