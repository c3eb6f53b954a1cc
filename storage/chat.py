"""What was said in a film's chat, and the answers to what was asked."""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, desc, select

from storage.database import writing
from storage.eventlog import CHAT, append_event, find_event, hold
from storage.tables import AnswerRow, TurnRow
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected


class Turn(NamedTuple):
    """What a person said and what came of it. `messages` is empty while the turn is open."""

    id: int
    said: str
    messages: list[JsonValue]


class ChatLog:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self._engine, self._project_id = engine, project_id
        self._mine = TurnRow.project_id == project_id

    def begin(self, said: str, key: str = "") -> int:
        """The number of a new turn, or of the one that was begun under the same `key`.

        Raises:
            Rejected: `open_turn`: the turn before has not ended.
        """
        with writing(self._engine) as session:
            hold(session, self._project_id)
            known = key and find_event(session, self._project_id, CHAT, EventType.MESSAGE_SAID, key)
            if known:
                return int(known["turn"])
            newest = session.exec(select(TurnRow).where(self._mine).order_by(desc(col(TurnRow.id))).limit(1)).first()
            if newest and not newest.messages:
                raise Rejected("open_turn", "the turn before has not ended: wait, or answer its question first")
            number = newest.id + 1 if newest else 1
            session.add(TurnRow(project_id=self._project_id, id=number, said=said))
            data: dict[str, JsonValue] = {"id": key or f"said-{number}", "turn": number, "text": said}
            append_event(session, self._project_id, CHAT, Event(type=EventType.MESSAGE_SAID, data=data))
            session.commit()
            return number

    def close(self, turn: int, messages: list[JsonValue], answered: str = "") -> None:
        """Keep all messages of a turn that has ended, and log what was `answered`; the first time counts."""
        with writing(self._engine) as session:
            row = session.get_one(TurnRow, (self._project_id, turn), with_for_update=True)
            if row.messages:
                return
            row.messages = json.dumps(messages)
            session.add(row)
            data: dict[str, JsonValue] = {"id": answer_id(turn), "turn": turn, "text": answered}
            append_event(session, self._project_id, CHAT, Event(type=EventType.MESSAGE_ANSWERED, data=data))
            session.commit()

    def open_turn(self) -> Turn | None:
        """The newest turn, if it has not ended."""
        with Session(self._engine) as session:
            row = session.exec(select(TurnRow).where(self._mine).order_by(desc(col(TurnRow.id))).limit(1)).first()
        return _turn(row) if row and not row.messages else None

    def before(self, turn: int, most: int) -> list[Turn]:
        """The last `most` turns that ended before a turn, the oldest first."""
        query = select(TurnRow).where(self._mine, col(TurnRow.id) < turn, TurnRow.messages != "")
        with Session(self._engine) as session:
            rows = session.exec(query.order_by(desc(col(TurnRow.id))).limit(most)).all()
        return [_turn(row) for row in reversed(rows)]

    def answer(self, question: str, answer: str) -> None:
        """Take the answer to a question.

        Raises:
            Rejected: it was answered before.
        """
        data: dict[str, JsonValue] = {"question": question, "answer": answer}
        try:
            with writing(self._engine) as session:
                session.add(AnswerRow(project_id=self._project_id, question=question, answer=answer))
                append_event(session, self._project_id, CHAT, Event(type=EventType.INPUT_ANSWERED, data=data))
                session.commit()
        except IntegrityError:
            raise Rejected(
                "answered_before", f"question {question} was answered before: that answer counts, ask again for more"
            ) from None

    def answer_to(self, question: str) -> str | None:
        with Session(self._engine) as session:
            row = session.get(AnswerRow, (self._project_id, question))
            return row.answer if row else None


def answer_id(turn: int) -> str:
    """The id of what is answered in a turn, all of it."""
    return f"answer-{turn}"


def open_turns(engine: Engine) -> list[str]:
    """The films that have a turn which has not ended."""
    with Session(engine) as session:
        return list(session.exec(select(TurnRow.project_id).where(TurnRow.messages == "").distinct()))


def _turn(row: TurnRow) -> Turn:
    return Turn(row.id, row.said, json.loads(row.messages or "[]"))
