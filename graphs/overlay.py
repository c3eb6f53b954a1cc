"""The edits of a request, laid over the plans of its scenes as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agents.edits import Question, laid_over
from agents.planner import CastLook
from graphs.request import MakeRequest
from storage.records import Records
from vibeboard.breakdown import SceneBreakdown
from vibeboard.digest import canonical
from vibeboard.edits import EditList, Left
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan


def keep_edits(project: Records) -> str:
    """The blob of the edits that are active now, for a request; nothing if there are none."""
    active = project.edits.active()
    return project.blobs.put(canonical(active), "application/json").sha256 if active.edits else ""


class Overlay:
    """Lays edits over plans, and remembers which could not be laid."""

    def __init__(self, edits: EditList, request: MakeRequest) -> None:
        self._edits, self._request = edits.edits, request
        self._left: dict[int, Left] = {}

    @classmethod
    def of(cls, project: Records, request: MakeRequest) -> Overlay:
        """The overlay of a request's own edits."""
        edits = EditList.model_validate_json(project.blobs.read(request.edits)) if request.edits else EditList()
        return cls(edits, request)

    def lay(self, scene: Scene, broken: SceneBreakdown, cast: Mapping[str, CastLook], plan: ScenePlan) -> ScenePlan:
        """The plan of a scene, edited; lines are counted as in the plan."""
        aspect = self._request.width / self._request.height
        question = Question(scene, broken, cast, self._request.fps, aspect)
        laid = laid_over(plan, self._edits, question)
        self._left |= {left.id: left for left in laid.left}
        return laid.plan

    def left(self, scene_ids: Iterable[str]) -> list[Left]:
        """The edits that were not laid over any plan: they do not fit, or their scene is not in the script."""
        known = set(scene_ids)
        gone = {
            item.id: Left(id=item.id, why="its scene is no longer in the script")
            for item in self._edits
            if item.edit.scene_id not in known
        }
        return sorted((self._left | gone).values(), key=lambda left: left.id)
