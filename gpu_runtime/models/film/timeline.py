"""The cut as an OpenTimelineIO file, which editing programs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from urllib.parse import quote

import opentimelineio as otio

from gpu_runtime.run import Run
from tools.export_timeline import ExportTimelineParams, TimelineClip, TimelineSound
from vibeboard.asset import Result
from vibeboard.timing import Rate


def export_timeline(params: ExportTimelineParams, run: Run) -> Result:
    """One video track, as many audio tracks as lines overlap, and a marker where each scene starts."""
    cut = otio.schema.Timeline(name=params.title, global_start_time=_time(0, params.fps))
    cut.tracks.append(_video(params.clips, params.fps))
    cut.tracks.extend(_audio(params.sounds, params.fps))
    cut.tracks.markers.extend(_markers(params.clips, params.fps))
    text = otio.adapters.write_to_string(cut, "otio_json", indent=2)
    run.progress(1, 1)
    return Result(outputs={"otio": run.keep_bytes(f"{text}\n".encode(), "application/vnd.opentimelineio+json")})


def _video(clips: Sequence[TimelineClip], fps: Rate) -> otio.schema.Track:
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    for clip in clips:
        facts = {
            "shot_id": clip.shot_id,
            "scene_id": clip.scene_id,
            "heading": clip.heading,
            "first_line": clip.first_line,
            "last_line": clip.last_line,
            "facts": dict(clip.facts),
        }
        track.append(_clip(clip.number, clip.media, clip.frames, clip.trim, clip.length, facts, fps))
    return track


def _audio(sounds: Sequence[TimelineSound], fps: Rate) -> list[otio.schema.Track]:
    """Every line on the first track that is free when it starts, after a gap."""
    tracks: list[otio.schema.Track] = []
    ends: list[int] = []
    for sound in sorted(sounds, key=lambda sound: sound.start):
        free = next((at for at, end in enumerate(ends) if end <= sound.start), len(tracks))
        if free == len(tracks):
            tracks.append(otio.schema.Track(name=f"A{free + 1}", kind=otio.schema.TrackKind.Audio))
            ends.append(0)
        if sound.start > ends[free]:
            tracks[free].append(otio.schema.Gap(source_range=_span(0, sound.start - ends[free], fps)))
        facts = {"element_id": sound.element_id, "speaker": sound.speaker, "text": sound.text}
        tracks[free].append(_clip(sound.speaker, sound.media, sound.frames, 0, sound.frames, facts, fps))
        ends[free] = sound.start + sound.frames
    return tracks


def _clip(
    name: str, media: str, frames: int, trim: int, length: int, facts: Mapping[str, object], fps: Rate
) -> otio.schema.Clip:
    reference = otio.schema.ExternalReference(target_url=quote(media), available_range=_span(0, frames, fps))
    return otio.schema.Clip(
        name=name,
        media_reference=reference,
        source_range=_span(trim, length, fps),
        metadata={"vibeboard": dict(facts)},
    )


def _markers(clips: Sequence[TimelineClip], fps: Rate) -> list[otio.schema.Marker]:
    starts = accumulate((clip.length for clip in clips), initial=0)
    made = []
    scene = None
    for start, clip in zip(starts, clips, strict=False):
        if clip.scene_id != scene:
            scene = clip.scene_id
            facts = {"vibeboard": {"scene_id": scene}}
            made.append(otio.schema.Marker(name=clip.heading, marked_range=_span(start, 1, fps), metadata=facts))
    return made


def _time(frames: int, fps: Rate) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, float(fps.fraction))


def _span(start: int, frames: int, fps: Rate) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start, fps), _time(frames, fps))
