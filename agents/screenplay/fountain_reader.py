"""Fountain in, screenplay out: the grammar of `fountain-py` behind our own view of the source.

The grammar says of which kind each line is; text, line numbers, cues, dual sides and sluglines are read here from the
source itself. Syntax: Fountain 1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fountain import ElementType, FountainParser

from agents.screenplay.canonical import canonical_lines
from agents.screenplay.cues import Cue, read_cue
from agents.screenplay.headings import bare_heading, parse_slugline
from agents.screenplay.ids import IdMint, words
from agents.screenplay.lines import Remark, SourceLine, cut_remarks, split_lines
from agents.screenplay.title_page import read_title_page
from vibeboard.screenplay import Dual, Element, IntExt, Kind, Scene, Screenplay

_KINDS = {
    ElementType.SCENE_HEADING: Kind.HEADING,
    ElementType.ACTION: Kind.ACTION,
    ElementType.CHARACTER: Kind.CUE,
    ElementType.DIALOGUE: Kind.DIALOGUE,
    ElementType.PARENTHETICAL: Kind.PARENTHETICAL,
    ElementType.LYRICS: Kind.LYRIC,
    ElementType.TRANSITION: Kind.TRANSITION,
    ElementType.CENTERED: Kind.CENTERED,
    ElementType.SECTION: Kind.SECTION,
    ElementType.SYNOPSIS: Kind.SYNOPSIS,
    ElementType.PAGE_BREAK: Kind.PAGE_BREAK,
}
_JOINED = (Kind.ACTION, Kind.DIALOGUE, Kind.LYRIC)
_SPOKEN = (Kind.DIALOGUE, Kind.PARENTHETICAL, Kind.LYRIC)
# The first lines keep the grammar from looking for a title page, which is already read.
_BODY = ("!x", "")


@dataclass(frozen=True)
class _Paragraph:
    kind: Kind
    lines: tuple[SourceLine, ...]
    speaker: str = ""
    extensions: tuple[str, ...] = ()
    dual: Dual = Dual.NONE

    @property
    def text(self) -> str:
        if self.kind is Kind.CUE:
            return read_cue(self.lines[0].text).text
        return "\n".join(line.text.strip() for line in self.lines)


def read_fountain(text: str) -> Screenplay:
    """Read a script. Any text has a reading: what the grammar does not know is action, and no word is dropped.

    Ids derive from content alone; `carry_ids` keeps them over an edit. Contested points of the syntax are settled so:
    text may follow a heading directly, `FADE OUT.` and `CUT TO BLACK.` are transitions, blanks after `CUT TO:` do not
    matter, emphasis around a heading, a cue or a parenthetical does not change its kind.
    """
    lines, remarks = cut_remarks(split_lines(text))
    title_page, body = read_title_page(lines)
    paragraphs = _pair_duals(list(_give_speakers(_paragraphs(lines[body:]))))
    preamble, scenes = _scenes(paragraphs, remarks)
    return Screenplay(title_page=title_page, preamble=preamble, scenes=scenes)


def _paragraphs(lines: Sequence[SourceLine]) -> Iterator[_Paragraph | None]:
    """Paragraphs in order, `None` where an empty line parts them."""
    canonical = list(canonical_lines(lines))
    document = FountainParser().parse("\n".join((*_BODY, *(line.text for line in canonical))))
    types = {element.line_number - len(_BODY) - 1: element.type for element in document.elements}
    kind: Kind | None = None
    open_lines: list[SourceLine] = []
    for index, (spelling, owner) in enumerate(canonical):
        if owner < 0 and spelling:
            continue
        found = _KINDS[types[index]] if index in types else None
        blank = not spelling.strip() and found is None
        # Without a type of its own a line continues the action above.
        this = None if blank else found or Kind.ACTION
        if open_lines and not (this is kind and this in _JOINED):
            yield _Paragraph(kind or Kind.ACTION, tuple(open_lines))
            open_lines = []
        if this is None:
            yield None
        else:
            kind = this
            open_lines.append(lines[owner])
    if open_lines:
        yield _Paragraph(kind or Kind.ACTION, tuple(open_lines))


def _give_speakers(paragraphs: Iterable[_Paragraph | None]) -> Iterator[_Paragraph]:
    cue: Cue | None = None
    for paragraph in paragraphs:
        if paragraph is None:
            cue = None
            continue
        if paragraph.kind is Kind.CUE:
            cue = read_cue(paragraph.lines[0].text)
        elif paragraph.kind not in _SPOKEN:
            cue = None
        if cue is None:
            yield paragraph
        else:
            dual = Dual.RIGHT if cue.dual else Dual.NONE
            yield replace(paragraph, speaker=cue.speaker, extensions=cue.extensions, dual=dual)


def _pair_duals(paragraphs: list[_Paragraph]) -> list[_Paragraph]:
    """Mark the speech before a `^` cue as the left side; a `^` with no speech before it means nothing."""
    paired = list(paragraphs)
    left: list[int] = []
    alone = False
    for index, paragraph in enumerate(paragraphs):
        if paragraph.kind is Kind.CUE and paragraph.dual is Dual.RIGHT:
            alone = not left
            for other in left:
                paired[other] = replace(paired[other], dual=Dual.LEFT)
            left = []
        elif paragraph.kind is Kind.CUE or not paragraph.speaker:
            left = []
        if paragraph.speaker and paragraph.dual is Dual.NONE:
            left.append(index)
        elif paragraph.speaker and alone:
            paired[index] = replace(paragraph, dual=Dual.NONE)
    return paired


def _scenes(
    paragraphs: Iterable[_Paragraph], remarks: Iterable[Remark]
) -> tuple[tuple[Element, ...], tuple[Scene, ...]]:
    """Number the elements and deal them out to scenes, remarks after what starts on or before their line."""
    mint = IdMint()
    context = ""
    preamble: list[Element] = []
    scenes: list[tuple[Element, list[Element]]] = []
    for item in _in_order(paragraphs, remarks):
        kind = item.kind if isinstance(item, _Paragraph) else Kind.NOTE
        heading = kind is Kind.HEADING
        element = _element(item, mint.mint(kind, item.text, "" if heading else context))
        if heading:
            context = words(kind, element.text)
            scenes.append((element, []))
        else:
            (scenes[-1][1] if scenes else preamble).append(element)
    return tuple(preamble), tuple(_with_sluglines(scenes))


def _in_order(paragraphs: Iterable[_Paragraph], remarks: Iterable[Remark]) -> list[_Paragraph | Remark]:
    items: list[_Paragraph | Remark] = [*paragraphs, *remarks]
    return sorted(items, key=lambda item: item.line if isinstance(item, Remark) else item.lines[0].number)


def _element(item: _Paragraph | Remark, name: str) -> Element:
    if isinstance(item, Remark):
        return Element(id=name, kind=Kind.NOTE, text=item.text, line=item.line, last_line=item.last_line)
    return Element(
        id=name,
        kind=item.kind,
        text=item.text,
        line=item.lines[0].number,
        last_line=item.lines[-1].number,
        speaker=item.speaker,
        extensions=item.extensions,
        dual=item.dual,
    )


def _with_sluglines(scenes: Iterable[tuple[Element, list[Element]]]) -> Iterator[Scene]:
    side = IntExt.INT
    for heading, elements in scenes:
        bare, number = bare_heading(heading.text)
        slug = parse_slugline(bare, side)
        side = slug.int_ext
        yield Scene(id=heading.id, number=number, slug=slug, heading=heading, elements=tuple(elements))
