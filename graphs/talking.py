"""A film's conversation: turns one after the other, questions in between, carried on after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage, messages_from_dict, messages_to_dict
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from pydantic import JsonValue

from agents.director.mind import CommandMind, Mind, ModelMind
from agents.llm.asking import Answered
from agents.llm.model import LlmModel
from gpu_runtime.executor import fault_of
from graphs.chat import CHAT_VERSION, ChatState, Limits, Question, Said, Talk, begin, chat_graph, remembered
from graphs.checkpoints import checkpoints
from graphs.desk import FilmDesk
from graphs.thinking import KeptAnswers, count_on, entered
from storage.chat import answer_id
from storage.eventlog import CHAT
from storage.project import Project
from vibeboard.events import Event, EventType
from vibeboard.faults import Failure, Fault, FaultError, Rejected, StoreAway

_REMEMBERED = 20
"""Turns that a model is told of."""
_CHECKPOINTS = "chat.db"
_STOPPED = "stopped by the person"

Show = Callable[[Said], None]
Watch = Callable[[Event], None]


class Conversation:
    """`say` something, `answer` what is asked, `carry_on` with what a crash broke off; `show` is called with what there
    is to see, `watch` with what is logged. Between the calls, `open_question` is what waits for an answer. A turn that
    is cancelled ends, unless it is `leaving`: then the next process carries it on."""

    def __init__(
        self,
        project: Project,
        desk: FilmDesk,
        mind: Mind,
        limits: Limits,
        saver: BaseCheckpointSaver[str],
        show: Show,
        watch: Watch = lambda _event: None,
        leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self._project, self._desk, self._mind, self._limits, self._show = project, desk, mind, limits, show
        self._saver, self._watch, self._leaving = saver, watch, leaving
        self._text = ""
        self._graph: CompiledStateGraph[Any, Talk, Any, Any] = chat_graph().compile(checkpointer=saver)
        self._turn = 0
        self.open_question: Question | None = None

    async def say(self, said: str) -> None:
        """A turn; it ends, or stops at a question.

        Raises:
            Rejected: the turn before has not ended.
            FaultError: what broke the turn off; the conversation goes on with the next one.
            StoreAway: the turn is carried on by the next conversation.
        """
        self._turn = self._project.chat.begin(said)
        await self._run(begin(said))

    async def answer(self, question: str, yes: bool) -> None:
        """Answer the open question, by its id, once.

        Raises:
            Rejected: it was answered before, or nobody asked it.
        """
        before = self._project.chat.answer_to(question)
        if before is not None:
            raise Rejected("answered_before", f"question {question} was answered before ({before}): that answer counts")
        if self.open_question is None or self.open_question.id != question:
            raise Rejected("no_such_question", f"there is no open question {question}")
        self._project.chat.answer(question, "yes" if yes else "no")
        self.open_question = None
        await self._run(Command(resume=yes))

    async def carry_on(self) -> bool:
        """Take up the turn that was broken off, if there is one; whether there was."""
        turn = self._project.chat.open_turn()
        if turn is None:
            return False
        self._turn = turn.id
        state = await self._graph.aget_state(self._config)
        if state.created_at is None:
            await self._run(begin(turn.said))
        elif not state.interrupts:
            await self._run(None)
        else:
            question = Question.model_validate(state.interrupts[0].value)
            answered = self._project.chat.answer_to(question.id)
            if answered is None:
                self.open_question = question
            else:
                await self._run(Command(resume=answered == "yes"))
        return True

    async def stop(self) -> None:
        """End the turn that waits with a question."""
        self.open_question = None
        await self._close(_STOPPED)

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": self._thread}}

    @property
    def _thread(self) -> str:
        return f"chat-{CHAT_VERSION}-{self._project.id}-{self._turn}"

    async def _run(self, given: ChatState | Command[Any] | None) -> None:
        """Follow the graph until it ends or asks."""
        past = [
            remembered(turn.said, messages_from_dict(turn.messages))  # type: ignore[arg-type]
            for turn in self._project.chat.before(self._turn, _REMEMBERED)
        ]
        talk = Talk(self._desk, self._mind, self._limits, self._turn, past, self._asked, self._did)
        try:
            stream = self._graph.astream(given, self._config, context=talk, stream_mode="custom", durability="sync")
            async for part in stream:
                self._see(Said.model_validate(part))
        except asyncio.CancelledError:
            if not self._leaving():
                await self._close(_STOPPED)
            raise
        except StoreAway:
            raise
        except FaultError as error:
            await self._close(str(error))
            raise
        except Exception as error:  # a turn that stayed open would break the chat for good
            raise await self._broken(fault_of(error)) from error
        state = await self._graph.aget_state(self._config)
        if state.interrupts:
            self.open_question = Question.model_validate(state.interrupts[0].value)
        else:
            await self._close()

    async def _broken(self, fault: Fault) -> Failure:
        """End a turn that a bug broke; the log has its trace."""
        data = fault.model_dump(mode="json", include={"code", "message", "trace"})
        self._project.log(CHAT, Event(type=EventType.CALL_FAILED, data=data))
        await self._close(fault.message)
        return Failure(fault)

    def _see(self, said: Said) -> None:
        self._show(said)
        if said.kind == "text":
            self._text += said.text
            data: dict[str, JsonValue] = {"id": answer_id(self._turn), "turn": self._turn, "text": self._text}
            self._watch(Event(type=EventType.MESSAGE_PIECE, data=data))

    def _asked(self, question: Question) -> None:
        self._note(Event(type=EventType.INPUT_REQUESTED, data=question.model_dump(mode="json")))

    def _did(self, said: Said) -> None:
        if said.kind == "call":
            data: dict[str, JsonValue] = {"id": said.id, "tool": said.tool, "args": said.args}
            self._note(Event(type=EventType.TOOL_CALLED, data=data))
        else:
            data = {"id": said.id, "text": said.text, "refused": said.kind == "refused"}
            self._note(Event(type=EventType.TOOL_ANSWERED, data=data))

    def _note(self, event: Event) -> None:
        """Log what a turn that is carried on after a crash may come to again."""
        if self._project.log_once(CHAT, event):
            self._watch(event)

    async def _close(self, why: str = "") -> None:
        """Keep the turn and drop its checkpoints. One that was broken off ends with the reason, its calls answered."""
        state = await self._graph.aget_state(self._config)
        messages = messages_from_dict(state.values.get("messages", []))
        if why:
            done = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
            calls = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
            messages += [ToolMessage(why, tool_call_id=str(call["id"])) for call in calls if call["id"] not in done]
            messages.append(AIMessage(f"({why})"))
        answered = "\n".join(
            str(message.text) for message in messages if isinstance(message, AIMessage) and message.text
        )
        self._project.chat.close(self._turn, messages_to_dict(messages), answered)  # type: ignore[arg-type]
        self._text = ""
        self._watch(Event(type=EventType.MESSAGE_ANSWERED, data={"id": answer_id(self._turn), "turn": self._turn}))
        await self._saver.adelete_thread(self._thread)


def mind_for(project: Project, model: LlmModel | None) -> Mind:
    """A model's mind, which goes on counting what the film's chat has spent, or the one that knows commands only."""
    if model is None:
        return CommandMind()
    count_on(model, project, CHAT)

    def heard(answered: Answered) -> None:
        project.log(CHAT, Event(type=EventType.LLM_ANSWERED, data=answered.model_dump(mode="json")))

    return ModelMind(model, KeptAnswers(project), heard)


@asynccontextmanager
async def conversation(
    project: Project,
    desk: FilmDesk,
    model: LlmModel | None,
    limits: Limits,
    show: Show,
    watch: Watch = lambda _event: None,
    leaving: Callable[[], bool] = lambda: False,
) -> AsyncIterator[Conversation]:
    """A film's conversation, with checkpoints of its own. What the desk's planner spends is of its budget too."""
    if model:
        desk.heard = partial(entered, model.ledger)
    async with checkpoints(project, project.root / _CHECKPOINTS) as saver:
        try:
            yield Conversation(project, desk, mind_for(project, model), limits, saver, show, watch, leaving)
        finally:
            if model:
                await model.aclose()
