"""What the Medic may look up: the assets that a project uses, by the names they have in it."""

from __future__ import annotations

from collections.abc import Mapping

from storage.project import Project


class ProjectAssets:
    """`agents.medic.Known` over a project. An asset's name is `unit/step/role`; what took the place of an older take of
    the same name is its newest version."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def named(self) -> Mapping[str, str]:
        return {f"{use.unit}/{use.step}/{use.role}": use.sha256 for use in self._project.uses() if use.active}

    def newest(self, sha256: str) -> str:
        uses = self._project.uses()
        now = {(use.unit, use.step, use.role): use.sha256 for use in uses if use.active}
        if sha256 in now.values():
            return sha256
        places = [(use.unit, use.step, use.role) for use in uses if use.sha256 == sha256]
        newer = {now[place] for place in places if place in now}
        if len(newer) == 1:
            return newer.pop()
        return sha256 if self._project.blobs.has(sha256) else ""
