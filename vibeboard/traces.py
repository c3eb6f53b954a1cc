"""Traces: how long what took, sent to an OpenTelemetry collector if one is configured, else nothing at all.

The collector speaks OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/). The SDK is the extra `traces` and is
imported only when it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vibeboard.faults import Rejected
from vibeboard.logs import about_now
from vibeboard.settings import Settings

_tracers: list[Any] = []
"""The one tracer of this process once it is set up."""


def set_up_traces(settings: Settings, service: str = "vibeboard") -> None:
    """Send the spans of this process to `otel_endpoint`, in batches and at its end; nothing if that is empty. Libraries
    that speak OpenTelemetry, such as FastAPI, send theirs along.

    Raises:
        Rejected: the extra `traces` is not installed.
    """
    if not settings.otel_endpoint or _tracers:
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError:
        message = "VIBEBOARD_OTEL_ENDPOINT is set and OpenTelemetry is not installed: pip install -e '.[traces]'"
        raise Rejected("no_traces", message) from None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"{settings.otel_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _tracers.append(provider.get_tracer("vibeboard"))


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[None]:
    """What happens inside, as a span with these attributes and the ids that the logs show. One that ends with an
    exception is marked with its class only: its message may quote what must not leave."""
    if not _tracers:
        yield
        return
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

    known = {f"vibeboard.{key}": value for key, value in about_now().items()} | attributes
    options = {"attributes": known, "record_exception": False, "set_status_on_exception": False}
    with _tracers[0].start_as_current_span(name, **options) as current:
        try:
            yield
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
