"""Assets of a film: uploaded, fetched, listed, read, linked to, and where they came from."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Depends, File, Path, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.content import CONTENT, answer, disposition
from api.intake import incoming, take_in
from api.problems import documented
from api.security.links import Linked, sign
from api.security.origins import parse_origins
from api.security.sniffing import sniff
from api.security.urls import Fetcher
from api.service import ReadFilm, Service, TheService, WriteFilm
from api.shapes import Limit, Page, page_of, tagged
from graphs.provenance import Making, makings
from storage.assets import FilmAsset, Origin
from storage.records import Records
from storage.signing import link_key
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/projects/{project_id}/assets", tags=["assets"])

EXAMPLE = "3b5d5c3712955042212316173ccf37be800e49e0a8e2f1e2a8e0c2a0d8b9a2d1"
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="An asset's hash", examples=[EXAMPLE])]
AfterHash = Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$", description="`next` of the page before")]
Media = Annotated[
    str,
    Query(
        pattern=r"^([a-z]+(/[a-z0-9.+-]+)?)?$", max_length=100, description="video/mp4, or video", examples=["video"]
    ),
]
AnyFile = Annotated[
    UploadFile, File(description="Its bytes", examples=["Anna: red coat, in every scene of the third act.\n"])
]
_MIB = 2**20
_WEEK_S = 7 * 24 * 3600
_REDIRECT_S = 300


class UploadedAs(Frozen):
    name: str
    created_at: datetime


class AssetUse(Frozen):
    """A step of a shot, a deliverable or a tool call that uses it; `active` if its take of now does."""

    unit: str
    step: str
    role: str
    job: str
    active: bool


class Asset(Frozen):
    """Bytes of a film, by their hash; made for it, uploaded for it, or both. `size` is in bytes."""

    sha256: str
    size: int
    media: str
    active: bool
    uploaded: UploadedAs | None = None
    uses: tuple[AssetUse, ...] = ()

    @classmethod
    def of(cls, asset: FilmAsset) -> Self:
        return cls.model_validate(_facts(asset))


class AssetOrigin(Asset):
    """An asset, and the jobs that made it; none if it was only uploaded."""

    made: tuple[Making, ...] = ()


class FetchAsset(Frozen):
    """A file to fetch from one of the hosts in `VIBEBOARD_FETCH_HOSTS`."""

    url: str = Field(min_length=1, max_length=2048, examples=["https://cdn.example/faces/anna.png"])


class LinkWish(Frozen):
    seconds: int = Field(default=3600, ge=1, le=_WEEK_S, examples=[600], description="How long it is good")


class Link(Frozen):
    """A URL from which anybody who has it may read the asset, until it ends."""

    url: str
    seconds: int


def _facts(asset: FilmAsset) -> dict[str, object]:
    upload = asset.upload
    return {
        "sha256": asset.ref.sha256,
        "size": asset.ref.size,
        "media": asset.media,
        "active": asset.active,
        "uploaded": UploadedAs(name=upload.name, created_at=upload.created_at) if upload else None,
        "uses": tuple(
            AssetUse(unit=use.unit, step=use.step, role=use.role, job=use.job_key, active=use.active)
            for use in asset.uses
        ),
    }


def most_bytes(service: Service) -> int:
    return int(service.settings.upload_mib * _MIB)


def fetcher_of(request: Request) -> Fetcher:
    """Who fetches for this service, as its settings allow."""
    service: Service = request.app.state.service
    allowed = parse_origins(service.settings.fetch_hosts, "VIBEBOARD_FETCH_HOSTS")
    return Fetcher(allowed, most_bytes=most_bytes(service))


@router.post("", status_code=201, responses=documented(404, 415))
def upload_asset(film: WriteFilm, service: TheService, file: AnyFile, response: Response) -> Asset:
    """Upload a file: a picture, a video, sound, a PDF, a glTF model, a timeline or a text, as its bytes say. The same
    bytes again are the same asset, with the new name."""
    with incoming(service) as path:
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        made = take_in(service, film, path, sniff(path, most_bytes(service)), file.filename or "")
    return _added(film, made, response)


@router.post("/fetch", status_code=201, responses=documented(404, 415))
async def fetch_asset(
    ask: FetchAsset,
    film: WriteFilm,
    service: TheService,
    fetcher: Annotated[Fetcher, Depends(fetcher_of)],
    response: Response,
) -> Asset:
    """Fetch a file from another host, if the operator allows that host. It is the film's then, as if uploaded."""
    with incoming(service) as path:
        found = await fetcher.fetch(ask.url, path)
        name = PurePosixPath(unquote(urlsplit(ask.url).path)).name
        made = await run_in_threadpool(take_in, service, film, path, found, name)
    return _added(film, made, response)


def _added(film: Records, made: FilmAsset, response: Response) -> Asset:
    response.headers["Location"] = f"/api/projects/{film.id}/assets/{made.ref.sha256}"
    return Asset.of(made)


@router.get("", responses=documented(404))
def list_assets(
    film: ReadFilm,
    media: Media = "",
    origin: Origin | None = None,
    active: bool | None = None,
    limit: Limit = 50,
    after: AfterHash = "",
) -> Page[Asset]:
    """The film's assets by hash: of a media type, made or uploaded, used by the takes of now or not."""
    found = film.assets.listed(limit + 1, after, media, origin, active)
    return page_of([Asset.of(asset) for asset in found], limit, lambda item: item.sha256)


@router.get("/{sha256}", responses=documented(404))
def read_asset(sha256: Sha256, film: ReadFilm, response: Response) -> AssetOrigin:
    """An asset and where it came from: engine, parameters, seed, inputs, repairs, cost, and the runs that used it."""
    asset = film.assets.get(sha256)
    return tagged(AssetOrigin.model_validate(_facts(asset) | {"made": makings(film.assets, asset)}), response)


@router.get("/{sha256}/content", response_class=Response, responses=CONTENT | {307: {"description": "Its own URL"}})
def read_content(
    sha256: Sha256, film: ReadFilm, service: TheService, request: Request, redirect: bool = False
) -> Response:
    """The bytes, or ranges of them. With `redirect` the answer leads to a URL that needs no token, of the object store
    itself if the files are in one."""
    asset = film.assets.get(sha256)
    if redirect:
        return RedirectResponse(link_to(service, film, asset, _REDIRECT_S, request), 307)
    return answer(request, asset, film.blobs.path(sha256))


@router.head("/{sha256}/content", response_class=Response, responses=CONTENT)
def look_at_content(sha256: Sha256, film: ReadFilm, request: Request) -> Response:
    """What `read_content` would say of the bytes."""
    return answer(request, film.assets.get(sha256), film.blobs.path(sha256))


@router.post("/{sha256}/url", responses=documented(404))
def link_asset(sha256: Sha256, ask: LinkWish, film: WriteFilm, service: TheService, request: Request) -> Link:
    """A URL that needs no token, for a player or somebody else; it cannot be taken back before it ends, but by
    deleting the film where the service answers it itself."""
    url = link_to(service, film, film.assets.get(sha256), ask.seconds, request)
    return Link(url=url, seconds=ask.seconds)


def link_to(service: Service, film: Records, asset: FilmAsset, seconds: int, request: Request) -> str:
    """A URL of the object store, or of the service itself if the files are in a folder."""
    sha256 = asset.ref.sha256
    of_store = film.blobs.link(sha256, asset.media, disposition(asset), seconds)
    if of_store:
        return of_store
    signed = sign(link_key(service.store.engine), Linked(film.id, sha256, int(time.time()) + seconds))
    return f"{str(request.base_url).rstrip('/')}/api/content/{signed}"
