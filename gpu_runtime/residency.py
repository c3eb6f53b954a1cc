"""Where weights are and who holds them: a state machine, and the plan that makes a job's weights resident.

It moves no bytes and knows no clock: whoever drives it (the device runtime, or a simulation) carries out the moves of
a plan and says what became of each. Weights never change, so leaving the device costs nothing: the copy in host memory,
or the file, is still there.

    on disk --READ--> in host --UPLOAD--> on device --RELEASE--> in host, or on disk if the host's copy was dropped
                      in host --DROP----> on disk

An uploaded component keeps its host copy as long as the host has room, so that coming back is an upload. It can be
dropped while the component is in use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from gpu_runtime.eviction import READ_COST, Candidate, victims
from gpu_runtime.ledger import Ledger
from gpu_runtime.moves import Move, MoveKind, Need, State, TooBig
from vibeboard.jobs import Resident

__all__ = ["Move", "MoveKind", "Need", "Residency", "State", "TooBig"]

SMALL = 1 / 16
"""Of the device: components below are co-tenants, which make a big one that will be used leave only if they must."""
_UPLOADED, _WAITING = 1, 2
"""Ranks of host copies: one of weights that are on the device is needed only after they have left it."""

_MOVING = {
    MoveKind.READ: State.READING,
    MoveKind.UPLOAD: State.UPLOADING,
    MoveKind.RELEASE: State.RELEASING,
}
_BEGINS_IN = {
    MoveKind.READ: (State.ON_DISK,),
    MoveKind.UPLOAD: (State.IN_HOST,),
    MoveKind.RELEASE: (State.ON_DEVICE,),
    MoveKind.DROP: (State.IN_HOST, State.ON_DEVICE, State.FAILED),
}


class Residency:
    """Components by id with their `sizes` in bytes, over a device's and the host's ledger. More may be added to `sizes`
    at any time; a new one is on disk."""

    def __init__(self, sizes: Mapping[str, int], device: Ledger, host: Ledger) -> None:
        self.sizes, self.device, self.host = dict(sizes), device, host
        self._on_device: set[str] = set()
        self._in_host: set[str] = set()
        self._failed: set[str] = set()
        self._in_flight: dict[str, MoveKind] = {}
        self._held: dict[str, Need] = {}
        self._leases: Counter[str] = Counter()
        self._host_leases: Counter[str] = Counter()
        self._last_use: dict[str, int] = {}
        self._uses = 0

    @property
    def occupied(self) -> bool:
        """Whether any weights are on the device or in host memory, or on their way there."""
        return bool(self._on_device or self._in_host or self._in_flight)

    def on_device(self) -> tuple[str, ...]:
        """What is on the device or on its way there: its bytes are booked."""
        return tuple(component for component in self.sizes if self._books_device(component))

    def state(self, component: str) -> State:
        moving = _MOVING.get(self._in_flight.get(component, MoveKind.DROP))
        if moving is not None:
            return moving
        if component in self._failed:
            return State.FAILED
        if component in self._on_device:
            return State.ON_DEVICE
        return State.IN_HOST if component in self._in_host else State.ON_DISK

    def plan(self, need: Need, next_use: Mapping[str, float], *, host_only: bool = False) -> list[Move] | None:
        """Moves that make `need` resident, evictions first, or nothing when leased or failed weights are in the way.

        `next_use` holds, for components that known jobs will use, the seconds until then: what is used last goes first
        (Belady), what nobody is known to need goes before that, weighed by what it costs to bring back. A need of small
        components alone makes known big ones leave last. `host_only` plans a prefetch into host memory, of as much of
        the need as goes there. A prefetch evicts nothing that is used sooner than what it brings.

        Moves in flight count as done, so that weights on their way are not fetched twice. A driver therefore begins a
        move of a plan only when nothing is in flight (it waits, or stops a move that the need does not want), and plans
        again after every end or abort. An empty plan means that the need can be leased as soon as nothing is in flight.
        Where the host cannot hold all that has to be read at once, reads, uploads and drops take turns.

        Raises:
            TooBig: the need exceeds the memory even when it is empty.
        """
        wanted = tuple(dict.fromkeys(need.weights))
        self._check_size(need, host_only)
        if any(component in self._failed for component in (*wanted, *need.streamed)):
            return None
        if host_only:
            return self._prefetch((*wanted, *need.streamed), next_use)
        missing = [component for component in wanted if not self._will_be_on_device(component)]
        leaving = self._leaving_device(wanted, missing, need, next_use)
        if leaving is None:
            return None
        arrivals = self._arrivals(missing, need.streamed, leaving, next_use)
        return None if arrivals is None else [*(Move(MoveKind.RELEASE, name) for name in leaving), *arrivals]

    def begin(self, move: Move) -> None:
        """The move starts; its bytes are booked.

        Raises:
            ValueError: the move is not legal now. It cannot happen to a move of a fresh plan with nothing in flight.
        """
        kind, component = move
        legal = component not in self._in_flight and self.state(component) in _BEGINS_IN[kind]
        if kind is MoveKind.RELEASE:
            legal = legal and not self._leases[component]
        elif kind is MoveKind.DROP:
            legal = legal and component in self._in_host and not self._host_leases[component]
        else:
            ledger = self.host if kind is MoveKind.READ else self.device
            legal = legal and ledger.book(component, self.sizes[component])
        if not legal:
            raise ValueError(f"{component} is {self.state(component)}: it cannot begin to {kind} now")
        self._in_flight[component] = kind

    def end(self, move: Move) -> None:
        """The move is done."""
        kind, component = self._landed(move)
        if kind is MoveKind.READ:
            self._in_host.add(component)
        elif kind is MoveKind.UPLOAD:
            self._on_device.add(component)
        elif kind is MoveKind.RELEASE:
            self._on_device.discard(component)
            self.device.release(component)
        else:
            self._in_host.discard(component)
            self.host.release(component)

    def abort(self, move: Move, *, failed: bool = False) -> None:
        """The move was cancelled, or `failed`; its bytes are given back. A failed component is read again only after
        `forgive`."""
        kind, component = self._landed(move)
        if kind is MoveKind.READ:
            self.host.release(component)
        elif kind is MoveKind.UPLOAD:
            self.device.release(component)
        if failed:
            self._failed.add(component)

    def forgive(self, component: str) -> None:
        """A failed component may be tried again, from where its last good copy is."""
        self._failed.discard(component)

    def lease(self, holder: str, need: Need) -> bool:
        """Hold all of a need that is on the device, and its room; false, and nothing held, when any is missing.

        Raises:
            ValueError: the holder holds something already; holding one thing while waiting for another can deadlock.
        """
        if holder in self._held:
            raise ValueError(f"{holder} holds a need already: give it back first")
        if any(self.state(component) is not State.ON_DEVICE for component in need.weights):
            return False
        if any(self.state(component) is not State.IN_HOST for component in need.streamed):
            return False
        if not self.device.book(_room_of(holder), need.work):
            return False
        self._held[holder] = need
        self._uses += 1
        for component in set(need.weights):
            self._leases[component] += 1
            self._last_use[component] = self._uses
        for component in set(need.streamed):
            self._host_leases[component] += 1
            self._last_use[component] = self._uses
        return True

    def give_back(self, holder: str) -> None:
        """What was leased is free to go; nothing happens if nothing was."""
        need = self._held.pop(holder, None)
        if need is not None:
            self._leases.subtract(set(need.weights))
            self._host_leases.subtract(set(need.streamed))
            self.device.release(_room_of(holder))

    def is_free(self, component: str) -> bool:
        """Whether nobody holds it, on the device or in host memory."""
        return not self._leases[component] and not self._host_leases[component]

    def setup_bytes(self, need: Need) -> tuple[int, int]:
        """Bytes to read and bytes to upload before the need is resident; what is on its way counts in full."""
        states = {component: self.state(component) for component in (*need.weights, *need.streamed)}
        lower = (State.ON_DISK, State.READING, State.FAILED)
        to_read = sum(self.sizes[component] for component, state in states.items() if state in lower)
        to_upload = sum(self.sizes[name] for name in need.weights if states[name] is not State.ON_DEVICE)
        return to_read, to_upload

    def residents(self) -> tuple[Resident, ...]:
        """Every component and where it is, for people."""
        return tuple(
            Resident(
                component=component,
                state=self.state(component),
                bytes=size,
                leases=self._leases[component] + self._host_leases[component],
            )
            for component, size in self.sizes.items()
        )

    def _check_size(self, need: Need, host_only: bool) -> None:
        wanted = set(need.weights)
        on_device = sum(self.sizes[component] for component in wanted) + need.work
        if on_device > self.device.capacity and not host_only:
            raise TooBig("device", on_device, self.device.capacity)
        largest = max((self.sizes[component] for component in wanted if component not in self._on_device), default=0)
        in_host = largest + sum(self.sizes[component] for component in set(need.streamed))
        if in_host > self.host.capacity:
            raise TooBig("host", in_host, self.host.capacity)

    def _books_device(self, component: str) -> bool:
        return component in self._on_device or self._in_flight.get(component) is MoveKind.UPLOAD

    def _will_be_on_device(self, component: str) -> bool:
        return self._books_device(component) and self._in_flight.get(component) is not MoveKind.RELEASE

    def _will_be_in_host(self, component: str) -> bool:
        moving = self._in_flight.get(component)
        return moving is MoveKind.READ or (component in self._in_host and moving is not MoveKind.DROP)

    def _leaving_device(
        self, wanted: tuple[str, ...], missing: list[str], need: Need, next_use: Mapping[str, float]
    ) -> list[str] | None:
        streamed = [component for component in need.streamed if self._will_be_on_device(component)]
        if any(self._leases[component] or component in self._in_flight for component in streamed):
            return None
        lacking = sum(self.sizes[component] for component in missing) + need.work - self.device.free
        lacking -= sum(self.sizes[component] for component in streamed)
        lacking -= sum(self.sizes[name] for name, kind in self._in_flight.items() if kind is MoveKind.RELEASE)
        small = self.device.capacity * SMALL
        guest = all(self.sizes[component] < small for component in wanted)
        candidates = []
        for component in self._on_device:
            if component in (*wanted, *streamed) or self._leases[component] or component in self._in_flight:
                continue
            rank = int(guest and self.sizes[component] >= small and component in next_use)
            cost = 1.0 if component in self._in_host else 1.0 + READ_COST
            candidates.append(self._candidate(component, next_use, cost, rank))
        others = victims(lacking, candidates)
        return None if others is None else [*streamed, *others]

    def _arrivals(
        self, missing: list[str], streamed: tuple[str, ...], leaving: list[str], next_use: Mapping[str, float]
    ) -> list[Move] | None:
        moves = [Move(MoveKind.UPLOAD, component) for component in missing if self._will_be_in_host(component)]
        to_read = [component for component in (*streamed, *missing) if not self._will_be_in_host(component)]
        free = self._host_free()
        copies = self._host_copies(next_use, spared=(*to_read, *streamed), leaving=leaving)
        for component in to_read:
            dropped = victims(self.sizes[component] - free, copies.values())
            if dropped is None:
                return None
            free += sum(copies.pop(name).size for name in dropped) - self.sizes[component]
            moves += [Move(MoveKind.DROP, name) for name in dropped]
            moves.append(Move(MoveKind.READ, component))
            if component in streamed:
                continue
            moves.append(Move(MoveKind.UPLOAD, component))
            copies[component] = self._candidate(component, next_use, READ_COST, _UPLOADED)
        return moves

    def _prefetch(self, wanted: tuple[str, ...], next_use: Mapping[str, float]) -> list[Move] | None:
        moves: list[Move] = []
        missing = [name for name in wanted if not self._will_be_on_device(name) and not self._will_be_in_host(name)]
        free = self._host_free()
        copies = self._host_copies(next_use, spared=wanted, leaving=())
        for component in missing:
            until = next_use.get(component, float("inf"))
            later = [copy for copy in copies.values() if copy.rank < _WAITING or (copy.next_use or 0.0) > until]
            dropped = victims(self.sizes[component] - free, later)
            if dropped is None:
                continue
            free += sum(copies.pop(name).size for name in dropped) - self.sizes[component]
            moves += [*(Move(MoveKind.DROP, name) for name in dropped), Move(MoveKind.READ, component)]
        return moves if moves or not missing else None

    def _host_free(self) -> int:
        """Bytes that are free when the drops in flight have ended."""
        dropping = (self.sizes[name] for name, kind in self._in_flight.items() if kind is MoveKind.DROP)
        return self.host.free + sum(dropping)

    def _host_copies(
        self, next_use: Mapping[str, float], spared: Collection[str], leaving: Collection[str]
    ) -> dict[str, Candidate]:
        """Copies in host memory that may be dropped, by component. Those of weights that stay on the device go before
        those that would have to be read before their next use."""
        copies: dict[str, Candidate] = {}
        for component in self._in_host:
            if component in spared or component in self._in_flight or self._host_leases[component]:
                continue
            uploaded = component in self._on_device and component not in leaving
            known = _UPLOADED if uploaded else _WAITING
            rank = known if component in next_use else 0
            copies[component] = self._candidate(component, next_use, READ_COST, rank)
        return copies

    def _candidate(self, component: str, next_use: Mapping[str, float], cost: float, rank: int) -> Candidate:
        age = self._uses - self._last_use.get(component, 0)
        return Candidate(component, self.sizes[component], next_use.get(component), age, cost, rank)

    def _landed(self, move: Move) -> Move:
        if self._in_flight.get(move.component) is not move.kind:
            raise ValueError(f"{move.component} does not {move.kind} now")
        del self._in_flight[move.component]
        return move


def _room_of(holder: str) -> str:
    return f"work of {holder}"
