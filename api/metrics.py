"""Devices as Prometheus metrics (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vibeboard.jobs import DeviceSnapshot, WorkerView

_LABELS = ["worker", "device"]

_GAUGES: dict[str, tuple[str, Callable[[DeviceSnapshot], float]]] = {
    "memory_capacity_bytes": ("Device memory that may be used", lambda device: device.memory.capacity),
    "memory_weights_bytes": ("Device memory booked for weights", lambda device: device.memory.weights),
    "memory_work_bytes": ("Device memory booked for work", lambda device: device.memory.work),
    "memory_used_bytes": ("Device memory in use", lambda device: device.memory.used),
    "host_capacity_bytes": ("Host memory that weights may take", lambda device: device.host.capacity),
    "host_weights_bytes": ("Host memory that weights take", lambda device: device.host.weights),
    "queue_jobs": ("Jobs that wait", lambda device: len(device.queue)),
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
