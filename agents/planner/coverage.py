"""Which setups a scene gets: establishing, master, singles and over the shoulder, inserts, points of view, reactions.

What a setup is depends on its own beats and their nearest neighbours only, and what varies is drawn from the ids of
the script's elements: words that change in one place change no setup elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from agents.planner.action_coverage import cover_action, framing_of
from agents.planner.beats import Action, Beat, Line
from agents.planner.directions import movement_for_place
from agents.planner.durations import word_count
from agents.planner.line_setups import is_long, listening, reaction, single, under_voice
from agents.planner.setups import Setup, chance
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import Dual, Scene
from vibeboard.shot import Framing, Movement, ShotSize, Voice
from vibeboard.stage import SetKind

_LATE = 4
"""Lines at the end of a scene that are played closer, in a scene of at least twice as many."""
_SHORT_WORDS = 3
_LONG_VOICE_WORDS = 12
"""A voice over longer than this gets a picture of its own."""


def cover(scene: Scene, breakdown: SceneBreakdown, beats: Sequence[Beat]) -> list[Setup]:
    """The setups of a scene in cutting order. Every beat is in at least one, every line in exactly one."""
    if is_montage(scene, beats):
        return _montage(scene, breakdown, beats)
    opening, rest = _opening(scene, breakdown, beats)
    coverage = _Coverage(scene, breakdown, beats, list(opening))
    coverage.run(rest)
    setups = coverage.setups
    if breakdown.set_kind is SetKind.CAR:
        setups = [in_car(setup) for setup in setups]
    return varied(setups)


def is_montage(scene: Scene, beats: Sequence[Beat]) -> bool:
    first = beats[0].text if beats and isinstance(beats[0], Action) else ""
    words = f"{scene.heading.text} {first}".upper()
    return "MONTAGE" in words or "SERIES OF SHOTS" in words


def _montage(scene: Scene, breakdown: SceneBreakdown, beats: Sequence[Beat]) -> list[Setup]:
    """One shot a beat, from alternating distances; a voice runs on over whatever is seen."""
    setups: list[Setup] = []
    for beat in beats:
        if isinstance(beat, Line) and setups:
            setups[-1] = replace(setups[-1], beats=(*setups[-1].beats, heard_in(beat, setups[-1])))
        elif isinstance(beat, Line):
            setups.append(single(beat, breakdown, level=1))
        else:
            size = (ShotSize.WS, ShotSize.MS, ShotSize.FS, ShotSize.CU)[
                chance(beat.element.id, "montage", str(beat.part)) % 4
            ]
            framing = framing_of(beat.people) if beat.people else Framing.EMPTY
            role = f"montage {beat.part}"
            subjects = beat.people or beat.present[:1]
            setups.append(
                Setup(
                    role,
                    beat.element.id,
                    size,
                    framing,
                    subjects,
                    "a beat of the montage",
                    (beat,),
                    present=beat.present,
                )
            )
    return setups or [_establishing(scene, breakdown, (), ())]


def _opening(scene: Scene, breakdown: SceneBreakdown, beats: Sequence[Beat]) -> tuple[list[Setup], Sequence[Beat]]:
    """The look at the place, if it is new or the scene begins with it, and the beats that are left."""
    leading = 0
    while leading < len(beats) and _describes_place(beats[leading]):
        leading += 1
    described = tuple(beat for beat in beats[:leading] if isinstance(beat, Action))[:3]
    if not (breakdown.new_place or described or not beats):
        return [], beats
    present = beats[0].present if beats else ()
    return [_establishing(scene, breakdown, described, present)], beats[len(described) :]


def _describes_place(beat: Beat) -> bool:
    return isinstance(beat, Action) and not beat.people and not beat.isolated


def _establishing(
    scene: Scene, breakdown: SceneBreakdown, described: tuple[Action, ...], present: tuple[str, ...]
) -> Setup:
    reason = "establishes the new place" if breakdown.new_place else "returns to the place"
    size = ShotSize.EST if breakdown.new_place else ShotSize.EWS
    movement = movement_for_place(scene, breakdown, described)
    return Setup(
        role="establish",
        anchor=scene.id,
        size=size,
        framing=Framing.EMPTY,
        subjects=(),
        reason=reason,
        beats=described,
        movement=movement,
        extra=(scene.heading,),
        present=present,
    )


@dataclass
class _Coverage:
    scene: Scene
    breakdown: SceneBreakdown
    beats: Sequence[Beat]
    setups: list[Setup] = field(default_factory=list)

    def run(self, beats: Sequence[Beat]) -> None:
        at = 0
        while at < len(beats):
            beat = beats[at]
            if isinstance(beat, Line):
                self._line(beat)
                at += 1
                continue
            paragraph = [b for b in beats[at:] if isinstance(b, Action) and b.element.id == beat.element.id]
            self._paragraph(paragraph)
            at += len(paragraph)

    def _paragraph(self, paragraph: Sequence[Action]) -> None:
        """A paragraph gets its setups; one that goes on with the insert before it, or has nothing to see, joins it."""
        first, last = paragraph[0], self.setups[-1] if self.setups else None
        if last and first.direction:
            self.setups[-1] = replace(last, extra=(*last.extra, first.element))
        elif last and last.framing is Framing.INSERT and first.isolated == last.thing and not first.people:
            self.setups[-1] = replace(last, beats=(*last.beats, *paragraph))
        else:
            self.setups += cover_action(paragraph, self.breakdown, opens=not self._seen_people())

    def _seen_people(self) -> bool:
        return any(setup.subjects for setup in self.setups)

    def _line(self, line: Line) -> None:
        last = self.setups[-1] if self.setups else None
        if last and self._continues(last, line):
            self.setups[-1] = replace(last, beats=(*last.beats, heard_in(line, last)))
        elif line.voice is Voice.VOICE_OVER:
            self.setups.append(under_voice(line))
        elif line.voice is Voice.OFF_SCREEN:
            self.setups.append(listening(line))
        else:
            self.setups.append(self._spoken(line))
            if line.heat and self._is_last(line) and self._partner(line):
                self.setups.append(reaction(line, self._partner(line)))

    def _continues(self, last: Setup, line: Line) -> bool:
        """Whether a line plays on in the shot before it: the same speech, the other half of a dual, a voice over
        the picture, or a word or two from somebody who is in the frame already."""
        if last.framing in (Framing.INSERT, Framing.POV):
            return line.voice is Voice.VOICE_OVER and not last.lines
        if line.voice is Voice.VOICE_OVER:
            return len(last.lines) < 2 and word_count(line.text) < _LONG_VOICE_WORDS
        before = last.lines[-1] if last.lines else None
        if before is None or before.voice is not line.voice:
            return False
        if before.cue == line.cue or line.dual is Dual.RIGHT:
            return True
        seen = line.speaker in last.subjects or (line.speaker == last.toward and last.framing is Framing.OTS)
        short = word_count(line.text) <= _SHORT_WORDS and not line.heat
        return short and seen and len(last.lines) < 2 and line.voice is Voice.ON

    def _partner(self, line: Line) -> str:
        """Whom a line is said to: whoever the speaker has just turned to, else who spoke before, else who speaks next,
        else somebody who is there."""
        before = self.beats[max(_index(self.beats, line) - 1, 0)]
        if isinstance(before, Action) and before.doers == (line.speaker,):
            turned_to = [name for name in before.people if name != line.speaker and name in line.present]
            if turned_to:
                return turned_to[0]
        spoken = [beat for beat in self.beats if isinstance(beat, Line)]
        at = next(i for i, beat in enumerate(spoken) if beat.element.id == line.element.id)
        near = [*reversed(spoken[max(at - 4, 0) : at]), *spoken[at + 1 : at + 5]]
        heard = [beat.speaker for beat in near if beat.speaker != line.speaker and beat.speaker in line.present]
        others = [name for name in line.present if name != line.speaker]
        return (heard or others or [""])[0]

    def _spoken(self, line: Line) -> Setup:
        """A line that is seen: the people together first, then one by one, closer as the scene tightens."""
        partner = self._partner(line)
        if line.chorus:
            return self._together(line, line.chorus, "they say it together")
        if line.dual is Dual.LEFT and partner:
            return self._together(line, (line.speaker, partner), "two voices at once")
        if partner and self._opens_talk(line):
            return self._together(line, self._group(line, partner), "shows who is talking to whom")
        level = 1 + (line.heat > 0) + (line.heat > 1)
        if self._is_late(line):
            level += 1
        return single(line, self.breakdown, level, partner)

    def _group(self, line: Line, partner: str) -> tuple[str, ...]:
        if self.breakdown.set_kind is SetKind.CAR or len(line.present) in (3, 4):
            return tuple(dict.fromkeys((line.speaker, partner, *line.present)))
        return (line.speaker, partner)

    def _together(self, line: Line, people: tuple[str, ...], reason: str) -> Setup:
        size = ShotSize.MS if len(people) == 2 else ShotSize.MLS
        toward = next((name for name in people if name != line.speaker), "")
        return Setup(
            "together",
            line.element.id,
            size,
            framing_of(people),
            people,
            reason,
            (line,),
            toward=toward,
            movement=Movement.PUSH_IN if is_long(line) else Movement.STATIC,
            present=line.present,
        )

    def _opens_talk(self, line: Line) -> bool:
        """Whether it is the first line that is seen since the last of those present came in."""
        spoken = [beat for beat in self.beats if isinstance(beat, Line) and beat.voice is Voice.ON]
        before = spoken[: [beat.element.id for beat in spoken].index(line.element.id)]
        return not any(set(line.present) <= set(beat.present) for beat in before)

    def _is_late(self, line: Line) -> bool:
        spoken = [beat.element.id for beat in self.beats if isinstance(beat, Line)]
        return len(spoken) >= 2 * _LATE and line.element.id in spoken[-_LATE:]

    def _is_last(self, line: Line) -> bool:
        return self.beats[-1] is line


def heard_in(line: Line, setup: Setup) -> Line:
    """The line as the setup hears it: a speaker who is not in the frame is off-screen."""
    seen = line.speaker in setup.subjects or (setup.framing is Framing.OTS and line.speaker == setup.toward)
    return line if line.voice is not Voice.ON or seen else replace(line, voice=Voice.OFF_SCREEN)


def _index(beats: Sequence[Beat], line: Line) -> int:
    """The place of a line among the beats."""
    return next(at for at, beat in enumerate(beats) if beat.element.id == line.element.id)


_CLOSER = {
    ShotSize.WS: ShotSize.MFS,
    ShotSize.FS: ShotSize.MLS,
    ShotSize.MFS: ShotSize.MS,
    ShotSize.MLS: ShotSize.MCU,
    ShotSize.MS: ShotSize.MCU,
    ShotSize.MCU: ShotSize.CU,
    ShotSize.CU: ShotSize.BCU,
}


def closer(size: ShotSize) -> ShotSize:
    """The next size in; the closest, and that of a place or a thing, is its own."""
    return _CLOSER.get(size, size)


def varied(setups: Sequence[Setup]) -> list[Setup]:
    """No cut from a setup to the same one: the second of two alike goes closer."""
    apart = list(setups[:1])
    for before, setup in pairwise(setups):
        alike = (before.subjects, before.framing, before.size) == (setup.subjects, setup.framing, setup.size)
        apart.append(replace(setup, size=closer(setup.size)) if alike and setup.subjects else setup)
    return apart


def in_car(setup: Setup) -> Setup:
    """Of people in a car no more can be seen than down to the waist."""
    wider = list(ShotSize).index(setup.size) < list(ShotSize).index(ShotSize.MS)
    return replace(setup, size=ShotSize.MS) if setup.subjects and wider else setup
