from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.declare import AssetId, Params, field, tool
from vibeboard.asset import Result
from vibeboard.model import Frozen
from vibeboard.stage import SetKind
from vibeboard.timing import Rate


class SoundCue(Frozen):
    """A line's sound at a film frame; `pan` from -1 (left) to 1."""

    audio: AssetId
    start: int = Field(ge=0)
    gain_db: float = Field(default=0.0, ge=-60, le=12)
    pan: float = Field(default=0.0, ge=-1, le=1)


class Ambience(Frozen):
    """Room tone of a kind of set over film frames `[start, start + frames)`."""

    set_kind: SetKind
    night: bool
    seed: int
    start: int = Field(ge=0)
    frames: int = Field(gt=0)


class Caption(Frozen):
    """What is read while somebody speaks: film frames `[start, start + frames)`."""

    start: int = Field(ge=0)
    frames: int = Field(gt=0)
    text: str


class AssembleFilmParams(Params):
    title: str = field("Title, kept in the file's metadata")
    segments: tuple[AssetId, ...] = field("Finished segments in cutting order", protected=True, min_length=1)
    sounds: tuple[SoundCue, ...] = field("Sound of the lines", default=())
    ambiences: tuple[Ambience, ...] = field("Room tone", default=())
    captions: tuple[Caption, ...] = field("Captions, as a track that can be switched", default=())
    frames: int = field("Length of the film", unit="frame", ge=1)
    fps: Rate = field("Frame rate of the film", unit="frame/s")


@tool(module="sequencer", produces="video")
async def assemble_film(params: AssembleFilmParams, ctx: Context) -> Result:
    """Join segments, sound and captions. Outputs: `film` (MP4: H.264, AAC, a caption track), `srt` and `vtt`."""
    return await ctx.render("assemble_film", params)
