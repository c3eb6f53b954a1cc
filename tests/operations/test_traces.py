"""Traces: spans arrive at a collector that is configured; without one nothing is imported, sent or slowed."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.house.test_without_torch import without

WORK = """
import sys
from vibeboard.logs import about
from vibeboard.settings import Settings
from vibeboard.traces import set_up_traces, span

set_up_traces(Settings(), "vibeboard-test")
with about(run="run-1", thread="film"), span("episode", shots=3):
    try:
        with about(unit="3A"), span("call", tool="generate_shot"):
            raise ValueError("sk-secret")
    except ValueError:
        pass
print("sdk" if "opentelemetry.sdk" in sys.modules else "no sdk")
"""


@pytest.fixture
def collector():
    """An OTLP receiver: its endpoint, and the spans that came with their resource."""
    came: list[ExportTraceServiceRequest] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            came.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "VIBEBOARD_"))}
    command = [sys.executable, "-c", WORK]
    return subprocess.run(command, env=given | environment, capture_output=True, text=True, check=True, timeout=60)


def attributes(item) -> dict[str, object]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in item.attributes}


def test_spans_arrive_nested_with_the_ids_that_the_logs_show(collector):
    endpoint, came = collector
    assert run(VIBEBOARD_OTEL_ENDPOINT=endpoint + "/").stdout == "sdk\n"
    resources = [resource for request in came for resource in request.resource_spans]
    spans = {span.name: span for resource in resources for scope in resource.scope_spans for span in scope.spans}
    assert attributes(resources[0].resource)["service.name"] == "vibeboard-test"
    assert spans["call"].parent_span_id == spans["episode"].span_id
    assert attributes(spans["episode"]) == {"vibeboard.run": "run-1", "vibeboard.thread": "film", "shots": 3}
    assert attributes(spans["call"])["vibeboard.unit"] == "3A"
    assert attributes(spans["call"])["tool"] == "generate_shot"


def test_an_error_is_marked_by_its_class_and_does_not_take_its_words_along(collector):
    endpoint, came = collector
    run(VIBEBOARD_OTEL_ENDPOINT=endpoint)
    assert b"ValueError" in came[0].SerializeToString()
    assert b"sk-secret" not in came[0].SerializeToString()


def test_without_an_endpoint_nothing_is_sent_or_imported(collector):
    _, came = collector
    assert run().stdout == "no sdk\n"
    assert came == []


def test_a_collector_that_is_away_stops_no_work():
    assert run(VIBEBOARD_OTEL_ENDPOINT="http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT="1").stdout == "sdk\n"


def test_without_the_extra_it_is_said_what_to_install():
    code = "from vibeboard.traces import set_up_traces\nfrom vibeboard.settings import Settings\n"
    done = without(f"{code}set_up_traces(Settings(otel_endpoint='http://127.0.0.1:4318'))")
    assert "Rejected" in done.stderr
    assert "pip install -e '.[traces]'" in done.stderr
