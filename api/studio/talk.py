"""Chat turns: one at a time a film, on the studio's loop, carried on by whoever comes after a crash."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, messages_to_dict
from pydantic import JsonValue

from agents.llm.choosing import MINIMAX, OFFLINE, model_for
from api.studio.desk import desk_for
from gpu_runtime.executor import fault_of
from graphs.chat import Limits
from graphs.talking import conversation
from storage.chat import open_turns
from storage.records import Records
from vibeboard.edits import Author
from vibeboard.events import Event, EventType
from vibeboard.faults import FaultKind, Rejected

if TYPE_CHECKING:
    from api.studio.studio import Studio

_RETRY_S = 1.0
"""After so long a turn is tried again whose film somebody else has open, or whose store does not answer."""
log = logging.getLogger("vibeboard.studio")


class Talks:
    """What a person says, and what they answer, is a row before anything is done about it: then the open turn is
    carried on, which is also what happens after a crash. `say`, `answer` and `stop` may be called from any thread."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopped: set[str] = set()

    def say(self, film: Records, said: str, key: str) -> int:
        """Begin a turn; the number of the one that `key` names, if it was begun before.

        Raises:
            Rejected: the turn before has not ended.
        """
        turn = film.chat.begin(said, key)
        self._studio.tell(film.id, Event(type=EventType.MESSAGE_SAID))
        self._studio.call_soon(partial(self._carry_on, film.id))
        return turn

    def answer(self, film: Records, question: str, *, yes: bool) -> None:
        """Take the answer to the question that the chat waits with.

        Raises:
            Rejected: it was answered before, or the chat does not wait with it.
        """
        before = film.chat.answer_to(question)
        if before is not None:
            raise Rejected("answered_before", f"question {question} was answered before ({before})")
        asked = open_question(film)
        if asked is None or asked["id"] != question:
            raise Rejected("no_such_question", f"nothing waits with question {question}")
        film.chat.answer(question, "yes" if yes else "no")
        self._studio.tell(film.id, Event(type=EventType.INPUT_ANSWERED))
        self._studio.call_soon(partial(self._carry_on, film.id))

    def stop(self, film: Records) -> None:
        """End the open turn.

        Raises:
            Rejected: there is none.
        """
        if film.chat.open_turn() is None:
            raise Rejected("wrong_state", "the chat has no open turn: there is nothing to cancel")
        self._studio.call_soon(partial(self._stop, film.id))

    def _stop(self, film_id: str) -> None:
        self._stopped.add(film_id)
        if film_id in self._running:
            self._running[film_id].cancel()
        self._carry_on(film_id)

    def begin(self) -> None:
        """Carry on what was broken off."""
        for film_id in open_turns(self._studio.store.engine):
            self._carry_on(film_id)

    async def end(self) -> None:
        """Leave what is open to the next process."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _carry_on(self, film_id: str) -> None:
        if film_id in self._running:
            self._again.add(film_id)
            return
        task = asyncio.get_running_loop().create_task(self._talk(film_id))
        self._running[film_id] = task
        task.add_done_callback(partial(self._ended, film_id))

    def _ended(self, film_id: str, _task: asyncio.Task[None]) -> None:
        del self._running[film_id]
        if film_id in self._again and not self._studio.stopping:
            self._again.discard(film_id)
            self._carry_on(film_id)

    async def _talk(self, film_id: str) -> None:
        """Carry a film's open turn on until it ends, or waits with a question."""
        film = Records(self._studio.store, film_id)
        while True:
            try:
                if film.chat.open_turn() is None or await self._turn(film_id):
                    self._stopped.discard(film_id)
                    return
            except Exception as error:
                fault = fault_of(error)
                log.warning("a turn of film %s: %s", film_id, fault.message, exc_info=fault.kind is FaultKind.BUG)
                if isinstance(error, Rejected) and fault.code != "project_busy":
                    _give_up(film, fault.message)
            await asyncio.sleep(_RETRY_S)

    async def _turn(self, film_id: str) -> bool:
        """Whether the turn waits with a question; false once it ended."""
        settings = self._studio.settings
        async with self._studio.films.use(film_id) as project:
            model = model_for(MINIMAX if settings.llm_key.get_secret_value() else OFFLINE, settings)
            watch = partial(self._studio.tell, film_id)
            desk = desk_for(self._studio, project, Author.DIRECTOR if model else Author.PERSON)
            limits = Limits(settings.ask_above_gpu_s, settings.ask_above_usd, settings.ask_above_cpu_s)
            talking = conversation(project, desk, model, limits, lambda _said: None, watch, self._is_leaving)
            async with talking as talk:
                await talk.carry_on()
                if talk.open_question and film_id in self._stopped:
                    await talk.stop()
                return talk.open_question is not None

    def _is_leaving(self) -> bool:
        return self._studio.stopping


def open_question(film: Records) -> dict[str, Any] | None:
    """The question that a film's chat waits with."""
    turn = film.chat.open_turn()
    if turn is None:
        return None
    asked = [event.data for event in film.happened(EventType.INPUT_REQUESTED)]
    mine = [data for data in asked if str(data["id"]).startswith(f"{turn.id}.")]
    waits = mine and film.chat.answer_to(str(mine[-1]["id"])) is None
    return mine[-1] if waits else None


def _give_up(film: Records, why: str) -> None:
    """End a turn that cannot even be begun."""
    turn = film.chat.open_turn()
    if turn is not None:
        said: list[JsonValue] = messages_to_dict([AIMessage(f"({why})")])  # type: ignore[assignment]
        film.chat.close(turn.id, said, f"({why})")
