"""When a person has to approve a build before it begins, and what they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vibeboard.model import Frozen

if TYPE_CHECKING:
    from graphs.quote import Quoted

_SECONDS_AN_HOUR = 3600


class Offer(Frozen):
    """What a build would make and take. `cpu_seconds` are those of one worker, `gpu_seconds` those of a device, `usd`
    what the device costs meanwhile."""

    shots: int
    cpu_seconds: float
    gpu_seconds: float
    usd: float


class Approval(Frozen):
    """A build that costs more than `budget_usd`, planning included, is asked for; None asks for every build."""

    budget_usd: float | None
    gpu_usd_per_hour: float

    def asks(self, wanted: Sequence[Quoted], spent_usd: float) -> Offer | None:
        """What to ask a person, if one has to be asked. What planning has spent is gone: nobody is asked for what costs
        nothing more."""
        offer = offer_of(wanted, self.gpu_usd_per_hour)
        within = self.budget_usd is not None and offer.usd <= max(self.budget_usd - spent_usd, 0.0)
        return None if within or not wanted else offer


def offer_of(wanted: Sequence[Quoted], gpu_usd_per_hour: float) -> Offer:
    gpu = sum(item.device_seconds for item in wanted)
    return Offer(
        shots=len(wanted),
        cpu_seconds=round(sum(item.seconds for item in wanted), 1),
        gpu_seconds=round(gpu, 1),
        usd=round(gpu * gpu_usd_per_hour / _SECONDS_AN_HOUR, 4),
    )
