"""How much host memory weights may take. What counts in a container is its own limit, not the machine's memory."""

from __future__ import annotations

from pathlib import Path

_HEADROOM = 0.1
_LEAST_HEADROOM = 1 << 30
_UNLIMITED = 1 << 60  # version 1 says "no limit" with a number near 2**63
_CACHE_V2 = ("inactive_file", "active_file")
_CACHE_V1 = ("total_inactive_file", "total_active_file")


def available(root: Path = Path("/")) -> int:
    """Bytes that this process could still take: what the kernel has, or what the closest control group leaves.

    `root` holds `proc` and `sys`. Page cache that a group can give back does not count as used.
    """
    return max(0, min([_meminfo(root), *_group_rooms(root)]))


def budget(root: Path = Path("/")) -> int:
    """Bytes for weights: what is available, less a tenth and at least 1 GiB for everything else."""
    room = available(root)
    return max(0, room - max(_LEAST_HEADROOM, int(room * _HEADROOM)))


def _meminfo(root: Path) -> int:
    lines = (root / "proc/meminfo").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields["MemAvailable"].split()[0]) * 1024


def _group_rooms(root: Path) -> list[int]:
    """What is left below the limit of each control group around this process."""
    rooms = []
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            rooms += _rooms(root / "sys/fs/cgroup", path, "memory.max", "memory.current", _CACHE_V2)
        elif "memory" in controllers.split(","):
            base = root / "sys/fs/cgroup/memory"
            rooms += _rooms(base, path, "memory.limit_in_bytes", "memory.usage_in_bytes", _CACHE_V1)
    return rooms


def _rooms(base: Path, path: str, limit_file: str, usage_file: str, cache: tuple[str, ...]) -> list[int]:
    """For the group and those above it. In a container with its own view the path may not exist; the base does."""
    group, rooms = base / path.strip("/"), []
    for folder in (group, *group.parents):
        limit = _number(folder / limit_file)
        if limit is not None and limit < _UNLIMITED:
            rooms.append(limit - (_number(folder / usage_file) or 0) + _reclaimable(folder, cache))
        if folder == base:
            break
    return rooms


def _reclaimable(folder: Path, names: tuple[str, ...]) -> int:
    fields = dict(line.split() for line in _lines(folder / "memory.stat"))
    return sum(int(fields.get(name, 0)) for name in names)


def _number(path: Path) -> int | None:
    """The number in a file; nothing when there is none, or it says `max`."""
    text = next(iter(_lines(path)), "")
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
