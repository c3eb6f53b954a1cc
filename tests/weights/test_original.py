"""A checkpoint in the layout of Wan's authors, installed from one file and loaded as any component."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from gpu_runtime.weights import never
from tests.weights.conftest import DIT, contents
from vibeboard.faults import Rejected

FOLDER = Path(os.environ.get("VIBEBOARD_PARITY_DIR", Path(__file__).parents[3] / "shared" / "parity"))


def test_it_computes_what_the_authors_code_does(weights):
    golden = FOLDER / "wan_dit"
    if not golden.is_dir():
        pytest.skip(f"{golden} is not there; VIBEBOARD_PARITY_DIR names the folder of golden data")
    manifest = weights.install(DIT, golden / "weights.safetensors")
    assert manifest.tensor_bytes == sum(item.nbytes for item in load_file(golden / "weights.safetensors").values())
    memory = TorchMemory(CpuDevice(1 << 28), 1 << 28)
    memory.read("dit", weights.folder("dit"), never)
    memory.upload("dit", never)
    inputs, expected = load_file(golden / "inputs.safetensors"), load_file(golden / "expected.safetensors")
    case = {name.removeprefix("case0."): item for name, item in inputs.items() if name.startswith("case0.")}
    with torch.no_grad():
        sample = memory.module("dit")(**case, return_dict=False)[0]
    assert (sample - expected["case0.sample"]).abs().max() <= 1e-5 * expected["case0.sample"].abs().max()


def test_a_file_of_something_else_is_refused_and_leaves_nothing(weights, tmp_path):
    save_file({"something.else": torch.ones(3)}, tmp_path / "it.safetensors")
    with pytest.raises(Rejected) as raised:
        weights.install(DIT, tmp_path / "it.safetensors")
    assert raised.value.fault.code == "not_wan"
    assert contents(weights.root) == {}
