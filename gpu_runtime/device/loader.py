"""The thread that moves weights: one move at a time, what a job waits for before what a later job will want."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gpu_runtime.manifest import Manifest
from gpu_runtime.memory import Memory
from gpu_runtime.residency import Move, MoveKind, Need, Residency, State, TooBig
from gpu_runtime.weights import Weights
from vibeboard.faults import Cancelled, Rejected

Forecast = Callable[[], tuple[Mapping[str, float], tuple[Need, ...]]]
"""Called under the lock: seconds until each component's next known use, and the needs to fetch ahead, soonest first."""


@dataclass
class Traffic:
    """What was moved since the start, and the seconds that it took."""

    reads: int = 0
    read_bytes: int = 0
    read_s: float = 0.0
    uploads: int = 0
    uploaded_bytes: int = 0
    upload_s: float = 0.0
    evictions: int = 0


class Loader:
    """Carries out the plans of a residency. All but the moves themselves happens under `lock`, which is notified
    whenever weights have arrived or failed to."""

    def __init__(
        self, residency: Residency, memory: Memory, weights: Weights, lock: threading.Condition, forecast: Forecast
    ) -> None:
        self._residency, self._memory, self._weights = residency, memory, weights
        self._lock, self._forecast = lock, forecast
        self._wanted: Need | None = None
        self._trouble: Exception | None = None
        self._moving: Move | None = None
        self._stop = threading.Event()
        self._waiting = 0
        self._digests: dict[str, str] = {}
        self._replaced: dict[str, Manifest] = {}
        self._closing = False
        self.traffic = Traffic()
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._lock:
            self._closing = True
            self._stop.set()
            self._lock.notify_all()
        self._thread.join()

    def know(self, manifests: Mapping[str, Manifest]) -> None:
        """What is installed now. Weights of another content than before leave as soon as no job holds them, and until
        then no other job gets them. The lock is held."""
        for component, manifest in manifests.items():
            known = self._digests.get(component)
            if known is None:
                self._learn(component, manifest)
            elif known != manifest.digest:
                self._replaced[component] = manifest
            else:
                self._replaced.pop(component, None)
        self._lock.notify_all()

    def _learn(self, component: str, manifest: Manifest) -> None:
        self._residency.sizes[component] = manifest.tensor_bytes
        self._digests[component] = manifest.digest

    def has(self, component: str, digest: str) -> bool:
        """Whether what is in memory, or will be, is of this content. The lock is held.

        Raises:
            Rejected: `weights_changed`; other weights have taken their place meanwhile.
        """
        installed = self._replaced.get(component)
        if digest != (installed.digest if installed else self._digests[component]):
            raise _replaced(component)
        return installed is None

    def want(self, need: Need) -> None:
        """Load this before all else, once more if it failed before. The lock is held."""
        if need == self._wanted:
            return
        for component in _all_of(need):
            self._residency.forgive(component)
        self._wanted, self._trouble = need, None
        if self._moving and self._moving.component not in _all_of(need):
            self._stop.set()
        self._lock.notify_all()

    def forget(self) -> None:
        """Nobody waits any more: a move under way stops within a chunk. The lock is held."""
        if self._wanted is not None:
            self._wanted = None
            self._stop.set()
            self._lock.notify_all()  # there may be something to read ahead now

    def trouble(self) -> Exception | None:
        """Why what is wanted cannot be had. The lock is held."""
        return self._trouble

    def clear(self, *, keep_host: bool = False) -> None:
        """Empty the device, and the host's part too, of everything that no job holds. The lock is held; it is given
        away until a move under way has ended, which a prefetch does at once."""
        self._waiting += 1
        if self._wanted is None:
            self._stop.set()
        self._lock.wait_for(lambda: self._moving is None)
        self._waiting -= 1
        for resident in self._residency.residents():
            if not resident.leases:
                self._leave(resident.component, keep_host=keep_host)
        self._lock.notify_all()

    def _leave(self, component: str, *, keep_host: bool) -> None:
        self._residency.forgive(component)
        if self._residency.state(component) is State.ON_DEVICE:
            self._quick(Move(MoveKind.RELEASE, component))
        if not keep_host and self._residency.state(component) is State.IN_HOST:
            self._quick(Move(MoveKind.DROP, component))

    def _quick(self, move: Move) -> None:
        self._residency.begin(move)
        self._carry_out(move)
        self._residency.end(move)

    def _run(self) -> None:
        while (move := self._await_move()) is not None:
            failure: Exception | None = None
            begin = time.monotonic()
            arrived = None
            try:
                arrived = self._carry_out(move)
            except Exception as error:  # noqa: BLE001  (becomes the fault of the job that waits for these weights)
                failure = error.with_traceback(None)
            with self._lock:
                self._settle(move, failure)
            if failure is None:
                self._count(move, begin, arrived)

    def _await_move(self) -> Move | None:
        with self._lock:
            while not self._closing:
                move = self._next()
                if move is not None:
                    self._stop.clear()
                    self._residency.begin(move)
                    self._moving = move
                    return move
                self._lock.wait()
        return None

    def _next(self) -> Move | None:
        if self._waiting:
            return None
        self._renew()
        next_use, ahead = self._forecast()
        if self._wanted is not None:
            return None if self._trouble else self._wanted_move(self._wanted, next_use)
        return next((move for need in ahead if (move := self._ahead_move(need, next_use))), None)

    def _renew(self) -> None:
        """Let go of what was replaced on disk; nothing moves now."""
        for component in list(self._replaced):
            if self._residency.is_free(component):
                self._leave(component, keep_host=False)
                self._learn(component, self._replaced.pop(component))
                self._lock.notify_all()

    def _wanted_move(self, need: Need, next_use: Mapping[str, float]) -> Move | None:
        try:
            moves = self._residency.plan(need, next_use)
        except TooBig as error:
            self._trouble = error
            self._lock.notify_all()
            return None
        return moves[0] if moves else None

    def _ahead_move(self, need: Need, next_use: Mapping[str, float]) -> Move | None:
        try:
            moves = self._residency.plan(need, next_use, host_only=True)
        except TooBig:
            return None
        return moves[0] if moves else None

    def _carry_out(self, move: Move) -> Callable[[], None] | None:
        """For an upload, what waits until it has arrived: the job may begin before that."""
        if move.kind is MoveKind.READ:
            self._weights.check(move.component, stopping=self._stop.is_set)
            if self._weights.needed(move.component).digest != self._digests[move.component]:
                raise _replaced(move.component)
            self._memory.read(move.component, self._weights.folder(move.component), self._stop.is_set)
        elif move.kind is MoveKind.UPLOAD:
            return self._memory.upload(move.component, self._stop.is_set)
        elif move.kind is MoveKind.RELEASE:
            self._memory.release(move.component)
        else:
            self._memory.drop(move.component)
        return None

    def _settle(self, move: Move, failure: Exception | None) -> None:
        self._moving = None
        if failure is None:
            self._residency.end(move)
        else:
            stopped = isinstance(failure, Cancelled)
            self._residency.abort(move, failed=not stopped)
            if self._wanted is not None and move.component in _all_of(self._wanted) and not stopped:
                self._trouble = failure
        self._lock.notify_all()

    def _count(self, move: Move, begin: float, arrived: Callable[[], None] | None) -> None:
        if arrived is not None:
            arrived()
        seconds = time.monotonic() - begin
        with self._lock:
            self._add(move, seconds)

    def _add(self, move: Move, seconds: float) -> None:
        size, traffic = self._residency.sizes[move.component], self.traffic
        if move.kind is MoveKind.READ:
            traffic.reads, traffic.read_bytes = traffic.reads + 1, traffic.read_bytes + size
            traffic.read_s += seconds
        elif move.kind is MoveKind.UPLOAD:
            traffic.uploads, traffic.uploaded_bytes = traffic.uploads + 1, traffic.uploaded_bytes + size
            traffic.upload_s += seconds
        else:
            traffic.evictions += 1


def _replaced(component: str) -> Rejected:
    reason = f"{component} was replaced by other weights while this waited: make the film again"
    return Rejected("weights_changed", reason)


def _all_of(need: Need) -> tuple[str, ...]:
    return (*need.weights, *need.streamed)
