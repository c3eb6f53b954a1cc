"""The offline shot planner: a scene and its breakdown in, shots with blocking, camera and length out."""

from agents.planner.lint import Finding, lint
from agents.planner.looks import CastLook, cast_looks
from agents.planner.numbers import number_shots
from agents.planner.plan import PLANNER_REVISION, plan_scene

__all__ = ["PLANNER_REVISION", "CastLook", "Finding", "cast_looks", "lint", "number_shots", "plan_scene"]
