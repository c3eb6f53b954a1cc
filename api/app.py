"""The HTTP service: routes found by themselves, errors as problem documents, the studio beside."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import problems, routes
from api.service import Service

DESCRIPTION = "Builds a film from a screenplay: script in, episode out."
At = Callable[[Service], AbstractAsyncContextManager[None]]


def create_app(service: Service, beside: At | None = None) -> FastAPI:
    """The app of a service. `beside` is what runs for as long as it does, such as workers of its own."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.studio.start()
        try:
            if beside is None:
                yield
            else:
                async with beside(service):
                    yield
        finally:
            service.studio.stop()

    app = FastAPI(
        title="VibeBoard",
        version="2.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=problems.ALWAYS,
        generate_unique_id_function=_name_of,
        separate_input_output_schemas=False,
    )
    app.state.service = service
    problems.install(app)
    for module in sorted(pkgutil.iter_modules(routes.__path__), key=lambda item: item.name):
        app.include_router(importlib.import_module(f"{routes.__name__}.{module.name}").router)
    return app


def _name_of(route: APIRoute) -> str:
    """The operation's id in the OpenAPI document: the handler's name."""
    return route.name
