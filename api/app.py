"""The HTTP service: routes found by themselves, errors as problem documents, the studio beside."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Scope

from api import problems, routes
from api.document import DocumentedApp
from api.live.hub import Hub
from api.metrics import RequestTimes
from api.security.headers import BodyLimit, RequestId, SecurityHeaders
from api.security.origins import OriginCheck, parse_origins
from api.service import Service, not_too_often
from api.texts import plain_texts

_MIB = 1 << 20
_MOST_JSON = 17 * _MIB
"""A script of 8 MiB in which every character is escaped."""
_ENVELOPE = _MIB
"""What a form adds to the file in it, at most."""
DESCRIPTION = "Builds a film from a screenplay: script in, episode out."


def create_app(service: Service) -> FastAPI:
    """The app of a service; its studio and its own workers run for as long as it does."""

    hub = Hub(service.store, service.settings.unacked_events)
    service.studio.told = hub.told

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with hub:
            service.studio.start()
            try:
                async with service.workers.at_work() if service.workers else nullcontext():
                    yield
            finally:
                await asyncio.to_thread(service.studio.stop)

    app = DocumentedApp(
        title="VibeBoard",
        version="2.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=problems.ALWAYS,
        dependencies=[Depends(not_too_often), Depends(plain_texts)],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name_of,
        separate_input_output_schemas=False,
    )
    app.state.service, app.state.hub, app.state.requests = service, hub, CollectorRegistry()
    problems.install(app)
    _protect(app, service)
    for module in sorted(pkgutil.iter_modules(routes.__path__), key=lambda item: item.name):
        app.include_router(importlib.import_module(f"{routes.__name__}.{module.name}").router)
    return app


def _protect(app: FastAPI, service: Service) -> None:
    """What every request goes through, the last added first."""
    settings = service.settings
    origins = parse_origins(settings.origins, "VIBEBOARD_ORIGINS")
    app.add_middleware(RequestTimes, registry=app.state.requests)
    app.add_middleware(BodyLimit, most=partial(_most_bytes, int(settings.upload_mib * _MIB)))
    app.add_middleware(OriginCheck, origins=origins, single_user=service.single_user)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[str(origin) for origin in origins],
        allow_methods=["*"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID", "Range"],
        expose_headers=["Content-Range", "ETag", "Idempotency-Replayed", "Location", "Retry-After", "X-Request-Id"],
    )


def guarded(app: FastAPI) -> ASGIApp:
    """The app as it is served: what it answers to its own bugs has the headers too, so they go around all of it."""
    return RequestId(SecurityHeaders(app))


def _most_bytes(upload: int, scope: Scope) -> int:
    """Files may be large; everything else is a script at most."""
    return upload + _ENVELOPE if scope["path"].endswith("/assets") else min(upload, _MOST_JSON)


def _name_of(route: APIRoute) -> str:
    """The operation's id in the OpenAPI document: the handler's name."""
    return route.name
