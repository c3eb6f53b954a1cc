"""Devices, jobs, episodes and requests as Prometheus metrics
(https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vibeboard.jobs import DeviceSnapshot, WorkerView

_LABELS = ["worker", "device"]
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

_GAUGES: dict[str, tuple[str, Callable[[DeviceSnapshot], float]]] = {
    "memory_capacity_bytes": ("Device memory that may be used", lambda device: device.memory.capacity),
    "memory_weights_bytes": ("Device memory booked for weights", lambda device: device.memory.weights),
    "memory_work_bytes": ("Device memory booked for work", lambda device: device.memory.work),
    "memory_used_bytes": ("Device memory in use", lambda device: device.memory.used),
    "host_capacity_bytes": ("Host memory that weights may take", lambda device: device.host.capacity),
    "host_weights_bytes": ("Host memory that weights take", lambda device: device.host.weights),
    "queue_jobs": ("Jobs that wait", lambda device: device.queued),
    "running_jobs": ("Jobs at work", lambda device: len(device.running)),
}
_COUNTERS: dict[str, tuple[str, Callable[[DeviceSnapshot], float]]] = {
    "uploads": ("Weights moved to the device", lambda device: device.uploads),
    "uploaded_bytes": ("Bytes moved to the device", lambda device: device.uploaded_bytes),
    "reads": ("Weights read from disk", lambda device: device.reads),
    "read_bytes": ("Bytes read from disk", lambda device: device.read_bytes),
    "evictions": ("Weights that had to leave", lambda device: device.evictions),
    "preemptions": ("Jobs that made way", lambda device: device.preemptions),
    "out_of_memory": ("Times that memory ran out", lambda device: device.out_of_memory),
    "jobs_made": ("Jobs that ended well", lambda device: device.jobs_made),
    "jobs_failed": ("Jobs that ended otherwise", lambda device: device.jobs_failed),
    "busy_seconds": ("Time with a job at work", lambda device: device.busy_s),
    "idle_seconds": ("Time without", lambda device: device.idle_s),
}


class DeviceMetrics(Collector):
    """Collects what workers said last of their devices."""

    def __init__(self, workers: Sequence[WorkerView]) -> None:
        self._devices = [
            ([worker.owner, device.device], device) for worker in workers for device in worker.snapshot.devices
        ]

    def collect(self) -> Iterable[Metric]:
        for name, (text, read) in _GAUGES.items():
            gauge = GaugeMetricFamily(f"vibeboard_device_{name}", text, labels=_LABELS)
            for labels, device in self._devices:
                gauge.add_metric(labels, read(device))
            yield gauge
        for name, (text, read) in _COUNTERS.items():
            counter = CounterMetricFamily(f"vibeboard_device_{name}", text, labels=_LABELS)
            for labels, device in self._devices:
                counter.add_metric(labels, read(device))
            yield counter
        yield self._resident()

    def _resident(self) -> Metric:
        gauge = GaugeMetricFamily(
            "vibeboard_device_weights_bytes", "Weights and where they are", labels=[*_LABELS, "component", "state"]
        )
        for labels, device in self._devices:
            for resident in device.components:
                gauge.add_metric([*labels, resident.component, resident.state], resident.bytes)
        return gauge


class CountMetrics(Collector):
    """How many jobs and episodes of a store are in each state now."""

    def __init__(self, jobs: Mapping[str, int], episodes: Mapping[str, int]) -> None:
        self._counts = {"jobs": ("Jobs by state", jobs), "episodes": ("Episodes by state", episodes)}

    def collect(self) -> Iterable[Metric]:
        for name, (text, counts) in self._counts.items():
            gauge = GaugeMetricFamily(f"vibeboard_{name}", text, labels=["state"])
            for state, count in counts.items():
                gauge.add_metric([state], count)
            yield gauge


class RequestTimes:
    """ASGI: how many requests there were and how long their answers took, by route, method and status."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._seconds = Histogram(
            "vibeboard_request_seconds",
            "Seconds until an answer was sent",
            labelnames=["method", "route", "status"],
            buckets=_BUCKETS_S,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._seconds.labels(scope["method"], route, status).observe(time.monotonic() - began)
