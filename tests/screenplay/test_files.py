"""Files that are scripts, and what a person is told about those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.screenplay import read_file, read_fountain
from vibeboard.faults import Rejected

SCRIPT = "INT. CAFÉ - DAY\n\nÉLODIE\nIt’s late.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["a.fountain", "a.txt", "a.spmd", "A.FOUNTAIN"])
def test_text_in_the_usual_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SCRIPT.encode(encoding))
    assert read_file(path) == read_fountain(SCRIPT)


@pytest.mark.parametrize(
    ("name", "data", "code", "hint"),
    [
        ("a.fountain", b"", "script_empty", "is empty"),
        ("a.fountain", b"\xef\xbb\xbf \r\n\t\n", "script_empty", "is empty"),
        ("a.fountain", b"He waits.\n", "script_without_scenes", "'He waits.'"),
        ("a.fdx", b"<FinalDraft/>", "script_format", "export it as Fountain"),
        ("a.pdf", b"%PDF-1.7", "script_format", "export it as Fountain"),
        ("a.docx", b"PK\x03\x04", "script_format", "export it as Fountain"),
        ("a.fountain", b"%PDF-1.7 INT. A - DAY", "script_format", "PDF file inside"),
        ("a.txt", b"PK\x03\x04\x00", "script_format", "zip"),
        ("a.fountain", b"INT. A\x00 - DAY", "script_binary", "offset 6"),
        ("a.fountain", b"INT. A - DAY\n\n\x81\x8d", "script_binary", "no cp1252 text"),
        ("a.fountain", b"\xff\xfeI", "script_binary", "no utf-16 text"),
        ("a.fountain", b"a" * (8 * 1024 * 1024 + 1), "script_too_large", "more than the 8 MB"),
    ],
)
def test_what_is_no_script_is_refused_with_a_reason(
    tmp_path: Path, name: str, data: bytes, code: str, hint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Rejected) as refusal:
        read_file(path)
    fault = refusal.value.fault
    assert fault.code == code
    assert name in fault.message
    assert hint in fault.message
    assert "\n" not in fault.message


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="is a folder") as folder:
        read_file(tmp_path)
    assert folder.value.fault.code == "script_is_folder"
    with pytest.raises(Rejected, match=r"no file .*lost\.fountain") as missing:
        read_file(tmp_path / "lost.fountain")
    assert missing.value.fault.code == "script_missing"
