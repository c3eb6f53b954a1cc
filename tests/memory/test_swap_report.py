"""The benchmark of moving weights, run with a tiny model: what it writes down, and when."""

from __future__ import annotations

import pytest
import torch

from benchmarks import swap, swap_cpu
from benchmarks.report import write_by_parts
from benchmarks.swap_weights import SMALL, model_bytes, write_model

TINY = {**SMALL, "num_attention_heads": 1, "ffn_dim": 256, "num_layers": 2}


def test_what_was_measured_before_a_part_failed_is_written_down(tmp_path):
    def parts():
        yield "the first\n"
        yield "the second\n"
        raise MemoryError("the third")

    with pytest.raises(MemoryError):
        write_by_parts(tmp_path / "report.md", "head\n", parts())
    assert (tmp_path / "report.md").read_text() == "head\nthe first\nthe second\n"


def test_the_half_for_the_processor_can_be_measured_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(swap, "REPORTS", tmp_path)
    monkeypatch.setattr(swap_cpu, "SMALL", TINY)
    swap.main(["--only", "cpu"])
    report = (tmp_path / "swap_cpu.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["swap_cpu.md"]
    assert all(part in report for part in ("| from disk |", "| swap |", "| adapters, rank 32"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_the_half_for_a_card_says_that_there_is_none(capsys):
    with pytest.raises(SystemExit):
        swap.main(["--only", "cuda"])
    assert "there is no CUDA device here" in capsys.readouterr().err


def test_the_room_that_a_model_takes_is_known_before_it_is_written(tmp_path):
    assert model_bytes(TINY) == write_model(tmp_path / "model", TINY)
