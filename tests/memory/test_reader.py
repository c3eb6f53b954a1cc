"""Files into memory: every byte in its place, whole or not at all."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.memory import reader
from gpu_runtime.models.memory.arena import Arena
from gpu_runtime.models.memory.extents import Extent
from gpu_runtime.models.memory.reader import Piece, chunked, read
from tests.memory.conftest import never
from vibeboard.faults import Cancelled, Rejected

MIB = 1 << 20


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 300), st.booleans()), min_size=1, max_size=40))
def test_chunks_hold_every_byte_once_in_order_and_are_not_too_long(drawn):
    pieces, ends, at = [], [0, 0], 0
    for number, size, gap in drawn:
        ends[number] += 7 if gap else 0
        pieces.append(Piece(f"file{number}", ends[number], Extent(at, at + size)))
        ends[number] += size
        at += size
    expected = {
        (piece.path, piece.offset + k): piece.target.start + k for piece in pieces for k in range(piece.target.size)
    }
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "CHUNK", 100)
        for chunk in chunked(pieces):
            offset = chunk.offset
            assert sum(target.size for target in chunk.targets) <= 100
            for target in chunk.targets:
                found |= {(chunk.path, offset + k): target.start + k for k in range(target.size)}
                offset += target.size
    assert found == expected


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(random.Random(1).randbytes(40 * MIB))
    return path


def test_parts_of_a_file_land_where_they_belong(file):
    arena = Arena(64 * MIB)
    spans = [(5, 17 * MIB), (17 * MIB + 5, 100), (30 * MIB, 3)]
    pieces = []
    for offset, size in reversed(spans):
        start = arena.take(size).start
        pieces.append(Piece(file, offset, Extent(start, start + size)))
    read(pieces, arena, never)
    data = file.read_bytes()
    for piece in pieces:
        assert bytes(arena.view[piece.target.start : piece.target.end]) == data[piece.offset :][: piece.target.size]


def test_it_stops_within_a_chunk_of_being_asked(file):
    arena = Arena(64 * MIB)
    extent = arena.take(40 * MIB)
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        read([Piece(file, 0, extent)], arena, lambda: next(asked, True), threads=1)
    assert bytes(arena.view[extent.start + reader.CHUNK :][:8]) == bytes(8)


def test_a_file_that_ends_early_is_refused_by_name(file):
    os.truncate(file, 20 * MIB)
    arena = Arena(64 * MIB)
    with pytest.raises(Rejected, match=f"data ends at byte {20 * MIB}") as raised:
        read([Piece(file, 0, arena.take(40 * MIB))], arena, never)
    assert raised.value.fault.code == "weights_changed"
