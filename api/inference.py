"""`POST /inference {task, params}`: a worker by itself, asked for single results over HTTP.

A result is named by its content key: who asks for what is there gets it, who asks for what is being made waits for the
same job, and a worker that dies loses nothing, as the next one takes its jobs from the table and answers for them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.responses import FileResponse

from api.asked import Ask, AskedResults, Inference, Status
from api.document import DocumentedApp
from api.listening import Address, Guard, listening
from api.problems import documented, install
from storage.store import Store
from vibeboard.faults import Failure
from vibeboard.model import Frozen

MOST_BYTES = 1 << 20
"""The longest body of a request."""
EVERY_S = 0.2
"""How often the job table is looked at for who waits."""
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_WAITING = (Status.IN_QUEUE, Status.IN_PROGRESS)


class Health(Frozen):
    """`stopping` while what is in hand is given back."""

    status: Literal["ok", "stopping"]


def inference_app(asked: AskedResults, stopping: asyncio.Event) -> FastAPI:
    """The routes. From `stopping` on nobody is kept waiting: who waited is told to ask for the key again."""
    app = DocumentedApp(
        title="VibeBoard worker",
        docs_url=None,
        redoc_url=None,
        max_body_size=MOST_BYTES,
        separate_input_output_schemas=False,
    )
    install(app)

    @app.post("/inference", responses={202: {"model": Inference}, **documented(404, 413, 422, 503)})
    async def ask(
        body: Ask,
        request: Request,
        response: Response,
        wait: Annotated[bool, Query(description="Answer when it is made; 0 answers at once with the key")] = True,
    ) -> Inference:
        """Have a result made, or take the one that is there. Going away does not cancel it: others may wait for it."""
        base = str(request.base_url)
        made = await asyncio.to_thread(asked.ask, body, base, somebody_waits=wait)
        while wait and made.status in _WAITING and not stopping.is_set() and not await request.is_disconnected():
            await asyncio.sleep(EVERY_S)
            made = await asyncio.to_thread(asked.view, made.key, base)
        if wait and made.error is not None:
            raise Failure(made.error)
        if made.status is not Status.COMPLETED:
            response.status_code, response.headers["Location"] = 202, f"{base}inference/{made.key}"
        return made

    @app.get("/inference/{key}", responses=documented(404))
    def look(key: Sha256, request: Request) -> Inference:
        """How a job stands."""
        return asked.view(key, str(request.base_url))

    @app.delete("/inference/{key}", responses=documented(404))
    def cancel(key: Sha256, request: Request) -> Inference:
        """Cancel a job, whoever waits for it. It ends FAILED, `cancelled`, within a step."""
        return asked.cancel(key, str(request.base_url))

    @app.get("/blobs/{sha256}", response_class=FileResponse, responses=documented(404))
    def blob(sha256: Sha256) -> FileResponse:
        """The bytes of an output, in ranges too."""
        path, ref = asked.file(sha256)
        headers = {
            "ETag": f'"{sha256}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return FileResponse(path, headers=headers, media_type=ref.media)

    @app.get("/healthz")
    async def health() -> Health:
        """Whether the process is alive; it needs no token."""
        return Health(status="stopping" if stopping.is_set() else "ok")

    return app


@asynccontextmanager
async def answering(store: Store, door: socket.socket, token: str, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Answer at the door for the jobs of a store meanwhile."""
    stopping = asyncio.Event()
    app = inference_app(AskedResults(store), stopping)
    async with listening(Guard(app, token), door):
        say(f"listening on http://{Address(*door.getsockname()[:2])}")
        try:
            yield
        finally:
            stopping.set()
