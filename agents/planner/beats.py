"""A scene as beats: a sentence of action or a line of dialogue, with who is in it and who is on the set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.breakdown import isolated_objects
from agents.breakdown.lexicon import GROUP_CUES
from agents.planner.deeds import Deed, deeds
from agents.planner.pronouns import Memory
from agents.planner.prose import Names, clean, is_direction, is_insert, named_thing, sentences
from vibeboard.breakdown import Category, SceneBreakdown
from vibeboard.screenplay import Dual, Element, Kind, Scene
from vibeboard.shot import Voice

_VOICE_OVER = ("v.o", "vo", "voice over", "filtered", "pre-lap", "prelap", "en off", "voix off")
_OFF_SCREEN = ("o.s", "o.c", "os", "oc", "off", "off screen", "fuera de cuadro")
_INTERCUT = re.compile(r"(?:BEGIN )?INTERCUT\b", re.I)
_TRAVEL = frozenset({Deed.ENTER, Deed.EXIT, Deed.WALK, Deed.RUN})


@dataclass(frozen=True)
class Action:
    """A sentence of an action element. `doers` are named before the deed, `people` are all who are named."""

    element: Element
    part: int
    text: str
    people: tuple[str, ...]
    doers: tuple[str, ...]
    deeds: Mapping[Deed, int]
    thing: str
    """A prop, vehicle or piece of the set in the sentence."""
    isolated: str
    """What the sentence sets apart for the camera."""
    direction: bool = False
    """Whether it only manages the script, as `BACK TO SCENE` does."""
    present: tuple[str, ...] = ()

    @property
    def travels(self) -> bool:
        return bool(self.doers) and not _TRAVEL.isdisjoint(self.deeds)


@dataclass(frozen=True)
class Line:
    """A line of dialogue. `manner` is the parenthetical before it; `cue` the id of the cue it belongs to."""

    element: Element
    speaker: str
    text: str
    voice: Voice
    cue: str
    manner: str = ""
    dual: Dual = Dual.NONE
    present: tuple[str, ...] = ()
    chorus: tuple[str, ...] = ()
    """All who say it, the speaker first, where a cue names several."""

    @property
    def heat(self) -> int:
        """How loud or how intimate a line is: 0 calm, 1 raised or whispered, 2 both or shouted."""
        shouted = sum(word.isupper() and len(word) > 2 for word in self.text.split())
        hushed = any(word in self.manner.casefold() for word in ("whisper", "quiet", "soft", "breath", "hiss", "tear"))
        return min(("!" in self.text) + (shouted >= 2) + hushed, 2)


Beat = Action | Line


def voice_of(element: Element) -> Voice:
    """How a line reaches us, from its cue's extensions."""
    extensions = {extension.casefold().strip(". ") for extension in element.extensions}
    if extensions & set(_VOICE_OVER):
        return Voice.VOICE_OVER
    return Voice.OFF_SCREEN if extensions & set(_OFF_SCREEN) else Voice.ON


@dataclass
class _Reader:
    names: Names
    things: Sequence[str]
    isolated: Mapping[str, Sequence[str]]
    """What the text sets apart, by element."""
    insert: str = ""
    """What the insert that is going on shows."""
    memory: Memory = field(default_factory=Memory)
    beats: list[Beat] = field(default_factory=list)

    def action(self, element: Element) -> None:
        apart = self.isolated.get(element.id, ())
        if is_direction(element.text) or not sentences(element.text):
            self.insert = ""
            self.beats.append(_described(element, 0, clean(element.text), direction=True))
        elif is_insert(element.text) and apart:
            self.insert = apart[0]
            self.beats.append(_described(element, 0, clean(element.text), isolated=self.insert))
        elif self.insert:
            for part, sentence in enumerate(sentences(element.text)):
                self.beats.append(_described(element, part, sentence, isolated=self.insert))
        else:
            for part, sentence in enumerate(sentences(element.text)):
                self._sentence(element, part, sentence, named_thing(sentence, apart))

    def _sentence(self, element: Element, part: int, sentence: str, isolated: str) -> None:
        found = deeds(sentence)
        mentions = self.memory.resolved(sentence, self.names.find(sentence))
        people = tuple(dict.fromkeys(name for _, name in mentions))
        verb = min((place for deed, place in found.items() if deed is not Deed.START), default=len(sentence))
        doers = tuple(dict.fromkeys(name for place, name in mentions if place < verb)) or people[:1]
        thing = named_thing(sentence, self.things)
        self.beats.append(Action(element, part, sentence, people, doers, found, thing, isolated))

    def line(self, element: Element, cue: str, manner: str) -> None:
        self.insert = ""
        chorus = self.names.chorus(element.speaker)
        speaker, voice = chorus[0] if chorus else self.names.canonical(element.speaker), voice_of(element)
        if is_crowd(speaker) and voice is Voice.ON:
            voice = Voice.OFF_SCREEN
        self.beats.append(Line(element, speaker, clean(element.text), voice, cue, manner, element.dual, (), chorus))
        self.memory.note(speaker)


def _described(element: Element, part: int, text: str, *, isolated: str = "", direction: bool = False) -> Action:
    """A beat that nobody is in."""
    return Action(element, part, text, (), (), {}, isolated, isolated, direction)


def read_beats(scene: Scene, breakdown: SceneBreakdown) -> list[Beat]:
    """The beats of a scene in order, each with the people who are on the set while it plays."""
    speakers = [element.speaker for element in scene.elements if element.kind is Kind.DIALOGUE]
    folded = Names(breakdown.cast)
    strangers = [
        name
        for name in dict.fromkeys(speakers)
        if folded.canonical(name) not in breakdown.cast and not folded.chorus(name) and not is_crowd(name)
    ]
    categories = (Category.PROPS, Category.VEHICLES, Category.ANIMALS, Category.SET_DRESSING)
    things = [name for category in categories for name in breakdown.names(category)]
    isolated: dict[str, list[str]] = {}
    for element_id, name in isolated_objects(scene):
        isolated.setdefault(element_id, []).append(name)
    reader = _Reader(Names((*breakdown.cast, *strangers)), things, isolated)
    cue, manner = "", ""
    for element in scene.elements:
        if element.kind is Kind.ACTION:
            reader.action(element)
        elif element.kind is Kind.CUE:
            cue, manner = element.id, ""
        elif element.kind is Kind.PARENTHETICAL:
            manner = clean(element.text).strip("()")
        elif element.kind in (Kind.DIALOGUE, Kind.LYRIC) and element.speaker and clean(element.text):
            reader.line(element, cue, manner)
    return _parted(with_presence(reader.beats))


def is_crowd(speaker: str) -> bool:
    """Whether a cue stands for nobody in particular, as ALL does."""
    return speaker.casefold() in GROUP_CUES


def _parted(beats: list[Beat]) -> list[Beat]:
    """A scene with an INTERCUT plays in two places: whoever was on the set before it is in one, the others in the
    other, and no frame holds people of both."""
    begins = [i for i, beat in enumerate(beats) if isinstance(beat, Action) and _INTERCUT.match(beat.text)]
    if not begins:
        return beats
    begin = begins[0]
    here = {name for beat in beats[:begin] for name in _seen(beat)}
    away = {name for beat in beats for name in beat.present} - here
    parted = []
    for beat in beats:
        seen = set(_seen(beat))
        side = away if seen and seen <= away else here
        parted.append(replace(beat, present=tuple(name for name in beat.present if name in side)))
    return parted


def with_presence(beats: Sequence[Beat]) -> list[Beat]:
    """The same beats with who is on the set: all who are seen, from their entrance to their exit.

    Whoever is only heard (V.O., O.S.) is not on the set, nor is who is heard from outside before being seen.
    """
    first: dict[str, Beat] = {}
    for beat in beats:
        for name in _seen(beat):
            first.setdefault(name, beat)
    outside = {beat.speaker for beat in beats if isinstance(beat, Line) and _heard_before(beat, first, beats)}
    present = [name for name, beat in first.items() if not _does(beat, name, Deed.ENTER) and name not in outside]
    placed: list[Beat] = []
    for beat in beats:
        present += [name for name in _seen(beat) if name not in present]
        placed.append(replace(beat, present=tuple(present)))
        present = [name for name in present if not _does(beat, name, Deed.EXIT)]
    return placed


def _seen(beat: Beat) -> tuple[str, ...]:
    if isinstance(beat, Line):
        return (beat.chorus or (beat.speaker,)) if beat.voice is Voice.ON else ()
    return beat.people


def _does(beat: Beat, name: str, deed: Deed) -> bool:
    return isinstance(beat, Action) and deed in beat.deeds and name in beat.doers


def _heard_before(line: Line, first: Mapping[str, Beat], beats: Sequence[Beat]) -> bool:
    """Whether a line comes from somebody outside the set who is seen later."""
    later = first.get(line.speaker)
    return line.voice is Voice.OFF_SCREEN and later is not None and beats.index(line) < beats.index(later)
