"""What the director reaches: the film as planned, its list of edits, what a build would cost, and the build itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agents.director.film import Film
from vibeboard.edits import Edit, Entry, Left
from vibeboard.model import Frozen


class ToMake(Frozen):
    """A shot that is not current: why, and how long it will take. `renders` if its picture is made again."""

    number: str
    reasons: tuple[str, ...]
    renders: bool
    seconds: float


class Offer(Frozen):
    """What a build would do. Seconds are of work, of the processor and of a GPU; they may be shared by workers."""

    shots: tuple[ToMake, ...]
    cpu_seconds: float
    gpu_seconds: float
    usd: float


class Changed(Frozen):
    """What an edit did: the `shots` whose take is another now, what is different in the plan, and what the script
    supervisor objects to that was not so before. `left` are other edits that do not fit the plan any more."""

    id: int
    shots: tuple[str, ...]
    differences: tuple[str, ...]
    objections: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


class Made(Frozen):
    """How a build ended. `missing` are the shots that are still to be made before the film can be put together."""

    made: tuple[str, ...]
    missing: tuple[str, ...]
    files: tuple[str, ...]


class Desk(Protocol):
    """`key` names the occasion of a call: the same call again, after a crash, does nothing twice."""

    async def film(self) -> Film: ...

    async def offer(self, shots: Sequence[str]) -> Offer:
        """What would be made of these shots (numbers), or of all."""

    def edits(self) -> Sequence[Entry]: ...

    async def left(self) -> Sequence[Left]:
        """The edits that could not be laid over the plan."""

    async def change(self, key: str, edit: Edit) -> Changed:
        """
        Raises:
            Rejected: the edit does not fit the plan, or changes nothing; it is not kept then.
        """

    async def undo(self, key: str, edit: int | None) -> Changed: ...

    async def redo(self, key: str, edit: int | None) -> Changed: ...

    async def make(self, shots: Sequence[str]) -> Made:
        """
        Raises:
            Rejected: a person has to mend something; what could be made is kept.
        """
