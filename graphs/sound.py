"""What is heard, and when: lines at their places in the picture, room tone, captions."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.cut import CutShot
from graphs.request import MakeRequest
from tools.assemble_film import Ambience, Caption, SoundCue
from vibeboard.camera import camera_at, project
from vibeboard.digest import derive_seed
from vibeboard.figure import Landmark, mark_at, point_of
from vibeboard.screenplay import TimeOfDay
from vibeboard.shot import SpokenLine, Voice

_OFF_SCREEN_DB = -3.0
_WIDEST_PAN = 0.35
_DARK = (TimeOfDay.NIGHT, TimeOfDay.EVENING)


def sound_cue(placed: CutShot, line: SpokenLine, audio: str, request: MakeRequest) -> SoundCue:
    """A line in the film's sound, heard from where its speaker is seen."""
    gain = 0.0 if line.voice is Voice.ON else _OFF_SCREEN_DB
    return SoundCue(audio=audio, start=placed.start + line.start, gain_db=gain, pan=_pan(placed, line, request))


def _pan(placed: CutShot, line: SpokenLine, request: MakeRequest) -> float:
    """Gently to the side on which the speaker stands when the line begins; in the middle when nobody is seen."""
    shot = placed.shot
    speaker = shot.stage.figure(line.speaker)
    if speaker is None or line.voice is not Voice.ON:
        return 0.0
    pose = camera_at(shot.camera, line.start, request.fps.seconds(line.start), shot.seed)
    mouth = point_of(speaker, mark_at(speaker, line.start), Landmark.CHIN)
    u, _, depth = project(pose, shot.camera.sensor_width_mm, request.width, request.height, mouth)
    if depth <= 0:
        return 0.0
    side = min(max(2 * u / request.width - 1, -1.0), 1.0)
    return round(_WIDEST_PAN * side, 3)


def captions(laid: Sequence[CutShot]) -> tuple[Caption, ...]:
    return tuple(
        Caption(start=placed.start + line.start, frames=line.frames, text=line.text)
        for placed in laid
        for line in placed.shot.lines
    )


def ambiences(laid: Sequence[CutShot]) -> tuple[Ambience, ...]:
    """One stretch of room tone a scene, the same for every scene in one place."""
    stretches: list[Ambience] = []
    scene_id = ""
    for placed in laid:
        if placed.scene.id == scene_id:
            stretches[-1] = stretches[-1].model_copy(update={"frames": stretches[-1].frames + placed.shot.frames})
            continue
        scene_id = placed.scene.id
        stretches.append(
            Ambience(
                set_kind=placed.breakdown.set_kind,
                night=placed.breakdown.time in _DARK,
                seed=derive_seed("ambience", placed.scene.slug.place),
                start=placed.start,
                frames=placed.shot.frames,
            )
        )
    return tuple(stretches)
