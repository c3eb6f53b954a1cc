from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from gpu_runtime.models.film.assemble import assemble_film
from gpu_runtime.models.film.finish import finish_segment
from gpu_runtime.models.film.sound import samples_in, wav_bytes
from tools.assemble_film import Ambience, AssembleFilmParams, Caption, SoundCue
from tools.finish_segment import FinishSegmentParams
from vibeboard.faults import Rejected, Repairable
from vibeboard.stage import SetKind
from vibeboard.timing import Rate

FPS = Rate(num=24)
AGAIN = """
import sys
from pathlib import Path
from gpu_runtime.models.film.assemble import assemble_film
from tools.assemble_film import AssembleFilmParams
from vibeboard.asset import BlobRef
from vibeboard.digest import sha256

class Run:
    scratch = Path(sys.argv[1])
    progress = staticmethod(lambda done, total: None)
    input = staticmethod(lambda sha: Path(sys.argv[2]) / sha)
    keep = staticmethod(lambda path, media: Run.keep_bytes(path.read_bytes(), media))
    keep_bytes = staticmethod(lambda data, media: BlobRef(sha256=sha256(data), size=len(data), media=media))

print(assemble_film(AssembleFilmParams.model_validate_json(sys.stdin.read()), Run).model_dump_json())
"""


@pytest.fixture
def segment(run, take, scene):
    def make(frames: int, fps: Rate = FPS, width: int = 320, height: int = 180) -> str:
        source = take(frames, fps=fps.fraction)
        params = FinishSegmentParams(take=source, scene=scene(), frames=frames, fps=fps, width=width, height=height)
        return finish_segment(params, run).outputs["video"].sha256

    return make


@pytest.fixture
def tone(run):
    """A second of 440 Hz."""
    sound = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
    return run.keep_bytes(wav_bytes(sound.astype(np.float32)), "audio/wav").sha256


def params(segments: list[str], frames: int, **changes) -> AssembleFilmParams:
    given = {"title": "Étude", "segments": tuple(segments), "frames": frames, "fps": FPS} | changes
    return AssembleFilmParams(**given)


def heard(path: Path) -> np.ndarray:
    with av.open(path) as film:
        return np.concatenate([frame.to_ndarray() for frame in film.decode(audio=0)], axis=1)


def read_texts(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    with av.open(path) as film:
        packets = [packet for packet in film.demux(subtitles=0) if packet.size > 2]
    return [
        (packet.pts * packet.time_base, packet.duration * packet.time_base, bytes(packet)[2:].decode())
        for packet in packets
    ]


@pytest.mark.parametrize("fps", [FPS, Rate(num=25), Rate(num=24000, den=1001)])
def test_every_frame_of_every_segment_is_there_at_its_time(run, segment, frames_of, spell, fps):
    lengths = [30, 1, 2, 55, 7]
    film = assemble_film(params([segment(n, fps) for n in lengths], sum(lengths), fps=fps), run).outputs["film"]
    frames = frames_of(film)
    assert [spell(frame) for frame in frames] == [number for length in lengths for number in range(length)]
    assert [frame.pts * frame.time_base for frame in frames] == [n / fps.fraction for n in range(sum(lengths))]


@pytest.mark.parametrize("fps", [FPS, Rate(num=24000, den=1001), Rate(num=30000, den=1001)])
def test_picture_and_sound_are_equally_long(run, segment, fps):
    film = assemble_film(params([segment(37, fps), segment(40, fps)], 77, fps=fps), run).outputs["film"]
    with av.open(run.input(film.sha256)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.average_rate == fps.fraction
        assert (video.start_time, audio.start_time) == (0, 0)
        assert video.duration * video.time_base == 77 / fps.fraction
        assert audio.duration == samples_in(77, fps)
        assert (audio.rate, audio.channels, audio.codec_context.name) == (48000, 2, "aac")


def test_a_line_is_heard_at_its_frame_on_its_side(run, segment, tone):
    cues = (SoundCue(audio=tone, start=24, pan=-1), SoundCue(audio=tone, start=60, pan=1, gain_db=-6))
    film = assemble_film(params([segment(96)], 96, sounds=cues), run).outputs["film"]
    loud = np.abs(heard(run.input(film.sha256))[:, : 96 * 2000].reshape(2, 96, 2000)).max(axis=2)
    for frame in range(96):
        left, right = loud[:, frame]
        assert (left > 0.3) == (24 <= frame < 48)
        assert (right > 0.15) == (60 <= frame < 84)
    assert loud[0, 30] == pytest.approx(0.5, abs=0.05)
    assert loud[1, 70] == pytest.approx(0.25, abs=0.05)


def test_sound_starts_within_a_millisecond_of_the_picture(run, segment):
    """A click on frame 24 is in the decoded sound where that frame begins."""
    click = np.zeros(480, np.float32)
    click[:24] = 0.5
    cue = SoundCue(audio=run.keep_bytes(wav_bytes(click), "audio/wav").sha256, start=24)
    film = assemble_film(params([segment(48)], 48, sounds=(cue,)), run).outputs["film"]
    loudest = np.abs(heard(run.input(film.sha256))[0]).argmax()
    assert abs(loudest - 48012) < 48


def test_room_tone_lies_under_the_whole_film(run, segment):
    places = (
        Ambience(set_kind=SetKind.ROOM, night=False, seed=1, start=0, frames=40),
        Ambience(set_kind=SetKind.SHORE, night=True, seed=2, start=40, frames=32),
    )
    film = assemble_film(params([segment(72)], 72, ambiences=places), run).outputs["film"]
    sound = heard(run.input(film.sha256))[:, : 72 * 2000]
    levels = 20 * np.log10(np.sqrt((sound.reshape(2, 72, 2000) ** 2).mean(axis=2)) + 1e-9)
    assert levels.min() > -60
    assert levels.max() < -36


def test_the_loudest_film_does_not_clip(run, segment, tone):
    cues = tuple(SoundCue(audio=tone, start=start, gain_db=12) for start in range(0, 24, 3))
    film = assemble_film(params([segment(48)], 48, sounds=cues), run).outputs["film"]
    assert np.abs(heard(run.input(film.sha256))).max() < 1


def test_captions_can_be_read_at_their_times_in_all_three_places(run, segment):
    spoken = (
        Caption(start=12, frames=24, text="Zoë, I told you <never> & never to come back here again."),
        Caption(start=48, frames=12, text="No."),
    )
    outputs = assemble_film(params([segment(72)], 72, captions=spoken), run).outputs
    lines = "Zoë, I told you <never> &\nnever to come back here again."
    assert read_texts(run.input(outputs["film"].sha256)) == [
        (Fraction(1, 2), Fraction(1), lines),
        (Fraction(2), Fraction(1, 2), "No."),
    ]
    srt, vtt = run.bytes(outputs["srt"]).decode(), run.bytes(outputs["vtt"]).decode()
    assert srt == f"1\n00:00:00,500 --> 00:00:01,500\n{lines}\n\n2\n00:00:02,000 --> 00:00:02,500\nNo.\n"
    assert vtt.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:01.500\nZoë, I told you &lt;never&gt; &amp;\n")
    assert (outputs["srt"].media, outputs["vtt"].media) == ("application/x-subrip", "text/vtt")


def test_the_caption_track_is_english_text_beside_picture_and_sound(run, segment):
    spoken = (Caption(start=0, frames=12, text="Hello."),)
    film = assemble_film(params([segment(24)], 24, captions=spoken), run).outputs["film"]
    with av.open(run.input(film.sha256)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio", "subtitle"]
        assert container.streams[2].metadata["language"] == "eng"
        assert container.streams[2].codec_context.name == "mov_text"
        assert container.metadata["title"] == "Étude"


def test_a_silent_film_has_no_caption_track_and_empty_caption_files(run, segment):
    outputs = assemble_film(params([segment(12)], 12), run).outputs
    assert list(outputs) == ["film", "srt", "vtt"]
    with av.open(run.input(outputs["film"].sha256)) as container:
        assert not container.streams.subtitles
    assert run.bytes(outputs["srt"]) == b""


def test_the_file_plays_from_its_start_and_its_tracks_are_woven(run, segment, tone):
    film = assemble_film(params([segment(200)], 200, sounds=(SoundCue(audio=tone, start=0),)), run).outputs["film"]
    data = run.bytes(film)
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(run.input(film.sha256)) as container:
        packets = sorted((packet for packet in container.demux() if packet.size), key=lambda packet: packet.pos)
    times = [float(packet.dts * packet.time_base) for packet in packets]
    assert max(before - after for before, after in pairwise(times)) < 1.2


def test_the_same_film_is_the_same_bytes_anywhere(run, segment, tone, tmp_path):
    places = (Ambience(set_kind=SetKind.FOREST, night=True, seed=3, start=0, frames=48),)
    call = params(
        [segment(24), segment(24)],
        48,
        sounds=(SoundCue(audio=tone, start=6, pan=0.3),),
        ambiences=places,
        captions=(Caption(start=6, frames=12, text="Hello."),),
    )
    here = assemble_film(call, run)
    there = tmp_path / "elsewhere"
    there.mkdir()
    environment = os.environ | {"OMP_NUM_THREADS": "3", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", AGAIN, there, run.store],
        input=call.model_dump_json(),
        text=True,
        check=True,
        capture_output=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert here == assemble_film(call, run)
    assert elsewhere.stdout.strip() == here.model_dump_json()


def test_progress_reaches_the_end(run, segment):
    run.said.clear()
    assemble_film(params([segment(24), segment(12)], 36), run)
    assert run.said[-1] == (36, 36)


def test_segments_of_another_size_are_refused(run, segment):
    with pytest.raises(Rejected, match="Segment 2 was finished unlike the first") as caught:
        assemble_film(params([segment(12), segment(12, width=640, height=360)], 24), run)
    assert caught.value.fault.code == "segments_differ"


@pytest.mark.parametrize("frames", [20, 30])
def test_a_wrong_length_says_the_right_one(run, segment, frames):
    with pytest.raises(Repairable) as caught:
        assemble_film(params([segment(12), segment(12)], frames), run)
    (field,) = caught.value.fault.fields
    assert (field.path, field.expected, field.got) == ("frames", "24", str(frames))


def test_a_missing_segment_is_the_stores_own_refusal(run, segment):
    with pytest.raises(Rejected) as caught:
        assemble_film(params([segment(12), "0" * 64], 24), run)
    assert caught.value.fault.code == "missing_blob"


def test_a_damaged_segment_is_refused(run, segment):
    bad = run.keep_bytes(b"\0" * 4000, "video/mp4").sha256
    with pytest.raises(Rejected) as caught:
        assemble_film(params([segment(12), bad], 24), run)
    assert caught.value.fault.code == "unreadable_take"
