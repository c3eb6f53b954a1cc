import pytest
import torch

from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from tests.memory import tiny

MIB = 1 << 20


def never():
    return False


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def memory():
    return TorchMemory(CpuDevice(64 * MIB), 64 * MIB)


@pytest.fixture(scope="session")
def dit(tmp_path_factory):
    """A folder with a tiny Wan transformer."""
    return tiny.saved(tiny.transformer(), tmp_path_factory.mktemp("dit"))


@pytest.fixture
def loaded(memory, dit):
    """A memory with the tiny transformer uploaded as `dit`."""
    memory.read("dit", dit, never)
    memory.upload("dit", never)
    return memory
