"""What people do in action text, as far as it changes where they are, how they are or how they are filmed."""

from __future__ import annotations

import re
from enum import StrEnum


class Deed(StrEnum):
    ENTER = "enter"
    EXIT = "exit"
    WALK = "walk"
    RUN = "run"
    SIT = "sit"
    RISE = "rise"
    KNEEL = "kneel"
    LIE = "lie"
    LOOK = "look"
    TAKE = "take"
    PUT = "put"
    DRIVE = "drive"
    FIGHT = "fight"
    START = "start"
    """Something sudden."""
    REALISE = "realise"
    EMBRACE = "embrace"


_WORDS: dict[Deed, str] = {
    Deed.ENTER: """enters?|entering|comes? (?:in|through|out|back)|walks? in\\b|walks? through the door
        |steps? (?:in|inside|through)|(?:bursts?|pushes|bolts|slips) (?:in|through)|arrives?|appears?|emerges?
        |rushes in|runs in
        |(?:stands?|appears?|waits?|standing|is) (?:in|at) the door(?:way)?|comes? a?round the corner
        |(?:out of|from) the (?:dark|darkness|shadows|night|fog|mist|smoke|crowd)""",
    Deed.EXIT: """exits?|exiting|leaves?(?=[.,]|$| the (?:room|house|bar|office|car|building|kitchen))|disappears?
        |(?:walks?|goes|runs?|storms?|steps?|heads?) (?:out(?! of the (?:dark|shadow|night|fog|mist|smoke|crowd))
        |off|away|outside)
        |drives? (?:off|away)|is gone""",
    Deed.RUN: "runs?|running|sprints?|races?|dashes|rush(?:es)?|bolts?|charges?|flees?|chases?|hurries",
    Deed.WALK: """walks?|walking|crosses|crossing|strides?|strolls?|wanders?|paces|pacing|approach(?:es)?|limps?|marches
        |steps? (?:to|toward|up|back|forward|closer|over|into)|moves? (?:to|toward|across|along|closer|down|up)
        |heads? (?:to|for|down)|goes (?:to|over|up|down)|tiptoes|follows?|climbs?|makes (?:his|her|their) way
        |comes? (?:to|over|closer)""",
    Deed.RISE: "stands?|gets? up|gets? to (?:his|her|their) feet|rises?|rising|standing",
    Deed.SIT: "sits?|sitting|seated|is sat|slumps? (?:in|into|down)|sinks? (?:in|into|down)|takes a seat|perche[sd]",
    Deed.KNEEL: "kneels?|kneeling|crouch(?:es|ing)?|squats?|on (?:his|her|their) knees",
    Deed.LIE: """lies(?! to\\b)|lying|asleep|sleeps|sleeping|falls (?:down|(?:to|on) the (?:ground|floor))
        |collapses|faints|sprawled|lie (?:on|in|down)|lays down""",
    Deed.LOOK: """looks? (?:at|up at|down at|over at|out at|into|out|back at|through|toward)
        |peers? (?:at|into|out|through)|stares? (?:at|into|out|up|down)|gazes? (?:at|into|out|up)|watch(?:es|ing)
        |sees|spots|notices|eyes the|studies|examines|reads
        |glances? (?:at|up at|down at|over at|back at|toward)""",
    Deed.TAKE: """holds?|holding|takes?(?! a seat| off)|reaches for|grabs?|picks up|raises|lifts|points(?! to\\b)|draws
        |pulls out
        |carries|carrying|clutch(?:es|ing)|grips?|gripping|snatches|opens|pulls|checks|turns over|unfolds|dials
        |answers|in (?:his|her|their) hands?|with (?:an?|the|his|her|their)""",
    Deed.PUT: """puts? down|drops?|sets? (?:down|\\w+ \\w+ down|it|the)|lays (?:down|the|it)|places|slides|tosses
        |leaves the|puts (?:the|it|a|his|her)|hangs up""",
    Deed.DRIVE: "drives?|driving|steers?|steering|the wheel",
    Deed.FIGHT: """fights?|fighting|struggles?|struggling|punch(?:es)?|hits|wrestles?|slams|shoves|kicks|tackles|panics?
        |chaos""",
    Deed.START: "suddenly|spins|whirls|whips around|BANG|CRASH|jerks|startled|out of nowhere|flinch(?:es)?",
    Deed.REALISE: """reali[sz]es|realization|freezes|horror|horrified|stunned|dawns on|understands|pales
        |blood drains""",
    Deed.EMBRACE: "kiss(?:es)?|embraces?|hugs?|dances?|dancing|circles|circling|hold each other",
}
_PATTERNS = {
    deed: re.compile(rf"\b(?:{re.sub(chr(10) + ' +', '', words)})(?!\w)", re.I) for deed, words in _WORDS.items()
}
_TRAVEL_WITHOUT_WALK = {Deed.ENTER, Deed.EXIT, Deed.RUN}
_LOW_POSES = {Deed.SIT, Deed.KNEEL, Deed.LIE}


def deeds(sentence: str) -> dict[Deed, int]:
    """The deeds that a sentence tells of, each with the place of its words in the sentence."""
    found = {deed: match.start() for deed, pattern in _PATTERNS.items() if (match := pattern.search(sentence))}
    if not _TRAVEL_WITHOUT_WALK.isdisjoint(found):
        found.pop(Deed.WALK, None)
    if not _LOW_POSES.isdisjoint(found):
        found.pop(Deed.RISE, None)
    return found
