"""What a link leads to, and the files of a finished episode by their names."""

from __future__ import annotations

import json
import time
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.content import CONTENT, answer
from api.problems import documented
from api.routes.episodes import EpisodeId, episode_of
from api.security.links import PATTERN, opened
from api.service import Caller, Reader, Service, TheService, film_of
from storage.records import Records
from storage.signing import link_key
from vibeboard.faults import Rejected

router = APIRouter(tags=["assets"])

EXAMPLE = f"f1.{'3b' * 32}.1767225600.{'c5' * 32}"
Signed = Annotated[str, Path(pattern=PATTERN, description="The end of a link", examples=[EXAMPLE])]
FileName = Annotated[str, Path(max_length=200, description="film.mp4, takes/1A.mp4 ...", examples=["film.mp4"])]


@router.get("/api/content/{signed}", response_class=Response, responses=CONTENT | documented(403))
def open_link(signed: Signed, service: TheService, request: Request) -> Response:
    """What a link leads to, if it has not ended. It needs no token: the link is one."""
    return _linked(signed, service, request)


@router.head("/api/content/{signed}", response_class=Response, responses=CONTENT | documented(403))
def look_at_link(signed: Signed, service: TheService, request: Request) -> Response:
    """What `open_link` would say of it."""
    return _linked(signed, service, request)


def _linked(signed: str, service: Service, request: Request) -> Response:
    linked = opened(link_key(service.store.engine), signed, time.time())
    film = Records(service.store, linked.project_id)
    return answer(request, film.assets.get(linked.sha256), film.blobs.path(linked.sha256))


@router.get("/api/episodes/{episode_id}/files/{name:path}", response_class=Response, responses=CONTENT)
def read_episode_file(
    episode_id: EpisodeId, name: FileName, service: TheService, caller: Reader, request: Request
) -> Response:
    """A file of a finished episode, as `files` of the episode names it."""
    return _file(episode_id, name, service, caller, request)


@router.head("/api/episodes/{episode_id}/files/{name:path}", response_class=Response, responses=CONTENT)
def look_at_episode_file(
    episode_id: EpisodeId, name: FileName, service: TheService, caller: Reader, request: Request
) -> Response:
    """What `read_episode_file` would say of it."""
    return _file(episode_id, name, service, caller, request)


def _file(episode_id: str, name: str, service: Service, caller: Caller, request: Request) -> Response:
    episode = episode_of(service, caller, episode_id)
    files: dict[str, str] = json.loads(episode.files) if episode.files else {}
    if name not in files:
        there = ", ".join(sorted(files)[:5]) or "none until it has finished"
        raise Rejected("no_such_file", f"the episode has no file of that name; there are {there}")
    film = film_of(service, caller, episode.project_id)
    return answer(request, film.assets.get(files[name]), film.blobs.path(files[name]))
