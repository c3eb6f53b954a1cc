from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.hints import hints
from vibeboard.model import Frozen
from vibeboard.timing import Rate

_MEDIA = hints(synonyms=("path", "file", "media_path", "source", "url"))


class TimelineClip(Frozen):
    """A shot on the timeline. `media` is the take's path relative to the OTIO file, `frames` its length, of which
    `[trim, trim + length)` is used."""

    number: str = Field(json_schema_extra=hints(synonyms=("shot_number", "no")))
    shot_id: str = Field(json_schema_extra=hints(synonyms=("shot",)))
    scene_id: str = Field(json_schema_extra=hints(synonyms=("scene",)))
    heading: str = Field(json_schema_extra=hints(synonyms=("slugline", "slug", "scene_heading", "scene_header")))
    media: str = Field(json_schema_extra=_MEDIA)
    frames: int = Field(
        gt=0,
        json_schema_extra=hints(
            unit="frame",
            synonyms=("num_frames", "frame_count", "media_frames"),
            measures=("media_duration", "media_length"),
        ),
    )
    trim: int = Field(
        default=0,
        ge=0,
        json_schema_extra=hints(
            unit="frame",
            synonyms=("trim_frames", "trim_start"),
            measures=("head_trim", "source_in", "in_point", "skip"),
        ),
    )
    length: int = Field(
        gt=0,
        json_schema_extra=hints(
            unit="frame", synonyms=("used_frames", "used_length"), measures=("duration", "cut_length")
        ),
    )
    first_line: int = Field(json_schema_extra=hints(synonyms=("line_start", "start_line", "from_line")))
    last_line: int = Field(json_schema_extra=hints(synonyms=("line_end", "end_line", "to_line")))
    facts: dict[str, str] = Field(json_schema_extra=hints(synonyms=("metadata", "meta", "shot_facts")))


class TimelineSound(Frozen):
    """A line of dialogue on the sound track, from film frame `start`."""

    speaker: str = Field(
        json_schema_extra=hints(synonyms=("character", "who", "cue", "speaker_name", "character_name"))
    )
    text: str = Field(json_schema_extra=hints(synonyms=("line", "words", "dialogue")))
    element_id: str = Field(json_schema_extra=hints(synonyms=("element", "line_id")))
    media: str = Field(json_schema_extra=_MEDIA)
    start: int = Field(
        ge=0,
        json_schema_extra=hints(
            unit="frame",
            synonyms=("start_frame", "in_frame", "first_frame"),
            measures=("from", "begin", "start_time", "at", "offset", "timestamp"),
        ),
    )
    frames: int = Field(
        gt=0,
        json_schema_extra=hints(
            unit="frame",
            synonyms=("num_frames", "frame_count", "length_in_frames"),
            measures=("duration", "length", "time", "runtime"),
        ),
    )


class ExportTimelineParams(Params):
    title: str = field("Name of the timeline", synonyms=("name", "timeline_name"))
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate", "rate", "frames_per_second"))
    clips: tuple[TimelineClip, ...] = field(
        "Clips in cutting order", min_length=1, synonyms=("shots", "segments", "video")
    )
    sounds: tuple[TimelineSound, ...] = field("Dialogue", default=(), synonyms=("dialogue", "audio", "lines"))


@tool(
    module="sequencer",
    produces="timeline",
    example={
        "title": "The Kettle",
        "fps": {"num": 24},
        "clips": [
            {
                "number": "1A",
                "shot_id": "shot-1",
                "scene_id": "scene-1",
                "heading": "INT. KITCHEN - NIGHT",
                "media": "takes/1A.mp4",
                "frames": 48,
                "length": 48,
                "first_line": 1,
                "last_line": 3,
                "facts": {"size": "MS"},
            }
        ],
    },
)
async def export_timeline(params: ExportTimelineParams, ctx: Context) -> Result:
    """Write the cut for an editing program. Output: `otio`, with shot ids and source lines in its metadata."""
    return await ctx.render("export_timeline", params)
