"""Scripts that come in without a file on this machine."""

from __future__ import annotations

from pydantic import JsonValue

from agents.breakdown.rules import scene_numbers as numbered
from agents.screenplay import decoded, must_have_scenes
from graphs import planning
from storage.records import Records
from storage.tables import Revision
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected
from vibeboard.screenplay import Screenplay


def script_text(data: bytes, name: str) -> str:
    """The text of an uploaded script.

    Raises:
        Rejected: it is empty, too large, of a format that is not read, or no text.
    """
    return decoded(data, name)


def newest_script(film: Records) -> Revision:
    """The newest revision of a film's script.

    Raises:
        Rejected: it has none yet.
    """
    newest = film.latest_revision()
    if newest is None:
        raise Rejected("no_such_script", f"film {film.id} has no script yet: send one")
    return newest


def newest_screenplay(film: Records) -> Screenplay:
    """The newest script of a film as it was read.

    Raises:
        Rejected: it has none yet.
    """
    return planning.screenplay(film, newest_script(film).script_sha256)


def scene_numbers(film: Records) -> dict[str, str]:
    """The numbers of the scenes of the newest script, by their ids."""
    newest = film.latest_revision()
    if newest is None:
        return {}
    scenes = Screenplay.model_validate_json(film.blobs.read(newest.screenplay_sha256)).scenes
    return dict(zip((scene.id for scene in scenes), numbered(scenes), strict=True))


def add_script(film: Records, text: str) -> tuple[int, Revision]:
    """Read a script and make it the film's newest revision; one that is the newest already stays so. Its number in the
    film and itself.

    Raises:
        Rejected: it has no scenes.
    """
    must_have_scenes(text, "the script")
    before = film.latest_revision()
    planning.make_newest(film, film.blobs.put(text.encode(), "text/plain").sha256)
    ((number, added),) = film.revisions(1)
    if before is None or before.id != added.id:
        data: dict[str, JsonValue] = {"number": number, "sha256": added.script_sha256}
        film.log("", Event(type=EventType.SCRIPT_ADDED, data=data))
    return number, added
