"""Joining segments into a film packet by packet, with sound and captions beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gpu_runtime.models.film import captions
from gpu_runtime.models.film.mix import mix
from gpu_runtime.models.film.sound import RATE
from gpu_runtime.models.video import BITEXACT, opened
from gpu_runtime.run import Run
from tools.assemble_film import AssembleFilmParams
from vibeboard.asset import Result
from vibeboard.faults import FieldError, Rejected, Repairable

Packets: TypeAlias = "Iterator[av.Packet[Any]]"

OPTIONS = {**BITEXACT, "movie_timescale": str(RATE)}
"""Lengths are kept to the sample, not to the millisecond that the muxer would round them to."""

_STYLES = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Sans,18,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def assemble_film(params: AssembleFilmParams, run: Run) -> Result:
    """Join segments without encoding them again. Frame `n` shows at exactly `n / fps`; the sound is as long as the
    picture.

    Raises:
        Rejected: `segments_differ` when segments were not finished alike; `unreadable_take`, `unreadable_sound`.
        Repairable: `film_length` when the segments do not add up to `params.frames`.
    """
    cues = captions.cues(params.captions)
    sound = mix(run.scratch / "mix.f32", params.sounds, params.ambiences, params.frames, params.fps, run)
    made = run.scratch / "film.mp4"
    with av.open(made, "w", format="mp4", options=OPTIONS) as film:
        film.metadata["title"] = params.title
        paths = [run.input(segment) for segment in params.segments]
        video = _video_stream(film, paths[0], params)
        audio = _audio_stream(film)
        tracks = [_pictures(paths, video, params, run), _sounds(sound, audio)]
        if cues:
            tracks.append(_texts(cues, _text_stream(film, params), params))
        film.start_encoding()
        for packet in merge(*tracks, key=_due):
            film.mux(packet)
    return Result(
        outputs={
            "film": run.keep(made, "video/mp4"),
            "srt": run.keep_bytes(captions.srt(cues, params.fps).encode(), "application/x-subrip"),
            "vtt": run.keep_bytes(captions.vtt(cues, params.fps).encode(), "text/vtt"),
        }
    )


def _due(packet: av.Packet[Any]) -> Fraction:
    assert packet.dts is not None
    assert packet.time_base is not None
    return packet.dts * packet.time_base


def _video_stream(film: OutputContainer, first: Path, params: AssembleFilmParams) -> VideoStream:
    with opened(first) as segment:
        stream = film.add_stream_from_template(segment.streams.video[0])
    stream.time_base = 1 / params.fps.fraction
    return stream


def _audio_stream(film: OutputContainer) -> AudioStream:
    stream = film.add_stream("aac", rate=RATE, layout="stereo")
    context = stream.codec_context
    context.bit_rate, context.thread_count = 160_000, 1
    context.flags |= av.codec.context.Flags.bitexact
    return stream


def _text_stream(film: OutputContainer, params: AssembleFilmParams) -> SubtitleStream:
    stream = film.add_stream("mov_text")
    stream.codec_context.subtitle_header = _STYLES
    stream.codec_context.time_base = stream.time_base = 1 / params.fps.fraction
    stream.metadata["language"] = "eng"
    return stream


def _pictures(paths: Sequence[Path], stream: VideoStream, params: AssembleFilmParams, run: Run) -> Packets:
    """The packets of all segments, numbered through: without B-frames a packet is a frame."""
    frame = 0
    for number, path in enumerate(paths, 1):
        with opened(path) as segment:
            source = segment.streams.video[0]
            if source.codec_context.extradata != stream.codec_context.extradata:
                message = f"Segment {number} was finished unlike the first one: finish all of them again."
                raise Rejected("segments_differ", message)
            for packet in segment.demux(source):
                if packet.size:
                    yield _timed(packet, stream, frame, 1, 1 / params.fps.fraction)
                    frame += 1
                    run.progress(min(frame, params.frames), params.frames)
    if frame != params.frames:
        wrong = FieldError(path="frames", expected=str(frame), got=str(params.frames))
        raise Repairable("film_length", f"The segments hold {frame} frames, not {params.frames}.", (wrong,))


def _sounds(sides: NDArray[np.float32], stream: AudioStream) -> Packets:
    """AAC frames of 1024 samples; the encoder's priming has times before 0, which the muxer writes as an edit."""
    for start in range(0, sides.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sides[:, start : start + 1024]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        yield from stream.encode(frame)
    yield from stream.encode()


def _texts(cues: Sequence[captions.Cue], stream: SubtitleStream, params: AssembleFilmParams) -> Packets:
    for start, length, sample in captions.timed_text(cues):
        yield _timed(av.Packet(sample), stream, start, length, 1 / params.fps.fraction)


def _timed(packet: av.Packet[Any], stream: Stream, at: int, length: int, time_base: Fraction) -> av.Packet[Any]:
    packet.stream = stream
    packet.time_base = time_base
    packet.pts = packet.dts = at
    packet.duration = length
    return packet
