"""Links to an asset that anybody may open until they end: `film.sha256.end.signature`, signed with HMAC-SHA256."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from vibeboard.faults import Rejected

PATTERN = r"^[0-9a-zA-Z_-]{1,64}\.[0-9a-f]{64}\.[0-9]{1,12}\.[0-9a-f]{64}$"
_ABOUT = b"vibeboard asset link\n"


class Linked(NamedTuple):
    """An asset of a film, until `end`, in seconds of the Unix epoch."""

    project_id: str
    sha256: str
    end: int


def sign(key: bytes, linked: Linked) -> str:
    """The last part of the link's path."""
    said = f"{linked.project_id}.{linked.sha256}.{linked.end}"
    return f"{said}.{hmac.digest(key, _ABOUT + said.encode(), 'sha256').hex()}"


def opened(key: bytes, signed: str, now: float) -> Linked:
    """What a link of the form of `PATTERN` leads to.

    Raises:
        Rejected: `forbidden`, if it was not signed with this key, or has ended.
    """
    project_id, sha256, end, _ = signed.split(".")
    linked = Linked(project_id, sha256, int(end))
    if not hmac.compare_digest(sign(key, linked), signed) or now >= linked.end:
        raise Rejected("forbidden", "this link has ended, or is not one of ours: ask for a new one")
    return linked
