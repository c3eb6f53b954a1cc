"""The breakdown and the shot list as spreadsheets."""

from __future__ import annotations

import csv
import io

from gpu_runtime.run import Run
from tools.export_sheets import ExportSheetsParams, Sheet
from vibeboard.asset import Result

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_sheets(params: ExportSheetsParams, run: Run) -> Result:
    """Write both sheets as CSV (RFC 4180) in UTF-8 without a byte order mark."""
    outputs = {}
    for done, (role, sheet) in enumerate((("breakdown", params.breakdown), ("shotlist", params.shotlist)), 1):
        outputs[role] = run.keep_bytes(csv_text(sheet).encode(), "text/csv")
        run.progress(done, 2)
    return Result(outputs=outputs)


def csv_text(sheet: Sheet) -> str:
    """A header and a line a row.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection).
    """
    text = io.StringIO()
    csv.writer(text).writerows([defused(cell) for cell in row] for row in (sheet.columns, *sheet.rows))
    return text.getvalue()


def defused(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
