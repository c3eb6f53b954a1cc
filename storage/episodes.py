"""The episodes of a store: who asked for what, in which order, and which process has each in hand."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Engine, case, update
from sqlmodel import Session, col, func, select

from storage.database import changed, writing
from storage.eventlog import append_event
from storage.queue import is_dead
from storage.tables import AnswerRow, EpisodeRow, ProjectRow, aware, now
from vibeboard.episodes import AT_WORK, ENDED, TO_DO, EpisodeState
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected

HELD_FOR = timedelta(seconds=15)
"""How long a process that says nothing keeps its episodes."""


class Episodes:
    """Every change is one transaction. A process that has episodes in hand is their `holder`, and changes only what it
    holds: one that comes back late changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, episode: EpisodeRow) -> EpisodeRow:
        """Queue an episode; one that has the id already is returned as it is."""
        with writing(self._engine) as session:
            known = session.exec(select(EpisodeRow).where(EpisodeRow.id == episode.id)).first()
            if known:
                return known
            session.add(episode)
            data: dict[str, JsonValue] = {"episode": episode.id}
            append_event(session, episode.project_id, episode.run_id, Event(type=EventType.EPISODE_QUEUED, data=data))
            session.commit()
            session.refresh(episode)
            return episode

    def find(self, episode_id: str) -> EpisodeRow | None:
        with Session(self._engine) as session:
            return session.exec(select(EpisodeRow).where(EpisodeRow.id == episode_id)).first()

    def of_run(self, project_id: str, run_id: str) -> EpisodeRow | None:
        """The film's episode that a run is of, if it is the one at work."""
        which = (EpisodeRow.project_id == project_id, EpisodeRow.run_id == run_id)
        with Session(self._engine) as session:
            return session.exec(select(EpisodeRow).where(*which)).first()

    def of_owner(
        self, owner: str, most: int, before: int | None = None, project_id: str | None = None
    ) -> list[EpisodeRow]:
        """Episodes of an owner's films, or of one of them, the newest first, at most `most`, older than number
        `before`."""
        mine = col(EpisodeRow.project_id).in_(select(ProjectRow.id).where(ProjectRow.owner == owner))
        query = select(EpisodeRow).where(mine)
        if project_id is not None:
            query = query.where(EpisodeRow.project_id == project_id)
        if before is not None:
            query = query.where(col(EpisodeRow.number) < before)
        with Session(self._engine) as session:
            return list(session.exec(query.order_by(col(EpisodeRow.number).desc()).limit(most)))

    def counted(self) -> dict[str, int]:
        """How many episodes of the store are in each state."""
        query = select(EpisodeRow.state, func.count()).group_by(col(EpisodeRow.state))
        with Session(self._engine) as session:
            return {str(state): count for state, count in session.exec(query)}

    def place(self, episode: EpisodeRow) -> int:
        """How many episodes are before it in the queue."""
        waiting = (col(EpisodeRow.state) == EpisodeState.QUEUED, col(EpisodeRow.number) < episode.number)
        with Session(self._engine) as session:
            return session.exec(select(func.count()).select_from(EpisodeRow).where(*waiting)).one()

    def admit(self, holder: str, room: int) -> list[EpisodeRow]:
        """Take up to `room` episodes in hand that nobody has, first those that were begun, then those that came first;
        one at a time of each film."""
        begun_first = case((col(EpisodeRow.state) == EpisodeState.QUEUED, 1), else_=0)
        order = (begun_first, col(EpisodeRow.number))
        query = select(EpisodeRow).where(col(EpisodeRow.state).in_(TO_DO)).order_by(*order)
        with writing(self._engine) as session:
            rows = list(session.exec(query.with_for_update(skip_locked=True)))
            busy = {row.project_id for row in rows if _held(row)}
            taken: list[EpisodeRow] = []
            for row in rows:
                if len(taken) < room and row.project_id not in busy:
                    busy.add(row.project_id)
                    row.holder, row.held_until, row.updated_at = holder, now() + HELD_FOR, now()
                    taken.append(row)
                    session.add(row)
            session.commit()
            for row in taken:
                session.refresh(row)
            return taken

    def beat(self, holder: str, held: Collection[str]) -> frozenset[str]:
        """Keep what is in hand; the ids of those that shall stop, or are no longer the holder's."""
        mine = (col(EpisodeRow.holder) == holder, col(EpisodeRow.id).in_(list(held)))
        with Session(self._engine) as session:
            session.execute(update(EpisodeRow).where(*mine).values(held_until=now() + HELD_FOR))
            wanted = session.exec(select(EpisodeRow.id).where(*mine, col(EpisodeRow.stop).is_(False))).all()
            session.commit()
        return frozenset(held) - frozenset(wanted)

    def become(self, episode: EpisodeRow, state: EpisodeState, event: Event | None = None, **values: Any) -> bool:
        """A new state for an episode in hand, and an event of its run with it; false if it is no longer in hand. One
        that would wait and was told to stop meanwhile ends: nobody would look after it."""
        let_go = {"holder": "", "held_until": None} if state not in AT_WORK else {}
        fence = (col(EpisodeRow.id) == episode.id, col(EpisodeRow.holder) == episode.holder)
        change = update(EpisodeRow).where(*fence).values(state=state, updated_at=now(), **let_go, **values)
        with writing(self._engine) as session:
            if changed(session, change) != 1:
                return False
            if event is not None:
                append_event(session, episode.project_id, episode.run_id, event)
            stopped = (col(EpisodeRow.state) == EpisodeState.WAITING, col(EpisodeRow.stop).is_(True))
            ends = update(EpisodeRow).where(col(EpisodeRow.id) == episode.id, *stopped)
            if changed(session, ends.values(state=EpisodeState.CANCELLED)):
                append_event(session, episode.project_id, episode.run_id, Event(type=EventType.RUN_CANCELLED))
            session.commit()
        return True

    def let_go(self, holder: str) -> None:
        """The process ends; others may take what it had in hand."""
        with Session(self._engine) as session:
            mine = update(EpisodeRow).where(col(EpisodeRow.holder) == holder)
            session.execute(mine.values(holder="", held_until=None))
            session.commit()

    def answer(self, episode: EpisodeRow, question: str, *, yes: bool) -> None:
        """Let an episode that waits with a question go on, or end it.

        Raises:
            Rejected: the question was answered before, or the episode does not wait with it.
        """
        answer = "yes" if yes else "no"
        with writing(self._engine) as session:
            before = session.get(AnswerRow, (episode.project_id, question))
            if before is not None:
                raise Rejected("answered_before", f"question {question} was answered before ({before.answer})")
            row = session.exec(select(EpisodeRow).where(EpisodeRow.id == episode.id).with_for_update()).one()
            if row.state is not EpisodeState.WAITING or json.loads(row.offer)["id"] != question:
                raise Rejected("no_such_question", f"the episode does not wait with question {question}")
            session.add(AnswerRow(project_id=row.project_id, question=question, answer=answer))
            data: dict[str, JsonValue] = {"question": question, "answer": answer}
            append_event(session, row.project_id, row.run_id, Event(type=EventType.INPUT_ANSWERED, data=data))
            if not yes:
                append_event(session, row.project_id, row.run_id, Event(type=EventType.RUN_CANCELLED))
            row.state, row.updated_at = EpisodeState.APPROVED if yes else EpisodeState.CANCELLED, now()
            session.add(row)
            session.commit()

    def stop(self, episode: EpisodeRow) -> bool:
        """End an episode: at once if nobody has it in hand, else its holder will; false if it has ended."""
        with writing(self._engine) as session:
            row = session.exec(select(EpisodeRow).where(EpisodeRow.id == episode.id).with_for_update()).one()
            if row.state in ENDED:
                return False
            row.stop, row.updated_at = True, now()
            if not _held(row):
                row.state = EpisodeState.CANCELLED
                append_event(session, row.project_id, row.run_id, Event(type=EventType.RUN_CANCELLED))
            session.add(row)
            session.commit()
        return True

    def again(self, episode: EpisodeRow, run_id: str) -> bool:
        """Queue an episode that failed or was cancelled, as a new run; false if it is in another state."""
        number = EpisodeRow.attempt + 1
        anew = {"fault": "", "stop": False, "offer": "", "request": "", "run_id": run_id, "attempt": number}
        failed = col(EpisodeRow.state).in_([EpisodeState.FAILED, EpisodeState.CANCELLED])
        change = update(EpisodeRow).where(col(EpisodeRow.id) == episode.id, failed)
        data: dict[str, JsonValue] = {"episode": episode.id}
        with writing(self._engine) as session:
            if changed(session, change.values(state=EpisodeState.QUEUED, updated_at=now(), **anew)) != 1:
                return False
            append_event(session, episode.project_id, run_id, Event(type=EventType.EPISODE_QUEUED, data=data))
            session.commit()
        return True


def _held(row: EpisodeRow) -> bool:
    return bool(row.holder) and row.held_until is not None and now() < aware(row.held_until) and not is_dead(row.holder)
