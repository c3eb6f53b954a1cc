from __future__ import annotations

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.shot import Voice
from vibeboard.timing import Rate


class SpeakLineParams(Params):
    text: str = field(
        "The words, without markup",
        protected=True,
        widget="text",
        synonyms=("line", "words", "dialogue", "dialog", "utterance", "script", "content"),
    )
    speaker: str = field(
        "Who says them; decides the voice",
        protected=True,
        synonyms=("character", "who", "actor", "speaker_name", "character_name", "spoken_by"),
    )
    voice: Voice = field(
        "On screen, off screen or voice over", protected=True, synonyms=("voice_type", "delivery", "how_heard")
    )
    frames: int = field(
        "Length that the words must fit",
        unit="frame",
        ge=1,
        le=240 * 600,
        synonyms=("num_frames", "frame_count", "length_in_frames"),
        measures=("duration", "length", "time", "runtime"),
    )
    fps: Rate = field(
        "Frame rate that the length counts in", unit="frame/s", synonyms=("frame_rate", "rate", "frames_per_second")
    )


@tool(
    module="sequencer",
    produces="audio",
    example={"text": "Not tonight.", "speaker": "ANNA", "voice": "on", "frames": 24, "fps": {"num": 24}},
)
async def speak_line(params: SpeakLineParams, ctx: Context) -> Result:
    """Make scratch sound for a line of dialogue. Output: `audio`, 48 kHz mono WAV of exactly the length asked for."""
    return await ctx.render("speak_line", params)
