"""Who is in a scene: speakers, and named people whom the action shows without a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

from agents.breakdown.isolated import insert_ids
from agents.breakdown.lexicon import DETERMINERS, GIVEN_NAMES, GROUP_CUES, NOUNS, ROLE_NOUNS, TITLES
from agents.breakdown.text import Token, singular, tokens
from agents.screenplay.word_table import word_table
from vibeboard.breakdown import Category
from vibeboard.screenplay import Kind, Scene, Screenplay

_AGE = re.compile(r"(?:early-|mid-|late-)?\d{1,2}s?$")
_INTRODUCTION = 12
"""Words after a name among which its age may stand: `CHARYA, a librarian with a bad knee, 30,`."""
_STOPS = frozenset(".!?:;")
_APART = frozenset({"YOUNG", "YOUNGER", "OLD", "OLDER", "LITTLE", "BABY", "JR", "SR", "JUNIOR", "SENIOR", "&", "AND"})
"""Words that make another person of a name."""
_APART_IN_CUES = frozenset({"MRS", "MISS", "BIG"})
"""And these, where a cue has the name with and without."""
_OF_SOMEBODY = frozenset({"he", "she", "his", "her", "him"})
_NAMELESS = word_table("man, woman, boy, girl, stranger, child, kid, soldier, rider")
_DOINGS = word_table("""
    enters, exits, walks, runs, sits, stands, lies, kneels, waits, watches, turns, looks, smiles, appears, comes,
    goes, steps, leans, stares, nods, sleeps, wakes, drives, hurries, laughs, cries, listens, stops, crosses, opens,
    reaches
    """)
_NOT_PEOPLE = frozenset().union(*(nouns for category, nouns in NOUNS.items() if category is not Category.EXTRAS))
_DEPICTIONS = word_table("""
    photo, photograph, picture, portrait, painting, name, memory, thought, voice, image, drawing, sketch
    """)


@dataclass(frozen=True)
class Roster:
    """The named people of a script: full names, and by words every way in which action may name one."""

    names: frozenset[str]
    by_words: Mapping[tuple[str, ...], str]
    longest: int
    same: Mapping[str, str]
    """What somebody is called in a cue, by the longer name under which they come in: `JACK` for `JACK DOLAN`."""


def roster(screenplay: Screenplay) -> Roster:
    """Collect speakers and people whom the action introduces: `MARA (40s)`, `MARA, 40,`, `MARA enters`."""
    speakers = {
        element.speaker for scene in screenplay.scenes for element in scene.elements if element.kind is Kind.CUE
    }
    introduced = {
        name
        for scene in screenplay.scenes
        for element in scene.elements
        if element.kind is Kind.ACTION
        for name in _introductions(tokens(element))
    }
    groups = {name for name in speakers if len(_members(name, speakers)) != 1}
    introduced -= {name for name in introduced if f"THE {name}" in speakers}
    called = frozenset((speakers | introduced) - groups - {""})
    same = _same_people(called, speakers)
    names = called - same.keys()
    by_words = {words: same.get(name, name) for name in called for words in _spellings(name)}
    by_words |= {words: same.get(name, name) for words, name in _short_names(called, same).items()} | by_words
    return Roster(names, by_words, max((len(words) for words in by_words), default=0), same)


def _spellings(name: str) -> Iterator[tuple[str, ...]]:
    """The words of a name as tokens of action give them; the letters A and I are words of their own."""
    words = tuple(name.split())
    if words not in (("A",), ("I",)):
        yield words
        yield tuple(word for word in re.split(r"[\s.#]+", name) if word)


def _same_people(names: frozenset[str], speakers: Set[str]) -> dict[str, str]:
    """Longer names that mean somebody whom a cue calls by part of them, unless that part fits several people or the
    rest tells two apart, as in `YOUNG JACK`."""
    owners: dict[str, list[str]] = {}
    for name in names:
        parts = [short for short in names if _is_part(short, name, both_speak={short, name} <= speakers)]
        if len(parts) == 1:
            owners.setdefault(parts[0], []).append(name)
    pairs = {longer[0]: short for short, longer in owners.items() if len(longer) == 1}
    return {
        (longer if short in speakers else short): (short if short in speakers else longer)
        for longer, short in pairs.items()
    }


def _is_part(short: str, name: str, *, both_speak: bool) -> bool:
    words, longer = _words(short), _words(name)
    rest = [word for word in longer if word not in words]
    return (
        0 < len(words) < len(longer)
        and len(rest) == len(longer) - len(words)
        and words[0].lower() not in ROLE_NOUNS
        and (_APART | _APART_IN_CUES if both_speak else _APART).isdisjoint(rest)
        and not any(word.endswith("'S") or word.isdigit() for word in longer)
    )


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\s.#]+", name) if word]


def _short_names(names: frozenset[str], same: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """One word of a longer name, where it can mean one person only: `COLE` for `DETECTIVE COLE`."""
    owners: dict[str, set[str]] = {}
    for name in names:
        for word in name.split():
            owners.setdefault(word, set()).add(same.get(name, name))
    return {
        (word,): next(iter(named))
        for word, named in owners.items()
        if len(named) == 1 and word.isalpha() and len(word) > 2 and word.lower() not in TITLES | ROLE_NOUNS
    }


def _members(cue: str, speakers: Set[str]) -> tuple[str, ...]:
    """The people behind a cue: nobody in particular for ALL, each for `ANNA & BOB` when each also speaks alone."""
    if cue.lower() in GROUP_CUES:
        return ()
    parts = tuple(part.strip() for part in re.split(r"\s*[&/+]\s*|\s+AND\s+", cue) if part.strip())
    return parts if len(parts) > 1 and all(part in speakers for part in parts) else (cue,)


def _introductions(words: Sequence[Token]) -> Iterator[str]:
    position = 0
    while position < len(words):
        end = position
        while end < len(words) and end - position < 4 and words[end].is_word and words[end].shouted:
            end += 1
        if end > position and _is_person(words, position, end):
            first = position + (words[position].key == "the")
            yield " ".join(word.text.replace("’", "'") for word in words[first:end])
        position = max(end, position + 1)


def _is_person(words: Sequence[Token], start: int, end: int) -> bool:
    """Whether a name in capitals is somebody: an age follows, or a verb of people and no article stands before."""
    keys = [singular(word.key) for word in words[start:end]]
    if keys[0] == "the" and keys[-1] in ROLE_NOUNS:
        keys = keys[1:]
    if any((key in _NOT_PEOPLE and key not in GIVEN_NAMES) or key.isdigit() for key in keys) or keys[0] in DETERMINERS:
        return False
    after = [word.key for word in words[end : end + _INTRODUCTION]]
    if after[:1] == ["("]:
        return any(_AGE.match(key) for key in takewhile(lambda key: key != ")", after))
    if after[:1] == [","]:
        return any(_AGE.match(key) for key in takewhile(lambda key: key not in _STOPS, after))
    article = start > 0 and words[start - 1].key in DETERMINERS
    return not article and bool(after) and after[0] in _DOINGS


def cast_of(scene: Scene, people: Roster) -> dict[str, tuple[int, ...]]:
    """The people of a scene in order of appearance, with the lines that show it. Whom an insert or a picture shows is
    not there for it. Where nobody has a name, `a woman` is who the scene is about."""
    found: dict[str, dict[int, None]] = {}
    inserts = insert_ids(scene)
    for element in scene.elements:
        if element.kind is Kind.CUE:
            for name in filter(None, _members(element.speaker, people.names | people.same.keys())):
                found.setdefault(people.same.get(name, name), {})[element.line] = None
        elif element.kind is Kind.ACTION and element.id not in inserts:
            for name, line in mentions(tokens(element), people):
                found.setdefault(name, {})[line] = None
    if not found:
        shown = [e for e in scene.elements if e.kind is Kind.ACTION and e.id not in inserts]
        found = _unnamed([word for element in shown for word in tokens(element)])
    return {name: tuple(lines) for name, lines in found.items()}


def _unnamed(words: Sequence[Token]) -> dict[str, dict[int, None]]:
    """The people without a name of whom the text goes on to tell; who only walks past is an extra."""
    found: dict[str, dict[int, None]] = {}
    mentioned = list(_nameless(words))
    if len(mentioned) > len({name for name, _ in mentioned}) or any(word.key in _OF_SOMEBODY for word in words):
        for name, line in mentioned:
            found.setdefault(name, {})[line] = None
    return found


def _nameless(words: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """`A woman`, `the old man`: one person each, with an article before."""
    for position, word in enumerate(words):
        before = [other.key for other in words[max(0, position - 2) : position]]
        if word.key in _NAMELESS and {"a", "an", "the"} & set(before) and not _depicted(words, position):
            old = before[-1] in ("old", "young")
            yield f"{before[-1].upper()} {word.text.upper()}" if old else word.text.upper(), word.line


def mentions(words: Sequence[Token], people: Roster) -> Iterator[tuple[str, int]]:
    """Names that the words of an action give and their lines, except in the possessive, after a colon or as a picture
    of somebody."""
    position = 0
    while position < len(words):
        for length in range(min(people.longest, len(words) - position), 0, -1):
            part = words[position : position + length]
            name = people.by_words.get(tuple(word.text.upper().replace("’", "'") for word in part))
            if name and _names_somebody(part) and not _depicted(words, position):
                yield name, part[0].line
                position += length - 1
                break
        position += 1


def _names_somebody(part: Sequence[Token]) -> bool:
    """A name is capitalised; a role such as DRIVER counts in capitals only, as `the driver` may be anyone."""
    if any(word.key in ROLE_NOUNS for word in part):
        return all(word.shouted or not word.text.isalpha() for word in part)
    return all(not word.text[0].islower() for word in part)


def _depicted(words: Sequence[Token], position: int) -> bool:
    before = [word.key for word in words[max(0, position - 3) : position]]
    return before[-1:] == [":"] or (before[-1:] == ["of"] and any(key in _DEPICTIONS for key in before))
