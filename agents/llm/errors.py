"""From what a server or the SDK says went wrong to one of our faults. Keys never get into one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import openai

from agents.llm.codes import MEANINGS, UNAVAILABLE, Meaning, by_status, meaning
from vibeboard.faults import FaultError, FieldError, Rejected, Repairable, Transient

_BRACKETED = re.compile(r"\((\d{3,5})\)[\s.]*$")
_BINDING = re.compile(r"expr_path=(?P<path>[^\s,]+),\s*cause=(?P<cause>[^(]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST = 240


def fault_of_error(error: openai.OpenAIError, who: str, key: str) -> FaultError:
    """The fault behind an exception of the SDK. `who` is the model, for the sentence; `key` is masked in it."""
    if isinstance(error, openai.APIStatusError):
        code, said = _from_body(error.body, error.message)
        wait = retry_after(error.response.headers)
        return build(meaning(code, error.status_code), code or error.status_code, said, who, key, wait)
    if isinstance(error, openai.APIConnectionError):
        return Transient(UNAVAILABLE, f"{who} cannot be reached: check the network and VIBEBOARD_LLM_BASE_URL")
    if isinstance(error, openai.APIError):
        code, said = _from_body(error.body, error.message)
        return build(meaning(code, None), code, said, who, key, None)
    return Transient(UNAVAILABLE, f"{who} answered with something that is not its protocol: {masked(str(error), key)}")


def fault_in_answer(body: Mapping[str, Any], who: str, key: str, wait: float | None = None) -> FaultError | None:
    """The error that came with HTTP 200: `base_resp` with a code that is not 0, or an `error`; else None."""
    base = body.get("base_resp")
    status = _number(base.get("status_code")) if isinstance(base, Mapping) else None
    if not status and not body.get("error"):
        return None
    code, said = _from_body(body, "")
    return build(meaning(code, code), code, said, who, key, wait)


def build(what: Meaning, code: int | None, said: str, who: str, key: str, wait: float | None) -> FaultError:
    number = f" ({code})" if code else ""
    quoted = f'; it says "{masked(said, key)}"' if said else ""
    message = f"{who} {what.words}{number}{quoted}"
    if what.fault is Transient:
        return Transient(what.code, message, retry_after_s=wait)
    if what.fault is Repairable:
        return Repairable(what.code, message, _fields(said))
    return Rejected(what.code, message)


def _fields(said: str) -> tuple[FieldError, ...]:
    """The field that a 2013 names: `binding: expr_path=messages, cause=missing required parameter`."""
    match = _BINDING.search(said)
    return (FieldError(path=match["path"], expected=match["cause"].strip()),) if match else ()


def _from_body(body: object, message: str) -> tuple[int | None, str]:
    """The code and the words: of `base_resp`, else of the error object, with the code in brackets at the end."""
    if isinstance(body, Mapping):
        base = body.get("base_resp")
        if isinstance(base, Mapping) and (code := _number(base.get("status_code"))):
            return code, str(base.get("status_msg", ""))
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            message = str(inner.get("message", message))
            code = _number(inner.get("code"))
            if code and (code in MEANINGS or by_status(code)):
                return code, message
        elif isinstance(inner, str):
            message = inner
    match = _BRACKETED.search(message)
    return (int(match[1]) if match else None), message


def _number(value: object) -> int | None:
    """A code as a number or in digits; nothing for 0 and for words."""
    return int(str(value)) or None if re.fullmatch(r"\d{1,6}", str(value)) else None


def masked(text: str, key: str) -> str:
    """Words of a server on one line, cut, without the key: they are shown and logged, never obeyed."""
    hidden = text.replace(key, "***") if key else text
    return _CONTROL.sub(" ", hidden).strip()[:_LONGEST]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110 10.2.3)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if re.fullmatch(r"\s*\d+(?:\.\d+)?\s*", value):
            return float(value) * scale
    try:
        when = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    named = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((named - datetime.now(UTC)).total_seconds(), 0.0)
