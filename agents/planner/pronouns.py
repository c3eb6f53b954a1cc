"""Whom `he`, `she` and `they` mean: whoever of that gender was spoken of last."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agents.screenplay.word_table import word_table

_SHE = word_table("""
    woman, girl, lady, mother, mom, mum, grandmother, aunt, sister, daughter, wife, queen, princess, waitress,
    actress, nurse, widow, bride, nun, ada, agnes, alice, amelia, amy, ana, anna, anne, annie, barbara, beth, carla,
    carol, clara, claire, daisy, dana, diana, donna, elena, elizabeth, ella, ellen, emily, emma, esther, eva, eve,
    fiona, grace, hannah, helen, ida, ines, irene, iris, isabel, jane, jean, jenny, jessica, jo, joan, judith,
    julia, karen, kate, katie, laura, lena, lily, linda, lisa, louise, lucy, maggie, mara, margaret, maria, marie,
    martha, mary, maya, mia, michelle, mina, molly, nadia, nancy, naomi, nina, nora, olivia, patricia, paula,
    rachel, rebecca, rita, rosa, rose, ruth, sally, sandra, sara, sarah, sofia, sophie, stella, susan, tara, teresa,
    tina, vera, veronica, victoria, wendy, zoe
    """)
_HE = word_table("""
    man, boy, guy, father, dad, grandfather, uncle, brother, son, husband, king, prince, waiter, actor, priest,
    monk, groom, adam, al, alan, albert, alex, andrew, anthony, arthur, ben, bill, bob, brian, carl, charles,
    charlie, chris, cole, dan, daniel, david, dean, desmond, dmitri, don, ed, eddie, edward, eli, eric, ethan,
    felix, frank, fred, gabriel, gary, george, greg, hank, harold, harry, henry, howard, hugo, ian, isaac, ivan,
    jack, jacob, james, jason, jeff, jerry, jim, joe, joel, john, jonah, joseph, juan, karl, keith, ken, kevin,
    larry, leo, leon, lou, louis, luis, luke, marcus, mario, mark, martin, matt, max, michael, miguel, mike, milo,
    nate, ned, nick, noah, oscar, otto, owen, paul, pedro, pete, peter, phil, ralph, ray, richard, rob, robert, ron,
    roy, rudy, russell, ryan, sam, samuel, scott, sean, simon, stan, steve, theo, thomas, tim, tom, tommy, tony,
    victor, vincent, walter, will, william
    """)
_PRONOUN = re.compile(
    r"\b(?:he|she|they|both|him|them)\b|\bher(?=\s*(?:[.,;:!?]|$|(?:for|to|in|on|at|with|as|and|from|by|the|a|an)\b))",
    re.I,
)
_GENDER = {"he": "m", "him": "m", "she": "f", "her": "f"}


@dataclass
class Memory:
    """Who was spoken of in a scene, latest first, and which gender the text gave them."""

    recent: list[str] = field(default_factory=list)
    gender: dict[str, str] = field(default_factory=dict)

    def note(self, name: str) -> None:
        """Somebody is named or speaks."""
        if name not in self.gender:
            words = set(re.findall(r"[^\W\d_]+", name.casefold()))
            self.gender[name] = "f" if words & _SHE else "m" if words & _HE else ""
        self.recent = [name, *(other for other in self.recent if other != name)]

    def resolved(self, sentence: str, named: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """The named people of a sentence and those its pronouns stand for, as (place, name) in order.

        People named in the sentence before a pronoun count as spoken of by then.
        """
        mentions: list[tuple[int, str]] = []
        pronouns = [(match.start(), match.group().casefold()) for match in _PRONOUN.finditer(sentence)]
        words = [(place, word, "") for place, word in pronouns] + [(place, "", name) for place, name in named]
        for place, word, name in sorted(words):
            meant = [name] if name else self._meant(word, [other for _, other in mentions])
            mentions += [(place, who) for who in meant]
            if name:
                self.note(name)
        for _, name in reversed(mentions[:1]):
            self.note(name)
        return mentions

    def _meant(self, pronoun: str, already: list[str]) -> list[str]:
        if pronoun not in _GENDER:
            return sorted(self.recent[:2], key=self.recent.index)
        gender = _GENDER[pronoun]
        others = [name for name in self.recent if name not in already or pronoun in ("he", "she")]
        fitting = [name for name in others if self.gender[name] == gender]
        unknown = [name for name in others if not self.gender[name] and name not in already]
        meant = (fitting or unknown)[:1]
        for name in meant:
            self.gender[name] = gender
        return meant
