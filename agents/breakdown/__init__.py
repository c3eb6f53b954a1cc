"""What each scene needs, read from the words by rules and word tables: no model, no network, the same answer twice."""

from agents.breakdown.isolated import isolated_objects
from agents.breakdown.rules import break_down

__all__ = ["break_down", "isolated_objects"]
