"""The chains of tool calls that make the shots and the deliverables of a film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpu_runtime.engine import Engine, Quality
from graphs.chain import Call, Unit, UnitDone
from graphs.cut import CutShot, facts, length
from graphs.request import TAKE_TASK, MakeRequest
from graphs.sheets import breakdown_sheet, shot_sheet
from graphs.sound import ambiences, captions, sound_cue
from graphs.takes import TAKE, take_calls, take_params
from tools.assemble_film import AssembleFilmParams
from tools.declare import Params
from tools.draw_storyboard import DrawStoryboardParams, Panel
from tools.export_sheets import ExportSheetsParams
from tools.export_timeline import ExportTimelineParams, TimelineClip, TimelineSound
from tools.finish_segment import BurnIn
from tools.speak_line import SpeakLineParams
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import Scene

SEGMENT = "segment"
DELIVERABLE = "deliverable"


def line_step(element_id: str) -> str:
    return f"line-{element_id}"


def shot_units(laid: Sequence[CutShot], title: str, request: MakeRequest) -> list[Unit]:
    """Take, finished segment and the sound of the lines of every shot."""
    film = {placed.shot.id: placed for placed in laid}
    return [_shot_unit(placed, film, title, request) for placed in laid]


def _shot_unit(placed: CutShot, film: Mapping[str, CutShot], title: str, request: MakeRequest) -> Unit:
    lines = [
        Call(step=line_step(line.element_id), tool="speak_line", args=_json(spoken))
        for line in placed.shot.lines
        for spoken in [
            SpeakLineParams(text=line.text, speaker=line.speaker, voice=line.voice, frames=line.frames, fps=request.fps)
        ]
    ]
    calls = (*take_calls(placed, film, request), _segment_call(placed, title, request), *lines)
    return Unit(id=placed.shot.id, label=f"shot {placed.number}", calls=calls)


def _segment_call(placed: CutShot, title: str, request: MakeRequest) -> Call:
    burn_in = BurnIn(
        title=title,
        scene=placed.breakdown.number,
        shot=placed.number,
        lens=facts(placed.shot),
        note=quality_note(request.engine(TAKE_TASK, placed.shot.id)),
        record_start=placed.start,
    )
    args = {
        "burn_in": burn_in.model_dump(mode="json") if request.slate else None,
        "frames": placed.shot.frames,
        "fps": request.fps.model_dump(mode="json"),
        "width": request.width,
        "height": request.height,
    }
    inputs = {"take": (TAKE, "video"), "scene": (TAKE, "scene")}
    return Call(step=SEGMENT, tool="finish_segment", args=args, inputs=inputs)


def quality_note(engine: Engine) -> str:
    """What the slate says of where a picture came from: `PREVIS`, or `DRAFT wan2.1-vace-1.3b`."""
    quality = str(engine.quality).upper()
    return quality if engine.quality is Quality.PREVIS else f"{quality} {engine.name}"


def sheets_unit(scenes: Sequence[tuple[Scene, SceneBreakdown]], laid: Sequence[CutShot], request: MakeRequest) -> Unit:
    """The breakdown sheet and the shot list; they need no picture."""
    params = ExportSheetsParams(breakdown=breakdown_sheet(scenes), shotlist=shot_sheet(laid, request.fps))
    return _deliverable("sheets", "export_sheets", params)


def deliverable_units(
    title: str, laid: Sequence[CutShot], done: Mapping[str, UnitDone], request: MakeRequest
) -> list[Unit]:
    """Film, storyboard and timeline, from what the shots' units made."""
    return [
        _deliverable("film", "assemble_film", _film(title, laid, done, request)),
        _deliverable("storyboard", "draw_storyboard", _storyboard(title, laid, done, request)),
        _deliverable("timeline", "export_timeline", _timeline(title, laid, request)),
    ]


def _deliverable(name: str, tool: str, params: Params) -> Unit:
    return Unit(id=name, label=name, calls=(Call(step=DELIVERABLE, tool=tool, args=_json(params)),))


def _film(
    title: str, laid: Sequence[CutShot], done: Mapping[str, UnitDone], request: MakeRequest
) -> AssembleFilmParams:
    return AssembleFilmParams(
        title=title,
        segments=tuple(done[placed.shot.id].output(SEGMENT, "video") for placed in laid),
        sounds=tuple(
            sound_cue(placed, line, done[placed.shot.id].output(line_step(line.element_id), "audio"), request)
            for placed in laid
            for line in placed.shot.lines
        ),
        ambiences=ambiences(laid),
        captions=captions(laid),
        frames=length(laid),
        fps=request.fps,
    )


def _storyboard(
    title: str, laid: Sequence[CutShot], done: Mapping[str, UnitDone], request: MakeRequest
) -> DrawStoryboardParams:
    panels = tuple(
        Panel(
            number=placed.number,
            heading=placed.scene.heading.text,
            take=done[placed.shot.id].output(TAKE, "video"),
            frame=take_params(placed, request).frames * 2 // 5,
            facts=facts(placed.shot),
            action=placed.shot.description,
            dialogue=tuple(f"{line.speaker}: {line.text}" for line in placed.shot.lines),
        )
        for placed in laid
    )
    notes = dict.fromkeys(quality_note(request.engine(TAKE_TASK, placed.shot.id)).lower() for placed in laid)
    if list(notes) == ["previs"]:
        return DrawStoryboardParams(title=title, panels=panels, note="Previs pictures by VibeBoard")
    return DrawStoryboardParams(title=title, panels=panels, note=f"Pictures by VibeBoard: {', '.join(notes)}")


def take_path(placed: CutShot) -> str:
    """Where a take lies in the output folder, and how the timeline refers to it."""
    return f"takes/{placed.number}.mp4"


def line_path(placed: CutShot, index: int) -> str:
    return f"sound/{placed.number}-{index + 1}.wav"


def _timeline(title: str, laid: Sequence[CutShot], request: MakeRequest) -> ExportTimelineParams:
    clips = tuple(
        TimelineClip(
            number=placed.number,
            shot_id=placed.shot.id,
            scene_id=placed.scene.id,
            heading=placed.scene.heading.text,
            media=take_path(placed),
            frames=placed.shot.frames,
            length=placed.shot.frames,
            first_line=placed.shot.first_line,
            last_line=placed.shot.last_line,
            facts={
                "size": placed.shot.size,
                "framing": placed.shot.framing,
                "angle": placed.shot.angle,
                "movement": placed.shot.movement,
                "description": placed.shot.description,
            },
        )
        for placed in laid
    )
    sounds = tuple(
        TimelineSound(
            speaker=line.speaker,
            text=line.text,
            element_id=line.element_id,
            media=line_path(placed, index),
            start=placed.start + line.start,
            frames=line.frames,
        )
        for placed in laid
        for index, line in enumerate(placed.shot.lines)
    )
    return ExportTimelineParams(title=title, fps=request.fps, clips=clips, sounds=sounds)


def _json(params: Params) -> dict[str, object]:
    data: dict[str, object] = params.model_dump(mode="json")
    return data
