"""Edits laid over a plan: what a person asked for, set up by the planner, with nothing else in the plan changed."""

from agents.edits.laying import EDITS_REVISION, Question, laid_over

__all__ = ["EDITS_REVISION", "Question", "laid_over"]
