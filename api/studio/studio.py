"""Episodes in hand: admitted in the order in which they came, some at once, carried on after a crash."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar

from api.patience import carried_on
from api.studio.films import OpenFilms
from api.studio.making import make_episode
from api.studio.talk import Talks
from gpu_runtime.executor import fault_of
from graphs.make import SHOTS_FAILED
from storage.episodes import Episodes
from storage.eventlog import CHAT
from storage.project import Project
from storage.queue import process_name
from storage.records import Records
from storage.store import Store
from storage.tables import EpisodeRow
from vibeboard.episodes import EpisodeState
from vibeboard.events import Event, EventType
from vibeboard.faults import FaultError, Rejected, StoreAway
from vibeboard.logs import about
from vibeboard.settings import Settings
from vibeboard.traces import span

T = TypeVar("T")
Told = Callable[[str, Event], None]
"""Called with a thread (a film's id) and what happened in it, from the studio's own thread."""

EVERY_S = 1.0
log = logging.getLogger("vibeboard.studio")


class Studio:
    """Runs the graphs of a store's films, on an event loop in a thread of its own, so that nothing which they do makes
    a request wait. Its methods may be called from any thread, but for those that say otherwise."""

    def __init__(self, store: Store, settings: Settings, told: Told = lambda _thread, _event: None) -> None:
        self.store, self.settings, self.told = store, settings, told
        self.episodes = Episodes(store.engine)
        self.holder = process_name()
        self.films = OpenFilms(store)
        self.talks = Talks(self)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._loop = asyncio.new_event_loop()
        self._poked, self._stopping = asyncio.Event(), False
        self._thread = threading.Thread(target=self._main, name="studio")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End what is at work, so that the next process carries it on, and return when that is done."""
        self._stopping = True
        self.poke()
        self._thread.join()

    def poke(self) -> None:
        """Look for work at once."""
        self._loop.call_soon_threadsafe(self._poked.set)

    def stir(self, project_id: str) -> None:
        """The log of a film has grown, and there may be work: its followers and the studio look at once."""
        self.tell(project_id, Event(type=EventType.EPISODE_QUEUED))
        self.poke()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do some work on the studio's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call_soon(self, call: Callable[[], object]) -> None:
        """Call something on the studio's loop."""
        self._loop.call_soon_threadsafe(call)

    @property
    def is_at_work(self) -> bool:
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """The process ends: what is at work is left as it is."""
        return self._stopping

    def answer(self, film: Records, question: str, *, yes: bool) -> str:
        """Answer a question, of an episode or of the chat; the run that goes on.

        Raises:
            Rejected: it was answered before, or nothing waits with it.
        """
        run_id = question.rpartition(".")[0]
        episode = self.episodes.of_run(film.id, run_id)
        if episode is None:
            self.talks.answer(film, question, yes=yes)
            return CHAT
        self.episodes.answer(episode, question, yes=yes)
        self.tell(film.id, Event(type=EventType.INPUT_ANSWERED))
        self.poke()
        return run_id

    def cancel(self, film: Records, run_id: str | None, episode_id: str | None = None) -> str:
        """End an episode, by its id or its run's, or with the run `chat` the turn of the chat; the run that ends.

        Raises:
            Rejected: there is none, or it has ended.
        """
        if run_id == CHAT:
            self.talks.stop(film)
            return CHAT
        episode = self.episodes.find(episode_id) if episode_id else self.episodes.of_run(film.id, run_id or "")
        if episode is None or episode.project_id != film.id:
            raise Rejected(
                "no_such_run", f"the film has no run {run_id or episode_id}: name one that is at work, or chat"
            )
        if not self.episodes.stop(episode):
            raise Rejected("wrong_state", f"the episode has ended ({episode.state}): there is nothing to cancel")
        self.tell(film.id, Event(type=EventType.RUN_CANCELLED))
        self.poke()
        return episode.run_id

    def film(self, project_id: str) -> AbstractAsyncContextManager[Project]:
        """An open film, to talk about; on the studio's loop only."""
        return self.films.use(project_id)

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        begun = False
        while not self._stopping:
            try:
                if not begun:
                    self.talks.begin()
                    begun = True
                self._admit()
                self._beat()
            except FaultError as error:
                log.warning("%s; trying again", error)
            except Exception:  # without this loop nothing is made until the service is started again
                log.exception("the studio failed; trying again")
            await self._nap()
        await self._end()

    def _admit(self) -> None:
        room = self.settings.episodes_at_once - len(self._running)
        for episode in self.episodes.admit(self.holder, room) if room > 0 else []:
            if episode.id not in self._running:
                task = self._loop.create_task(self._run(episode))
                self._running[episode.id] = task
                task.add_done_callback(partial(self._ended, episode.id))

    def _ended(self, episode_id: str, _task: asyncio.Task[None]) -> None:
        del self._running[episode_id]
        self._poked.set()

    def _beat(self) -> None:
        for episode_id in self.episodes.beat(self.holder, self._running) & self._running.keys():
            self._running[episode_id].cancel()

    async def _run(self, episode: EpisodeRow) -> None:
        """Make an episode, however often the store is away meanwhile. One that the store was away from for too long is
        left to whoever finds it when its hold has run out."""
        attempt = partial(self._attempt, episode.id)
        with about(run=episode.run_id, thread=episode.project_id), span("episode", attempt=episode.attempt):
            try:
                await carried_on(attempt, self.store, log.warning, self.settings.store_patience_s)
            except StoreAway as error:
                log.error("given up for now: %s", error)

    async def _attempt(self, episode_id: str) -> None:
        """Make an episode in hand and write down how it ended. One that is stopped because the process ends stays as it
        is."""
        episode = self.episodes.find(episode_id)
        if episode is None or episode.holder != self.holder:
            return
        try:
            await make_episode(self, episode)
        except asyncio.CancelledError:
            if not self._stopping:
                self._end_with(episode, EpisodeState.CANCELLED, Event(type=EventType.RUN_CANCELLED))
        except StoreAway:
            raise
        except Exception as error:  # noqa: BLE001  (an episode that nobody ends would be begun for ever)
            self._failed(episode, error)

    def _failed(self, episode: EpisodeRow, error: Exception) -> None:
        """Write a failure down. That of a run which came to its end with shots missing is in its log already."""
        fault = fault_of(error)
        log.error("failed: %s", fault.message, exc_info=None if isinstance(error, FaultError) else error)
        event = Event(type=EventType.RUN_FAILED, data={"code": fault.code, "message": fault.message})
        logged = None if fault.code == SHOTS_FAILED else event
        self._end_with(episode, EpisodeState.FAILED, logged, fault=fault.model_dump_json())

    def _end_with(self, episode: EpisodeRow, state: EpisodeState, event: Event | None, **values: str) -> None:
        self.episodes.become(episode, state, event, **values)
        self.tell(episode.project_id, event or Event(type=EventType.RUN_FAILED))

    def tell(self, project_id: str, event: Event) -> None:
        self.told(project_id, event)

    async def _nap(self) -> None:
        try:
            await asyncio.wait_for(self._poked.wait(), EVERY_S)
        except TimeoutError:
            return
        self._poked.clear()

    async def _end(self) -> None:
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(self.talks.end(), *self._running.values(), return_exceptions=True)
        self.episodes.let_go(self.holder)
