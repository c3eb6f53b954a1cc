"""An episode as the service knows it: what was asked for, and the states that it goes through."""

from __future__ import annotations

from enum import StrEnum


class EpisodeState(StrEnum):
    """`queued -> planning -> (waiting ->) making -> finished`. One that is `waiting` needs a person's approval of its
    price; a failed or cancelled one can be tried again."""

    QUEUED = "queued"
    PLANNING = "planning"
    WAITING = "waiting"
    APPROVED = "approved"
    MAKING = "making"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({EpisodeState.FINISHED, EpisodeState.FAILED, EpisodeState.CANCELLED})
AT_WORK = frozenset({EpisodeState.PLANNING, EpisodeState.MAKING})
TO_DO = frozenset({EpisodeState.QUEUED, EpisodeState.APPROVED}) | AT_WORK
"""Those that some process has to have in hand."""
