"""Who uses how much memory: one ledger a device, one for the host. Bytes are booked before they are used."""

from __future__ import annotations

from collections import Counter


class Ledger:
    """Bookings against a capacity in bytes; the sum never exceeds it."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._booked: Counter[str] = Counter()

    @property
    def free(self) -> int:
        return self.capacity - self._booked.total()

    def book(self, name: str, size: int) -> bool:
        """Book `size` more bytes under a name; false, and nothing booked, when they are not free.

        Raises:
            ValueError: the size is negative.
        """
        if size < 0:
            raise ValueError(f"{name}: a booking has 0 bytes or more, not {size}")
        if size > self.free:
            return False
        self._booked[name] += size
        return True

    def release(self, name: str) -> int:
        """Give back all that is booked under a name; how much that was."""
        return self._booked.pop(name, 0)
