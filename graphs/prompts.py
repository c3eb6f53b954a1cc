"""What a shot shows, in the words that a picture model is asked with. The previs reads none of it."""

from __future__ import annotations

from graphs.cut import CutShot, lens
from vibeboard.shot import Angle, Movement, ShotSize

_SIZES = {
    ShotSize.EST: "establishing shot",
    ShotSize.EWS: "extreme wide shot",
    ShotSize.WS: "wide shot",
    ShotSize.FS: "full shot",
    ShotSize.MFS: "medium full shot",
    ShotSize.MLS: "medium long shot",
    ShotSize.MS: "medium shot",
    ShotSize.MCU: "medium close-up",
    ShotSize.CU: "close-up",
    ShotSize.BCU: "big close-up",
    ShotSize.ECU: "extreme close-up",
    ShotSize.INSERT: "insert",
}


def shot_prompt(placed: CutShot) -> str:
    """Size, angle, lens and movement, then the place and its light, then what happens."""
    shot = placed.shot
    parts = [_SIZES[shot.size], f"{lens(shot)} lens"]
    if shot.angle is not Angle.EYE_LEVEL:
        parts.append(f"{shot.angle} angle")
    if shot.movement is not Movement.STATIC:
        parts.append(f"camera: {shot.movement}")
    slug = placed.scene.slug
    place = " - ".join(filter(None, [slug.place, slug.area]))
    return f"{', '.join(parts)}. {slug.int_ext} {place}, {placed.breakdown.time.lower()}. {shot.description}"
