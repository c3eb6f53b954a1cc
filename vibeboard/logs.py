"""Logs: one line an event, for people or as JSON, with what it is about and without secrets.

`logging` of the standard library is what everything logs to; `set_up_logs` says how it is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from vibeboard.settings import Settings

Mask = Callable[[str], str]
HIDDEN = "***"
SHORTEST_SECRET = 4
"""A configured secret of fewer characters is none, and hiding it would make lines unreadable."""

_LOOKS_SECRET = (
    (re.compile(r"(?i)\b(bearer)(\s+|%20)[\w.~+/=%-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?basic\s+)\S+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(vb_[0-9a-f]{16}_)[\w-]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^/\s:@]*:)\S+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(r"(?i)([?&][\w.-]*(?:token|key|secret|sig|signature|password|credential)=)[^&\s\"'#]+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)(\bpassword=)('[^']*'|\S+)"), rf"\1{HIDDEN}"),
)
"""Credentials by their shape: an Authorization header (RFC 9110, 11.4), our own tokens (whose id stays), userinfo and
keys in a URL (presigned ones of S3 too), a password in a libpq connection string."""
_CHATTY = ("alembic.runtime.migration", "httpx2")
"""What says nothing to an operator each time that a database is opened or a server asked; `debug` shows it."""
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(*, run: str = "", thread: str = "", unit: str = "") -> Iterator[None]:
    """What is logged inside is about this run, thread (a film) or unit (a shot), in this task and those it starts."""
    given = {name: value for name, value in (("run", run), ("thread", thread), ("unit", unit)) if value}
    token = _about.set({**_about.get(), **given})
    try:
        yield
    finally:
        _about.reset(token)


def about_now() -> Mapping[str, str]:
    """What is logged now is about: `run`, `thread`, `unit`, as far as they are known."""
    return _about.get()


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Write every log of this process to `stream` (standard error), and Python's warnings too."""
    handler = logging.StreamHandler(stream or sys.stderr)
    form = JsonLines if settings.log_format == "json" else TextLines
    handler.setFormatter(form(masking(settings)))
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    logging.captureWarnings(True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING if settings.log_level == "info" else logging.NOTSET)


def masking(settings: Settings) -> Mask:
    """What takes the configured secrets, however they are quoted, and what looks like one out of a text."""
    spellings = {
        spelt for secret in _secrets(settings) if len(secret) >= SHORTEST_SECRET for spelt in _spellings(secret)
    }
    longest_first = sorted(spellings, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def mask(text: str) -> str:
        masked = known.sub(HIDDEN, text) if known else text
        for pattern, instead in _LOOKS_SECRET:
            masked = pattern.sub(instead, masked)
        return masked

    return mask


def _secrets(settings: Settings) -> Iterator[str]:
    yield from (value.get_secret_value() for _, value in settings if isinstance(value, SecretStr))
    yield unquote(urlsplit(settings.database).password or "")


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote(secret)


class _Lines(logging.Formatter):
    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def fields(self, record: logging.LogRecord) -> dict[str, str]:
        """The parts of a line, masked, in the order in which people read them."""
        moment = datetime.fromtimestamp(record.created, UTC)
        parts = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **about_now(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            parts |= {"error": record.exc_info[0].__name__, "trace": self.formatException(record.exc_info)}
        return {name: self._mask(value) for name, value in parts.items()}


class JsonLines(_Lines):
    """A JSON object a line (https://jsonlines.org)."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record), ensure_ascii=True)


class TextLines(_Lines):
    """`time level logger: message run=... thread=... unit=...`; what would begin a new line or speak to a terminal is
    written as an escape, so that no text makes a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self.fields(record)
        head = "{time} {level} {logger}: {message}".format(**fields)
        rest = (f"{name}={fields[name]}" for name in ("run", "thread", "unit", "error", "trace") if name in fields)
        return "".join(map(_shown, " ".join([head, *rest])))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
