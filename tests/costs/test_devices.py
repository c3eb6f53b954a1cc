"""How long devices were there is known when their processes are not any more."""

from __future__ import annotations

from graphs.costs.film import project_cost
from storage.spending import Spending
from vibeboard.jobs import Account, DeviceSnapshot, Snapshot

NOTHING = Account(capacity=0, weights=0, work=0, used=0)


def snapshot(busy_s=None, idle_s=0.0) -> Snapshot:
    """A process with a device, or without."""
    if busy_s is None:
        return Snapshot(workers=1, queued=0, running=())
    device = DeviceSnapshot(device="cuda", memory=NOTHING, host=NOTHING, busy_s=busy_s, idle_s=idle_s)
    return Snapshot(workers=1, queued=0, running=(), devices=(device,))


def seen(project):
    devices = project_cost(Spending(project.store.engine, project.id), project.id, 3600.0).devices
    return devices.active_s, devices.idle_s, devices.usd


def test_a_process_at_work_counts_as_of_its_last_word(project):
    project.jobs.show("w:1", snapshot(10.0, 5.0))
    project.jobs.show("w:1", snapshot(12.0, 6.0))
    assert seen(project) == (12.0, 6.0, 18.0)


def test_a_process_that_ended_still_counts_and_is_not_at_work(project):
    project.jobs.show("w:1", snapshot(12.0, 6.0))
    project.jobs.leave("w:1")
    assert seen(project) == (12.0, 6.0, 18.0)
    assert project.jobs.workers() == []


def test_a_device_that_died_and_a_process_with_the_same_name_start_again_and_add_up(project):
    project.jobs.show("w:1", snapshot(12.0, 6.0))
    project.jobs.show("w:1", snapshot())
    project.jobs.show("w:1", snapshot(1.0, 1.0))
    project.jobs.show("w:1", snapshot(2.0, 1.0))
    assert seen(project) == (14.0, 7.0, 21.0)
    assert [worker.owner for worker in project.jobs.workers()] == ["w:1"]


def test_a_process_without_a_device_leaves_nothing(project):
    project.jobs.show("w:1", snapshot())
    project.jobs.leave("w:1")
    assert seen(project) == (0.0, 0.0, 0.0)
    assert Spending(project.store.engine, project.id).devices() == []
