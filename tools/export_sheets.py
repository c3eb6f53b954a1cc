from __future__ import annotations

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.model import Frozen


class Sheet(Frozen):
    """A table: the header and its rows, each with a cell a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class ExportSheetsParams(Params):
    breakdown: Sheet = field("One row a scene")
    shotlist: Sheet = field("One row a shot")


@tool(module="sequencer", produces="document")
async def export_sheets(params: ExportSheetsParams, ctx: Context) -> Result:
    """Write the breakdown and the shot list. Outputs: `breakdown` and `shotlist`, CSV (RFC 4180) in UTF-8."""
    return await ctx.render("export_sheets", params)
