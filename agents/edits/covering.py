"""A scene in more or fewer setups than it was planned in, or tighter towards its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents.edits.changing import Unfit
from agents.edits.recovering import with_beats
from agents.planner.action_coverage import framing_of
from agents.planner.beats import Beat, Line
from agents.planner.coverage import closer, varied
from agents.planner.floor import beat_name, timed
from agents.planner.line_setups import reaction
from agents.planner.setups import Setup
from vibeboard.edits import SetCoverage
from vibeboard.shot import Framing, Movement, ShotSize, Voice
from vibeboard.timing import Rate

_PLACES = frozenset({Framing.EMPTY, Framing.INSERT, Framing.POV, Framing.MASTER})
_TENSE_FROM = 0.34
"""Share of a scene after which tension shows."""


def covered(setups: Sequence[Setup], edit: SetCoverage, fps: Rate) -> list[Setup]:
    """The setups in the number that is asked for, every beat still in exactly one.

    Raises:
        Unfit: the scene has not enough in it for so many.
    """
    made = list(setups)
    while edit.shots is not None and len(made) > edit.shots:
        made = _with_one_less(made, fps)
    while edit.shots is not None and len(made) < edit.shots:
        more = _with_one_more(made, fps)
        if more is None:
            raise Unfit(f"there is not enough in the scene for {edit.shots} shots: the most is {len(made)}")
        made = more
    return _tightened(made, edit.tension) if edit.tension else made


def _with_one_less(setups: list[Setup], fps: Rate) -> list[Setup]:
    """The two neighbours that are shortest together become one."""
    lengths = [timed(setup, fps)[0] for setup in setups]
    at = min(range(len(setups) - 1), key=lambda place: lengths[place] + lengths[place + 1])
    return [*setups[:at], _joined(setups[at], setups[at + 1]), *setups[at + 2 :]]


def _joined(first: Setup, second: Setup) -> Setup:
    """The first, or if it is a cutaway the second, with what both carry and, of people, all that they show."""
    main, other = (first, second) if first.beats or not second.beats else (second, first)
    people = tuple(dict.fromkeys((*main.subjects, *other.subjects)))
    if main.framing not in _PLACES and main.framing is not Framing.OTS and set(other.subjects) <= set(main.present):
        wider = min(main.size, other.size, key=list(ShotSize).index) if other.subjects else main.size
        size = ShotSize.MS if wider is ShotSize.INSERT else wider
        main = replace(main, subjects=people, framing=framing_of(people), size=size)
    joined = replace(main, extra=tuple(dict.fromkeys((*first.extra, *second.extra))))
    return with_beats(joined, (*first.beats, *second.beats))


def _with_one_more(setups: list[Setup], fps: Rate) -> list[Setup] | None:
    """The longest setup of several beats in two, else a listener after the longest line that has none yet."""
    several = [at for at, setup in enumerate(setups) if len(setup.beats) > 1]
    if several:
        at = max(several, key=lambda place: timed(setups[place], fps)[0])
        return [*setups[:at], *_parted(setups[at]), *setups[at + 1 :]]
    taken = {(setup.role, setup.anchor) for setup in setups}
    found = [
        (line, at, name) for line, at, name in _listeners(setups) if (f"hears {name}", line.element.id) not in taken
    ]
    if not found:
        return None
    line, at, name = max(found, key=lambda listener: len(listener[0].text))
    more = replace(reaction(line, name), role=f"hears {name}", reason="on who listens")
    return [*setups[: at + 1], more, *setups[at + 1 :]]


def _listeners(setups: Sequence[Setup]) -> Iterator[tuple[Line, int, str]]:
    for at, setup in enumerate(setups):
        for line in setup.lines:
            yield from ((line, at, name) for name in line.present if name != line.speaker)


def _parted(setup: Setup) -> tuple[Setup, Setup]:
    """Two setups at the middle beat: the second on whoever its first beat is about."""
    half = len(setup.beats) // 2
    first, rest = setup.beats[:half], setup.beats[half:]
    people = _people(rest[0], setup)
    size = setup.size if people == setup.subjects else closer(setup.size)
    second = replace(
        setup,
        role=f"part {beat_name(rest[0])[1]}",
        anchor=rest[0].element.id,
        extra=(),
        subjects=people,
        framing=framing_of(people) if people else setup.framing,
        size=ShotSize.MS if people and size in (ShotSize.INSERT, ShotSize.EST) else size,
        thing="" if people else setup.thing,
        toward="" if setup.toward in people else setup.toward,
        reason="the scene in more shots",
    )
    return with_beats(setup, first), with_beats(second, rest)


def _people(beat: Beat, setup: Setup) -> tuple[str, ...]:
    if isinstance(beat, Line):
        named: tuple[str, ...] = (beat.chorus or (beat.speaker,)) if beat.voice is Voice.ON else ()
    else:
        named = beat.doers or beat.people
    return tuple(name for name in named if name in beat.present) or setup.subjects


def _tightened(setups: Sequence[Setup], tension: int) -> list[Setup]:
    """Closer by up to `tension` sizes towards the end, the camera creeping in on the last third."""
    last = max(len(setups) - 1, 1)
    return varied([_tighter(setup, at / last, tension) for at, setup in enumerate(setups)])


def _tighter(setup: Setup, place: float, tension: int) -> Setup:
    if setup.framing in _PLACES or not setup.subjects or place < _TENSE_FROM:
        return setup
    late = place > 2 * _TENSE_FROM
    for _ in range(tension if late else 1):
        setup = replace(setup, size=closer(setup.size))
    creeps = late and setup.movement is Movement.STATIC
    return replace(setup, movement=Movement.PUSH_IN) if creeps else setup
