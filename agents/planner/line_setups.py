"""Setups for single lines: the speaker alone, the listener, the picture under a voice."""

from __future__ import annotations

from agents.planner.action_coverage import framing_of
from agents.planner.beats import Line, is_crowd
from agents.planner.durations import word_count
from agents.planner.setups import Setup, chance
from vibeboard.breakdown import SceneBreakdown
from vibeboard.shot import Angle, Framing, Movement, ShotSize
from vibeboard.stage import SetKind

_LONG_WORDS = 28
_LEVELS = {1: ShotSize.MCU, 2: ShotSize.CU, 3: ShotSize.BCU}


def single(line: Line, breakdown: SceneBreakdown, level: int, partner: str = "") -> Setup:
    """One speaker, clean or over the other's shoulder."""
    room = bool(partner) and level == 1 and breakdown.set_kind is not SetKind.CAR
    over = room and chance(line.element.id, "over") % 2 == 0
    size = ShotSize.MS if over else _LEVELS[min(level, 3)]
    if not partner and level == 1:
        size = ShotSize.MS
    plain = "over the shoulder of the listener" if over else "on the speaker"
    reason = "closer as the tension rises" if level > 1 else plain
    long = is_long(line)
    drifts = long or (level > 1 and chance(line.element.id, "push") % 4 == 0)
    return Setup(
        role="speak",
        anchor=line.element.id,
        size=size,
        framing=Framing.OTS if over else Framing.SINGLE,
        subjects=(line.speaker,),
        reason="drifts closer through a long speech" if long else reason,
        beats=(line,),
        angle=Angle.LOW if line.heat > 1 else Angle.EYE_LEVEL,
        movement=Movement.PUSH_IN if drifts else Movement.STATIC,
        toward=partner,
        present=line.present,
    )


def is_long(line: Line) -> bool:
    return word_count(line.text) >= _LONG_WORDS


def under_voice(line: Line) -> Setup:
    """A picture for a voice that none was there for: whoever is on the set, thinking, or the empty place."""
    people = (line.speaker,) if line.speaker in line.present else line.present[:1]
    return Setup(
        role="voice over",
        anchor=line.element.id,
        size=ShotSize.MCU if people else ShotSize.WS,
        framing=Framing.SINGLE if people else Framing.EMPTY,
        subjects=people,
        reason="a picture for the voice",
        beats=(line,),
        movement=Movement.PUSH_IN,
        present=line.present,
    )


def listening(line: Line) -> Setup:
    crowd = is_crowd(line.speaker) and len(line.present) > 1
    listeners = line.present if crowd else tuple(name for name in line.present if name != line.speaker)[:1]
    alone = ShotSize.MCU if listeners else ShotSize.WS
    return Setup(
        role="listen",
        anchor=line.element.id,
        size=ShotSize.FS if crowd else alone,
        framing=framing_of(listeners) if crowd else Framing.REACTION if listeners else Framing.EMPTY,
        subjects=listeners,
        reason="on all of them" if crowd else "on who hears the voice off-screen",
        beats=(line,),
        present=line.present,
    )


def reaction(line: Line, listener: str) -> Setup:
    return Setup(
        role="reaction",
        anchor=line.element.id,
        size=ShotSize.CU,
        framing=Framing.REACTION,
        subjects=(listener,),
        reason="where the line lands",
        toward=line.speaker,
        extra=(line.element,),
        present=line.present,
    )
