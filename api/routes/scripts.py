"""Scripts of a film: pasted or uploaded, kept as revisions, compared."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, File, Path, Response, UploadFile
from fastapi.responses import PlainTextResponse
from pydantic import Field

from agents.screenplay import plain_text
from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.service import ReadFilm, WriteFilm
from api.shapes import After, Limit, Page, number_after, page_of
from graphs.scripts import add_script, script_text
from storage.records import Records
from storage.tables import Revision, aware
from vibeboard.model import Frozen
from vibeboard.screenplay import Screenplay

router = APIRouter(prefix="/api/projects/{project_id}/scripts", tags=["scripts"], route_class=IdempotentRoute)

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="A revision's number")]
MOST_CHARACTERS = 8 * 1024 * 1024
EXAMPLE = "INT. KITCHEN - NIGHT\n\nA kettle whistles. ANNA turns it off.\n\nANNA\nNot tonight.\n"

ScriptFile = Annotated[UploadFile, File(description="A screenplay", examples=[EXAMPLE])]


class PastedScript(Frozen):
    """A screenplay as text, in Fountain format."""

    text: str = Field(
        min_length=1, max_length=MOST_CHARACTERS, examples=["INT. KITCHEN - NIGHT\n\nA kettle whistles.\n"]
    )


class SceneOutline(Frozen):
    number: int
    heading: str


class ScriptRevision(Frozen):
    """A script as it came in. `sha256` names its text, `scenes` are what the reader found in it."""

    number: int
    sha256: str
    title: str
    scenes: tuple[SceneOutline, ...]
    created_at: datetime

    @classmethod
    def of(cls, film: Records, number: int, row: Revision) -> Self:
        screenplay = Screenplay.model_validate_json(film.blobs.read(row.screenplay_sha256))
        scenes = tuple(
            SceneOutline(number=index, heading=plain_text(scene.heading))
            for index, scene in enumerate(screenplay.scenes, 1)
        )
        return cls(
            number=number,
            sha256=row.script_sha256,
            title=screenplay.title,
            scenes=scenes,
            created_at=aware(row.created_at),
        )


class Difference(Frozen):
    """A unified diff of the text of two revisions; empty if they are the same."""

    before: int
    after: int
    diff: str


@router.post("", status_code=201, responses=documented(404, 409))
def paste_script(ask: PastedScript, film: WriteFilm, response: Response, _key: IdempotencyKey = None) -> ScriptRevision:
    """Paste a script. It is read, and becomes the newest revision; nothing is made yet."""
    return _added(film, ask.text, response)


@router.post("/upload", status_code=201, responses=documented(404, 409, 415))
def upload_script(film: WriteFilm, file: ScriptFile, response: Response, _key: IdempotencyKey = None) -> ScriptRevision:
    """Upload a script as a file: Fountain, in UTF-8, UTF-16 or Windows-1252."""
    return _added(film, script_text(file.file.read(MOST_CHARACTERS + 1), file.filename or "the upload"), response)


def _added(film: Records, text: str, response: Response) -> ScriptRevision:
    number, row = add_script(film, text)
    made = ScriptRevision.of(film, number, row)
    response.headers["Location"] = f"/api/projects/{film.id}/scripts/{made.number}"
    return made


@router.get("", responses=documented(404))
def list_scripts(film: ReadFilm, limit: Limit = 50, after: After = "") -> Page[ScriptRevision]:
    """The revisions, the newest first."""
    rows = film.revisions(limit + 1, number_after(after) or None)
    return page_of([ScriptRevision.of(film, number, row) for number, row in rows], limit, lambda item: item.number)


@router.get("/{number}", responses=documented(404))
def read_script(number: Number, film: ReadFilm) -> ScriptRevision:
    """A revision."""
    return ScriptRevision.of(film, number, film.revision(number))


@router.get("/{number}/text", response_class=PlainTextResponse, responses=documented(404))
def read_script_text(number: Number, film: ReadFilm) -> PlainTextResponse:
    """The text of a revision, byte for byte what came in, as UTF-8."""
    return PlainTextResponse(film.blobs.read(film.revision(number).script_sha256))


@router.get("/{number}/diff/{other}", responses=documented(404))
def compare_scripts(number: Number, other: Number, film: ReadFilm) -> Difference:
    """What changed from one revision to another, line by line."""
    before, after = (
        film.blobs.read(film.revision(item).script_sha256).decode().splitlines() for item in (number, other)
    )
    diff = difflib.unified_diff(before, after, f"revision {number}", f"revision {other}", lineterm="")
    return Difference(before=number, after=other, diff="".join(f"{line}\n" for line in diff))
