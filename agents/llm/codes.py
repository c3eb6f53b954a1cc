"""MiniMax's error codes, each with what it means to us.

Source: MiniMax's error code table (platform.minimax.io, api-reference/errorcode), read in November 2026. Its own
command line maps 1002 and 1039 to a content filter; the table is believed.
"""

from __future__ import annotations

from typing import NamedTuple

from vibeboard.faults import FaultError, Rejected, Repairable, Transient

THROTTLED = "llm_rate_limit"
UNAVAILABLE = "llm_unavailable"
STALLED = "llm_stalled"
INVISIBLE = "llm_invisible_characters"
POLICY = "llm_policy"
BAD_REQUEST = "llm_bad_request"
AUTH = "llm_auth"
BALANCE = "llm_balance"
BUDGET = "llm_budget"
UNUSABLE = "llm_unusable_answer"
SCRIPT_ENDED = "llm_script_ended"

OPERATOR = frozenset({AUTH, BALANCE, BUDGET, SCRIPT_ENDED})
"""What no other scene would fare better with: a person has to act before anything more is asked."""


class Meaning(NamedTuple):
    """A code's class, our name for it, and what a person is told."""

    fault: type[FaultError]
    code: str
    words: str


_UNAVAILABLE = Meaning(Transient, UNAVAILABLE, "had a fault of its own")
_THROTTLED = Meaning(Transient, THROTTLED, "is asked too much at once")
_VOICE = Meaning(Rejected, "llm_voice", "does not take this voice or sample: choose another one")
_AUTH = Meaning(Rejected, AUTH, "refuses the key: set MINIMAX_API_KEY or VIBEBOARD_LLM_KEY to a key of this region")
_BALANCE = Meaning(Rejected, BALANCE, "has no balance left: top it up and run again, what was answered is kept")

MEANINGS: dict[int, Meaning] = {
    1000: _UNAVAILABLE,
    1001: _UNAVAILABLE,
    1024: _UNAVAILABLE,
    1033: _UNAVAILABLE,
    1002: _THROTTLED,
    1039: _THROTTLED,
    1041: _THROTTLED,
    2045: _THROTTLED,
    1004: _AUTH,
    2049: _AUTH,
    1008: _BALANCE,
    2056: _BALANCE,
    1026: Meaning(Rejected, POLICY, "will not read this text: its filter objects, and the text is not reworded"),
    1027: Meaning(Rejected, POLICY, "will not show its answer: its filter objects, and the text is not reworded"),
    1042: Meaning(Repairable, INVISIBLE, "objects to invisible characters in the text"),
    2013: Meaning(Repairable, BAD_REQUEST, "does not take the request"),
    20132: _VOICE,
    2037: _VOICE,
    2039: _VOICE,
    2042: _VOICE,
    2048: _VOICE,
}

_BY_STATUS: dict[int, Meaning] = {401: _AUTH, 402: _BALANCE, 403: _AUTH, 408: _UNAVAILABLE, 429: _THROTTLED}


def by_status(status: int) -> Meaning | None:
    """What an HTTP status means by itself; from 500 on it is the server's own fault, others below say nothing more."""
    return _BY_STATUS.get(status) or (_UNAVAILABLE if 500 <= status < 600 else None)


def meaning(code: int | None, status: int | None) -> Meaning:
    """What an error means, by its code, else by its HTTP status; a code nobody knows with a status below 500 is a
    request that the server does not take."""
    known = MEANINGS.get(code or 0) or by_status(status or 0)
    if known:
        return known
    return MEANINGS[2013] if status and 400 <= status < 500 else _UNAVAILABLE
