"""On a card copies and computation run beside each other: who waits for what. The device here is the processor, and
keeps a record of what it was asked for."""

import pytest

from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from tests.memory import tiny
from tests.memory.conftest import MIB, never


class Recorder(CpuDevice):
    """Events are numbers; `asked` is the calls that a card would have put in order."""

    def __init__(self):
        super().__init__(64 * MIB)
        self.events, self.asked = 0, []
        self.allocated = 0

    def allocate(self, size):
        self.allocated += 1
        return super().allocate(size)

    def _event(self, kind):
        self.events += 1
        self.asked.append((kind, self.events))
        return self.events

    def record(self):
        return self._event("copied")

    def computed(self):
        return self._event("computed")

    def wait(self, event):
        self.asked.append(("wait", event))

    def copy_after(self, event):
        self.asked.append(("copy after", event))

    def synchronise(self, event):
        self.asked.append(("synchronise", event))

    def of(self, kind):
        return [event for name, event in self.asked if name == kind]


@pytest.fixture
def device():
    return Recorder()


@pytest.fixture
def memory(device):
    return TorchMemory(device, 64 * MIB)


def test_each_block_waits_for_its_own_copy_only_and_once(memory, device, dit):
    memory.read("dit", dit, never)
    memory.upload("dit", never)
    copied = device.of("copied")
    assert len(copied) == 1 + tiny.DIT["num_layers"]
    module = memory.module("dit")
    assert device.of("wait") == copied[:1]
    seen = []
    for block in module.blocks:
        block.register_forward_pre_hook(lambda _block, _inputs: seen.append(len(device.of("wait"))))
    tiny.answer(module)
    assert device.of("wait") == copied
    assert seen == [2, 3, 4]
    tiny.answer(memory.module("dit"))
    assert device.of("wait") == copied


def test_blocks_come_in_the_order_in_which_they_ran(memory, device, tmp_path):
    tiny.saved(tiny.vace(), tmp_path)  # which declares its own blocks after the others, and runs them first
    memory.read("vace", tmp_path, never)
    for _ in range(2):
        memory.upload("vace", never)
        device.asked.clear()
        tiny.answer(memory.module("vace"))
        waited = device.of("wait")
        tiny.answer(memory.module("vace"))
        memory.release("vace")
    assert waited == sorted(waited)


def test_a_streamed_block_takes_the_bytes_of_one_that_has_computed_and_waits_for_that(memory, device, dit):
    memory.read("dit", dit, never)
    module = memory.module("dit", offload=True)
    tiny.answer(module)
    allocated = device.allocated
    device.asked.clear()
    tiny.answer(module)
    assert device.allocated == allocated
    computed, after = device.of("computed"), device.of("copy after")
    assert len(computed) == tiny.DIT["num_layers"]
    assert len(after) == tiny.DIT["num_layers"]
    for event in computed[:-1]:
        assert device.asked.index(("computed", event)) < device.asked.index(("copy after", event))


def test_host_memory_is_given_back_after_the_last_copy_from_it(memory, device, dit):
    memory.read("dit", dit, never)
    memory.upload("dit", never)
    last = device.of("copied")[-1]
    memory.drop("dit")
    assert device.of("synchronise") == [last]
