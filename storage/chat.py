"""What was said in a film's chat, and the answers to what was asked."""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Engine, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, desc, select

from storage.database import writing
from storage.eventlog import CHAT, append_event, hold
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

    def begin(self, said: str) -> int:
        """The number of a new turn."""
        with writing(self._engine) as session:
            hold(session, self._project_id)
            number = (session.exec(select(func.max(TurnRow.id)).where(self._mine)).one() or 0) + 1
            session.add(TurnRow(project_id=self._project_id, id=number, said=said))
            session.commit()
            return number

    def close(self, turn: int, messages: list[JsonValue]) -> None:
        """Keep all messages of a turn that has ended; the first time counts."""
        with writing(self._engine) as session:
            row = session.get_one(TurnRow, (self._project_id, turn))
            row.messages = row.messages or json.dumps(messages)
            session.add(row)
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


def _turn(row: TurnRow) -> Turn:
    return Turn(row.id, row.said, json.loads(row.messages or "[]"))
