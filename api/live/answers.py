"""The answers of a connection, given again to who repeats a command."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from api.live.commands import Answer, Command
from vibeboard.faults import Rejected

_KEPT = 256


class _Answered(NamedTuple):
    fingerprint: str
    answer: Answer


class Answers:
    """The last answers, by the ids of their commands."""

    def __init__(self, thread: str) -> None:
        self._thread = thread
        self._kept: OrderedDict[int | str, _Answered] = OrderedDict()

    def again(self, command: Command) -> Answer | None:
        """What the same command was answered before.

        Raises:
            Rejected: `id_reused`: another command had its id.
        """
        kept = self._kept.get(command.id) if command.id is not None else None
        if kept is None:
            return None
        if kept.fingerprint != command.fingerprint(self._thread):
            told = f"id {command.id} was used for another command on this connection: choose a new one for each"
            raise Rejected("id_reused", told)
        return kept.answer

    def keep(self, command: Command, answer: Answer) -> None:
        """The first answer to an id counts."""
        if command.id is None or command.id in self._kept:
            return
        self._kept[command.id] = _Answered(command.fingerprint(self._thread), answer)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
