from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.hints import hints
from vibeboard.model import Frozen


class Sheet(Frozen):
    """A table: the header and its rows, each with a cell a column."""

    columns: tuple[str, ...] = Field(json_schema_extra=hints(synonyms=("header", "headers", "column_names")))
    rows: tuple[tuple[str, ...], ...] = Field(json_schema_extra=hints(synonyms=("data", "body", "lines", "table_rows")))


class ExportSheetsParams(Params):
    breakdown: Sheet = field("One row a scene", synonyms=("breakdown_sheet", "scene_breakdown", "scenes"))
    shotlist: Sheet = field("One row a shot", synonyms=("shot_list", "shots"))


@tool(
    module="sequencer",
    produces="document",
    example={
        "breakdown": {"columns": ["scene", "cast"], "rows": [["1", "ANNA, BEN"]]},
        "shotlist": {"columns": ["shot", "size"], "rows": [["1A", "MS"]]},
    },
)
async def export_sheets(params: ExportSheetsParams, ctx: Context) -> Result:
    """Write the breakdown and the shot list. Outputs: `breakdown` and `shotlist`, CSV (RFC 4180) in UTF-8."""
    return await ctx.render("export_sheets", params)
