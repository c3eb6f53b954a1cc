"""The machines that work: what their devices hold and do, and what a person wishes them to do; health and metrics."""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from pydantic import Field

from api.metrics import CountMetrics, DeviceMetrics
from api.problems import documented
from api.service import Admin, Reader, TheService
from vibeboard.faults import Transient
from vibeboard.jobs import Wish, WorkerView
from vibeboard.model import Frozen

router = APIRouter(tags=["machines"])


class Machines(Frozen):
    """The processes that work now."""

    workers: tuple[WorkerView, ...]


class Wished(StrEnum):
    UNLOAD = "unload"
    KEEP_WARM = "keep-warm"
    COOL_DOWN = "cool-down"


class GpuWish(Frozen):
    """`unload` empties the devices of weights that no job holds; `keep-warm` leaves them there however long there is no
    work, until `cool-down`."""

    wish: Wished = Field(examples=[Wished.UNLOAD])


class Health(Frozen):
    status: str


@router.get("/api/gpu")
def read_machines(service: TheService, _caller: Reader) -> Machines:
    """What every worker and its devices hold and do. Jobs of others are shown by their task only."""
    return Machines(workers=tuple(service.store.queue.workers()))


@router.post("/api/gpu", status_code=202)
def wish_of_machines(ask: GpuWish, service: TheService, _caller: Admin) -> GpuWish:
    """Have every device unload its weights, keep them warm, or no longer. They do it at their next beat."""
    service.store.queue.wish(Wish(ask.wish.value.replace("-", " ")))
    return ask


@router.get("/healthz", responses=documented())
def health() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
def readiness(service: TheService) -> Health:
    """The process can serve: its database answers, and what makes films is at work."""
    if not service.store.answers():
        raise Transient("store_away", "the database or the file store does not answer: look at the log")
    if not service.studio.is_at_work:
        raise Transient("studio_ended", "no episode is taken up any more: look at the log, and start the service again")
    if service.workers and not service.workers.are_there:
        raise Transient("no_workers", "the service has no workers any more: look at the log, and start it again")
    return Health(status="ok")


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(service: TheService, request: Request, _caller: Admin) -> Response:
    """Prometheus text format: devices of the workers, jobs and episodes by state, requests of this process."""
    now = CollectorRegistry()
    now.register(DeviceMetrics(service.store.queue.workers()))
    now.register(CountMetrics(service.store.queue.counted(), service.studio.episodes.counted()))
    requests: CollectorRegistry = request.app.state.requests
    return Response(generate_latest(now) + generate_latest(requests), media_type=CONTENT_TYPE_PLAIN_0_0_4)
