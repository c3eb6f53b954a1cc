"""Names that mean one person or thing over the whole script: as a person says, else as a model finds.

What a person says is an input of a build, as edits are. It takes the place of what a model would find, and like that it
is for what is shown of a breakdown: plans follow from each scene's own names, so that a name in one scene moves no cut
in another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from agents.breakdown.cast import roster
from agents.breakdown.llm_aliases import Aliases, SameThing, SameThings, merged
from graphs.request import MakeRequest
from storage.records import Records
from vibeboard.breakdown import Breakdown, Category
from vibeboard.digest import canonical
from vibeboard.events import EventType
from vibeboard.faults import Rejected
from vibeboard.screenplay import Screenplay

SAID = "aliases"
"""The setting of a film that has what a person says."""


def said_aliases(kept: str) -> SameThings | None:
    """What a person says, out of its setting; None if nobody said anything."""
    return SameThings.model_validate_json(kept) if kept else None


def keep_aliases(film: Records) -> str:
    """The blob of what a person says, for a request; nothing if nobody said anything."""
    said = said_aliases(film.setting(SAID))
    return film.blobs.put(canonical(said), "application/json").sha256 if said else ""


def asked_aliases(film: Records, request: MakeRequest) -> Aliases | None:
    """What a request says is to be merged; None if a model may say."""
    if not request.aliases:
        return None
    said = SameThings.model_validate_json(film.blobs.read(request.aliases))
    return {(group.category, name): group.kept_as for group in said.groups for name in group.same}


def with_aliases(breakdown: Breakdown, film: Records, request: MakeRequest) -> Breakdown:
    """A breakdown with what the request says merged."""
    aliases = asked_aliases(film, request)
    return Breakdown(scenes=tuple(merged(scene, aliases) for scene in breakdown.scenes)) if aliases else breakdown


def grouped(aliases: Aliases) -> tuple[SameThing, ...]:
    """Aliases by what each name is kept as."""
    groups: dict[tuple[Category, str], list[str]] = {}
    for (category, name), kept_as in aliases.items():
        groups.setdefault((category, kept_as), []).append(name)
    return tuple(
        SameThing(category=category, kept_as=kept_as, same=tuple(same)) for (category, kept_as), same in groups.items()
    )


def found_aliases(film: Records) -> tuple[SameThing, ...]:
    """What a model found in the last breakdown by one."""
    found = [event.data["aliases"] for event in film.happened(EventType.BREAKDOWN_READY) if "aliases" in event.data]
    return SameThings.model_validate({"groups": found[-1]}).groups if found else ()


def read_aliases(film: Records) -> tuple[SameThing, ...]:
    """The longer names that the rules themselves read as somebody's, in the newest script."""
    newest = film.latest_revision()
    if newest is None:
        return ()
    screenplay = Screenplay.model_validate_json(film.blobs.read(newest.screenplay_sha256))
    same = roster(screenplay).same
    return grouped({(Category.CAST, name): kept_as for name, kept_as in sorted(same.items())})


def must_be_clear(groups: Sequence[SameThing]) -> None:
    """
    Raises:
        Rejected: a name stands in two places.
    """
    named = Counter((group.category, name) for group in groups for name in (group.kept_as, *group.same))
    twice = next((f"{name} ({category})" for (category, name), times in named.items() if times > 1), "")
    if twice:
        raise Rejected("unclear", f"{twice} stands in two places: name each person or thing in one group, once")
