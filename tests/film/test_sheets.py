from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.sheets import csv_text, export_sheets
from tools.export_sheets import ExportSheetsParams, Sheet

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_both_sheets_are_written_with_their_headers(run):
    breakdown = Sheet(columns=("Scene", "Heading", "Cast"), rows=(("1", 'INT. "THE" DINER, NIGHT', "ANNA\nBEN"),))
    shotlist = Sheet(columns=("Shot", "Lens"), rows=(("1A", "50 mm"), ("1B", "85 mm")))
    outputs = export_sheets(ExportSheetsParams(breakdown=breakdown, shotlist=shotlist), run).outputs
    assert list(outputs) == ["breakdown", "shotlist"]
    assert run.bytes(outputs["breakdown"]) == b'Scene,Heading,Cast\r\n1,"INT. ""THE"" DINER, NIGHT","ANNA\nBEN"\r\n'
    assert run.bytes(outputs["shotlist"]) == b"Shot,Lens\r\n1A,50 mm\r\n1B,85 mm\r\n"
    assert outputs["shotlist"].media == "text/csv"
    assert run.said[-1] == (2, 2)


@given(st.lists(st.tuples(cells, cells), min_size=1).map(tuple))
def test_what_is_written_can_be_read_back_and_no_cell_is_a_formula(rows):
    read = table(csv_text(Sheet(columns=("a", "b"), rows=rows)))
    assert read[0] == ["a", "b"]
    assert len(read) == len(rows) + 1
    for before, after in zip(rows, read[1:], strict=True):
        for cell, written in zip(before, after, strict=True):
            assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert written in (cell, f"'{cell}")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_a_formula_is_made_plain_text(cell):
    assert table(csv_text(Sheet(columns=(cell,), rows=((cell,),)))) == [[f"'{cell}"], [f"'{cell}"]]


def test_letters_of_every_kind_survive_without_a_byte_order_mark(run):
    sheet = Sheet(columns=("Név",), rows=(("Zoë 你好",),))
    outputs = export_sheets(ExportSheetsParams(breakdown=sheet, shotlist=Sheet(columns=("a",), rows=())), run).outputs
    assert run.bytes(outputs["breakdown"]) == "Név\r\nZoë 你好\r\n".encode()
    assert run.bytes(outputs["shotlist"]) == b"a\r\n"
