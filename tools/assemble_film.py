from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.declare import AssetId, Params, example_asset, field, tool
from vibeboard.asset import Result
from vibeboard.hints import hints
from vibeboard.model import Frozen
from vibeboard.stage import SetKind
from vibeboard.timing import Rate

_START = hints(
    unit="frame",
    synonyms=("start_frame", "in_frame", "first_frame", "start_at_frame"),
    measures=("from", "begin", "start_time", "at", "offset", "timestamp"),
)
_LENGTH = hints(
    unit="frame",
    synonyms=("num_frames", "frame_count", "length_in_frames"),
    measures=("duration", "length", "time", "runtime"),
)
_LEVEL = ("gain", "volume", "level", "loudness")


class SoundCue(Frozen):
    """A line's sound at a film frame; `pan` from -1 (left) to 1."""

    audio: AssetId = Field(json_schema_extra=hints(synonyms=("sound", "clip", "file", "wav")))
    start: int = Field(ge=0, json_schema_extra=_START)
    gain_db: float = Field(default=0.0, ge=-60, le=12, json_schema_extra=hints(unit="dB", soft=True, measures=_LEVEL))
    pan: float = Field(default=0.0, ge=-1, le=1, json_schema_extra=hints(soft=True, synonyms=("panning", "stereo_pan")))


class Ambience(Frozen):
    """Room tone of a kind of set over film frames `[start, start + frames)`."""

    set_kind: SetKind = Field(json_schema_extra=hints(synonyms=("kind", "set", "place", "tone")))
    night: bool = Field(json_schema_extra=hints(synonyms=("is_night", "at_night")))
    seed: int = Field(json_schema_extra=hints(synonyms=("random_seed",)))
    start: int = Field(ge=0, json_schema_extra=_START)
    frames: int = Field(gt=0, json_schema_extra=_LENGTH)


class Caption(Frozen):
    """What is read while somebody speaks: film frames `[start, start + frames)`."""

    start: int = Field(ge=0, json_schema_extra=_START)
    frames: int = Field(gt=0, json_schema_extra=_LENGTH)
    text: str = Field(json_schema_extra=hints(synonyms=("caption", "subtitle", "line", "words")))


class AssembleFilmParams(Params):
    title: str = field("Title, kept in the file's metadata", synonyms=("name", "film_title"))
    segments: tuple[AssetId, ...] = field(
        "Finished segments in cutting order", protected=True, min_length=1, synonyms=("clips", "shots", "videos")
    )
    sounds: tuple[SoundCue, ...] = field("Sound of the lines", default=(), synonyms=("audio", "dialogue", "lines"))
    ambiences: tuple[Ambience, ...] = field(
        "Room tone", default=(), synonyms=("room_tone", "room_tones", "ambience", "atmos", "ambient_sounds")
    )
    captions: tuple[Caption, ...] = field(
        "Captions, as a track that can be switched", default=(), synonyms=("subtitles", "subs", "closed_captions")
    )
    frames: int = field(
        "Length of the film",
        unit="frame",
        ge=1,
        synonyms=("num_frames", "frame_count", "total_frames", "length_in_frames"),
        measures=("duration", "length", "time", "runtime"),
    )
    fps: Rate = field("Frame rate of the film", unit="frame/s", synonyms=("frame_rate", "rate", "frames_per_second"))


@tool(
    module="sequencer",
    produces="video",
    example={
        "title": "The Kettle",
        "segments": [example_asset("video")],
        "captions": [{"start": 0, "frames": 8, "text": "Not tonight."}],
        "frames": 8,
        "fps": {"num": 24},
    },
)
async def assemble_film(params: AssembleFilmParams, ctx: Context) -> Result:
    """Join segments, sound and captions. Outputs: `film` (MP4: H.264, AAC, a caption track), `srt` and `vtt`."""
    return await ctx.render("assemble_film", params)
