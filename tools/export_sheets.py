from __future__ import annotations

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result

Row = dict[str, str]


class ExportSheetsParams(Params):
    breakdown: tuple[Row, ...] = field("One row a scene; the columns are the first row's keys")
    shotlist: tuple[Row, ...] = field("One row a shot; the columns are the first row's keys")


@tool(module="sequencer", produces="document")
async def export_sheets(params: ExportSheetsParams, ctx: Context) -> Result:
    """Write the breakdown and the shot list. Outputs: `breakdown` and `shotlist`, CSV (RFC 4180) in UTF-8."""
    return await ctx.render("export_sheets", params)
