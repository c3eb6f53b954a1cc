"""The Medic: a failed call goes in, a decision comes out.

It classifies first. Arguments that are wrong are repaired by rules that follow from the tool's declaration and the
engine's limits, never by changing what the person asked for; what may pass by itself is tried again with the same
arguments; everything else is for a person. It is bounded, and each change has an id, so that it can be refused or
undone. `consult` asks a model last, and lets nothing of its answer through that changes the intent.
"""

from agents.medic.consult import Fixer, Question, consult
from agents.medic.decision import MAX_REPAIRS, Action, Decision, decide
from agents.medic.guard import Edit
from agents.medic.references import Known
from agents.medic.trail import Change

__all__ = [
    "MAX_REPAIRS",
    "Action",
    "Change",
    "Decision",
    "Edit",
    "Fixer",
    "Known",
    "Question",
    "consult",
    "decide",
]
