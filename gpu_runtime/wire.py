"""Lines of JSON between the orchestrator and its worker processes.

A line to a worker is `{"job": {...}}`, `{"cancel": key}` or, for the one that has a device, `{"unload": true}` or
`{"keep_warm": true}`; a line from it is an event with its type.
"""

from __future__ import annotations

import json

from vibeboard.jobs import DeviceSnapshot, Failed, JobEvent, Made, Progress, Started

_NAMES: dict[str, type[Started] | type[Progress] | type[Made] | type[Failed] | type[DeviceSnapshot]] = {
    "started": Started,
    "progress": Progress,
    "made": Made,
    "failed": Failed,
    "snapshot": DeviceSnapshot,
}
_TYPES = {cls: name for name, cls in _NAMES.items()}

LINE_LIMIT = 16 << 20
"""Bytes of the longest line that is read."""


def encode(event: JobEvent | DeviceSnapshot) -> bytes:
    return json.dumps({"type": _TYPES[type(event)], "event": event.model_dump(mode="json")}).encode() + b"\n"


def decode(line: bytes) -> JobEvent | DeviceSnapshot:
    message = json.loads(line)
    return _NAMES[message["type"]].model_validate(message["event"])
