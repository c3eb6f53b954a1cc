"""Which lines a subscription wants: channels and namespaces, as the Agent Protocol has them."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from api.live.lines import Line
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

PREVIEW = "custom:preview"
_CHANNELS = "values|updates|messages|tools|lifecycle|input|checkpoints|tasks|custom|custom:[a-z_]{1,40}"

Channel = Annotated[str, StringConstraints(pattern=f"^({_CHANNELS})$")]
Segment = Annotated[str, StringConstraints(max_length=200)]
Namespace = Annotated[tuple[Segment, ...], Field(max_length=8)]


class Filter(Frozen):
    """`custom` is every custom channel but the previews, which are bytes and only sent to who names them. `namespaces`
    are beginnings, of which something may be `depth` deeper; without them everything of the channels is wanted."""

    channels: tuple[Channel, ...] = Field(min_length=1, max_length=40)
    namespaces: tuple[Namespace, ...] | None = Field(default=None, max_length=100)
    depth: int | None = Field(default=None, ge=0)

    def takes(self, line: Line) -> bool:
        return self._has(line.channel) and self._within(line.namespace)

    def _has(self, channel: str) -> bool:
        any_custom = channel.startswith("custom:") and channel != PREVIEW and "custom" in self.channels
        return channel in self.channels or any_custom

    def _within(self, namespace: tuple[str, ...]) -> bool:
        if not self.namespaces:
            return True
        return any(
            _begins(namespace, prefix) and (self.depth is None or len(namespace) - len(prefix) <= self.depth)
            for prefix in self.namespaces
        )

    @property
    def id(self) -> str:
        """The subscription's id says what was subscribed to, so that any server can restore it."""
        return base64.urlsafe_b64encode(self.model_dump_json(exclude_defaults=True).encode()).decode()

    @classmethod
    def restored(cls, subscription_id: str) -> Filter:
        """
        Raises:
            Rejected: it is no id of a subscription.
        """
        try:
            return cls.model_validate_json(base64.urlsafe_b64decode(subscription_id))
        except (ValidationError, binascii.Error, ValueError):
            raise Rejected("no_such_subscription", "this is no id that subscription.subscribe gave") from None


EVERYTHING = Filter(
    channels=("values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom")
)


def _begins(namespace: tuple[str, ...], prefix: tuple[str, ...]) -> bool:
    """A part without a `:` is also the beginning of one with it: `shot` of `shot:12`."""
    if len(prefix) > len(namespace):
        return False
    return all(
        part == mine or (":" not in mine and part.partition(":")[0] == mine)
        for part, mine in zip(namespace, prefix, strict=False)
    )
