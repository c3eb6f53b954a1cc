"""How much host memory is there: the machine's, or what the container leaves."""

from pathlib import Path

import pytest

from gpu_runtime.models.memory import host

GIB = 1 << 30


@pytest.fixture
def machine(tmp_path):
    """A fake root: 20 GiB available; files are written below it by path."""

    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write("proc/meminfo", f"MemTotal:  {24 << 20} kB\nMemAvailable:   {20 << 20} kB\n")
    return tmp_path, write


def test_without_groups_it_is_what_the_kernel_has(machine):
    root, _ = machine
    assert host.available(root) == 20 * GIB
    assert host.budget(root) == 18 * GIB


def test_a_version_2_limit_counts_less_what_is_used_and_cache_is_not_used(machine):
    root, write = machine
    write("proc/self/cgroup", "0::/pod/box\n")
    write("sys/fs/cgroup/pod/box/memory.max", f"{8 * GIB}\n")
    write("sys/fs/cgroup/pod/box/memory.current", f"{5 * GIB}\n")
    write("sys/fs/cgroup/pod/box/memory.stat", f"anon {2 * GIB}\ninactive_file {2 * GIB}\nactive_file {GIB}\n")
    assert host.available(root) == 6 * GIB


def test_the_limit_of_a_group_further_up_counts_too(machine):
    root, write = machine
    write("proc/self/cgroup", "0::/pod/box\n")
    write("sys/fs/cgroup/pod/box/memory.max", "max\n")
    write("sys/fs/cgroup/pod/memory.max", f"{4 * GIB}\n")
    assert host.available(root) == 4 * GIB


def test_in_a_container_the_group_is_at_the_root_of_its_own_view(machine):
    root, write = machine
    write("proc/self/cgroup", "0::/kubepods/not/visible\n")
    write("sys/fs/cgroup/memory.max", f"{3 * GIB}\n")
    assert host.available(root) == 3 * GIB


def test_a_version_1_limit_counts_and_its_no_limit_does_not(machine):
    root, write = machine
    write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n")
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", f"{2**63 - 4096}\n")
    assert host.available(root) == 20 * GIB
    write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", f"{10 * GIB}\n")
    write("sys/fs/cgroup/memory/x/memory.usage_in_bytes", f"{GIB}\n")
    assert host.available(root) == 9 * GIB


def test_nothing_is_left_below_a_limit_that_is_used_up(machine):
    root, write = machine
    write("proc/self/cgroup", "0::/\n")
    write("sys/fs/cgroup/memory.max", f"{GIB}\n")
    assert host.budget(root) == 0


def test_this_machine_can_be_asked():
    assert host.available(Path("/")) > 0
