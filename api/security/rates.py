"""How often a caller may ask: a token bucket each, kept as one number (virtual scheduling, ITU-T I.371)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock

from vibeboard.faults import Transient

MOST_CALLERS = 10_000
_NETWORK = 64
"""Bits of an IPv6 address that tell who has it: the rest is the holder's to choose (RFC 6177)."""
_ROUNDING_S = 1e-6


class Rates:
    """`per_minute` requests of each caller over time, and as many at once after a quiet minute. Any thread may ask.

    Only those who asked lately are known, at most `most_callers`: beyond, who has not asked for longest starts anew.
    """

    def __init__(
        self, per_minute: float, *, most_callers: int = MOST_CALLERS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_s, self._most, self._clock = 60.0 / per_minute, most_callers, clock
        self._room_s = max(60.0, self._interval_s)
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """How many callers are known."""
        return len(self._full_at)

    def retry_after(self, caller: str) -> float:
        """Count a request; 0.0 if it may go on, else the seconds after which it may be sent again, and it does not
        count."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(caller, now), now) + self._interval_s
            wait = full_at - now - self._room_s
            if wait > _ROUNDING_S:
                return wait
            self._full_at[caller] = full_at
            self._full_at.move_to_end(caller)
            self._forget(now)
            return 0.0

    def admit(self, caller: str) -> None:
        """
        Raises:
            Transient: `too_many_requests`, with the seconds to wait.
        """
        wait = self.retry_after(caller)
        if wait:
            raise Transient("too_many_requests", f"too many requests: wait {wait:.1f} s", retry_after_s=wait)

    def _forget(self, now: float) -> None:
        """Who has a full bucket again is as good as unknown."""
        while len(self._full_at) > self._most or next(iter(self._full_at.values())) <= now:
            self._full_at.popitem(last=False)


def address_key(host: str) -> str:
    """The caller that an address stands for, where there is no other: an IPv6 address counts as its /64 network."""
    try:
        ip = ip_address(host)
    except ValueError:
        return host
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Network((int(ip), _NETWORK), strict=False))
