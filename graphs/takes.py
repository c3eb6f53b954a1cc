"""The calls that make the picture of a shot: its take and, where it goes on from another, what it begins with."""

from __future__ import annotations

from collections.abc import Mapping

from gpu_runtime.fitting import fit
from graphs.chain import Call
from graphs.cut import CutShot
from graphs.prompts import shot_prompt
from graphs.request import STILL_TASK, TAKE_TASK, MakeRequest
from tools.generate_shot import GenerateShotParams
from vibeboard.retiming import shown_frame

TAKE = "take"


def take_calls(placed: CutShot, film: Mapping[str, CutShot], request: MakeRequest) -> tuple[Call, ...]:
    """The calls up to and with a shot's take. `film` has its shots by id.

    A shot that goes on from another has that shot's calls in front of its own. They are named by their content, so
    they are made once, whichever unit comes to them first, and no unit has to wait for another.
    """
    take = Call(step=TAKE, tool=TAKE_TASK, args=take_params(placed, request).model_dump(mode="json"))
    source = film.get(placed.shot.continues)
    if source is None or "first_frame" in request.engine(TAKE_TASK, placed.shot.id).ignores:
        return (take,)
    *before, lent = take_calls(source, film, request)
    of = source.shot.id
    lent = lent.model_copy(update={"step": f"{TAKE}-{of}", "shot": of})
    args = {"frame": _last_frame(source, request)}
    still = Call(step=f"end-{of}", tool=STILL_TASK, args=args, inputs={"take": (lent.step, "video")}, shot=of)
    return (*before, lent, still, take.model_copy(update={"inputs": {"first_frame": (still.step, "image")}}))


def take_params(placed: CutShot, request: MakeRequest) -> GenerateShotParams:
    """What the shot's engine is asked for, at its own rate, size and length."""
    shot = placed.shot
    params = GenerateShotParams(
        prompt=shot_prompt(placed),
        stage=shot.stage,
        camera=shot.camera,
        frames=shot.frames,
        fps=request.fps,
        width=request.width,
        height=request.height,
        seed=shot.seed,
    )
    return fit(request.engine(TAKE_TASK, shot.id), params)


def _last_frame(placed: CutShot, request: MakeRequest) -> int:
    """The last frame of the take that is seen in the film; what an engine made beyond it is cut."""
    take, frames = take_params(placed, request), placed.shot.frames
    return shown_frame(frames - 1, frames, request.fps.fraction, take.frames, take.fps.fraction)
