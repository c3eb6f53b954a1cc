"""`vibeboard repairs`: what the Medic changed, and refusing it."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.working import film_project, has_film
from graphs.repairs import judge_repair, repairs
from vibeboard.faults import Rejected


def show_repairs(film: Path, console: Console, refuse: str | None, allow: str | None) -> None:
    """List the repairs of a film, after refusing or allowing one."""
    if not has_film(film):
        raise Rejected("no_such_film", f"there is no film in {film}: name the folder that vibeboard make wrote")
    with film_project(film) as project:
        for change_id, refused in ((refuse, True), (allow, False)):
            if change_id is not None:
                judge_repair(project, change_id, refuse=refused)
        made = repairs(project)
    if not made:
        console.print("nothing was repaired")
        return
    table = Table("id", "of", "argument", "before", "after", "why", "", box=None, pad_edge=False, header_style="bold")
    for repair in made:
        change = repair.change
        before, after = (json.dumps(value, ensure_ascii=False) for value in (change.before, change.after))
        word = "refused" if repair.refused else ""
        table.add_row(
            *map(escape, (change.id, f"{repair.unit} {repair.step}", change.path, before, after, change.why, word))
        )
    console.print(table)
