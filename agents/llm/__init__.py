"""Language models behind one interface: MiniMax, any server that speaks OpenAI's protocol, and a scripted one."""

from agents.llm.asking import Answered, Answers, Asker
from agents.llm.choosing import MINIMAX, OFFLINE, SCRIPTED, chat_model, model_for
from agents.llm.client import OpenAIChat
from agents.llm.codes import OPERATOR
from agents.llm.model import LlmModel

__all__ = [
    "MINIMAX",
    "OFFLINE",
    "OPERATOR",
    "SCRIPTED",
    "Answered",
    "Answers",
    "Asker",
    "LlmModel",
    "OpenAIChat",
    "chat_model",
    "model_for",
]
