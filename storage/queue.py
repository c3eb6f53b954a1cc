"""The job table as a queue between the orchestrator, which offers, and workers by themselves, which take."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import ColumnElement, Exists, Subquery, and_, case, delete, func, or_, update
from sqlmodel import Session, col, select

from storage.database import writing
from storage.jobs import JobTable, insert_new, job_of
from storage.tables import JobRow, SwitchRow, WorkerRow, aware, now
from vibeboard.asset import Result
from vibeboard.counting import counted
from vibeboard.digest import canonical, sha256
from vibeboard.faults import Fault, FaultKind, Rejected
from vibeboard.jobs import AT_WORK, Job, JobClass, JobState, JobView, Progress, Snapshot, Stock, Wish, WorkerView

LEASE = timedelta(seconds=30)
"""How long a worker that says nothing keeps its jobs."""
GONE_AFTER = timedelta(seconds=10)
"""How long a worker that says nothing is shown."""
MOST_LOST = 3
"""So many workers may die with a job before it is given up."""
_PAST = " until "
"""In the owner of a row that is kept for the time of its devices only; no process has such a name."""

_PAUSED, _STOCK = "paused", "stock of "
_RANK = case((col(JobRow.job_class) == JobClass.INTERACTIVE, 0), (col(JobRow.job_class) == JobClass.BATCH, 1), else_=2)


def process_name() -> str:
    """The name under which this process owns jobs."""
    return f"{_here()}:{os.getpid()}"


@cache
def _here() -> str:
    """Names those processes that know each other by number: of one boot of one machine, and of one container in it.
    Containers and machines may well have the same host name."""
    boot, numbers = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    found = [path.read_text() for path in (boot,) if path.exists()]
    found += [str(path.stat().st_ino) for path in (numbers,) if path.exists()]
    host = socket.gethostname()
    return f"{host}-{sha256(canonical([host, *found]))[:8]}"


class WorkQueue(JobTable):
    """`vibeboard.jobs.JobQueue` over the job table. Every change is one statement or one transaction, so that two
    workers never have the same attempt."""

    def offer(self, job: Job) -> None:
        """Let a worker take a job that was claimed."""
        offered = (
            update(JobRow)
            .where(
                col(JobRow.key) == job.key,
                col(JobRow.attempt) == job.attempt,
                col(JobRow.state) == JobState.RUNNING,
            )
            .values(state=JobState.QUEUED, owner="", queued_at=now(), updated_at=now())
        )
        self._execute(offered)

    def look(self, keys: Iterable[str]) -> dict[str, JobView]:
        """What became of jobs, by key."""
        with Session(self._engine) as session:
            rows = session.exec(select(JobRow).where(col(JobRow.key).in_(list(keys)))).all()
        return {row.key: _view(row) for row in rows}

    def stop(self, key: str) -> None:
        """Ask for a job's end, whoever wants it: at once if nobody has it, else the worker that has it will see to
        it."""
        self._stop(col(JobRow.key) == key)

    def withdraw(self, key: str) -> None:
        """The same for a job that the film wants no more, unless another film has asked for it since."""
        self._stop(col(JobRow.key) == key, col(JobRow.project_id) == self._project_id)

    def _stop(self, *which: ColumnElement[bool]) -> None:
        cancelled = Fault(kind=FaultKind.CANCELLED, code="cancelled", message="cancelled").model_dump_json()
        waits = col(JobRow.state) == JobState.QUEUED
        with writing(self._engine) as session:
            session.execute(update(JobRow).where(*which, waits).values(state=JobState.FAILED, fault=cancelled))
            session.execute(update(JobRow).where(*which).values(stop=True))
            session.commit()

    def at_work(self, prefix: str = "") -> list[Job]:
        """The jobs that wait for somebody or are in somebody's hands and whose keys begin with `prefix`."""
        mine = (
            col(JobRow.state).in_(AT_WORK),
            col(JobRow.key).startswith(prefix, autoescape=True),
        )
        with Session(self._engine) as session:
            return [job_of(row) for row in session.exec(select(JobRow).where(*mine).order_by(col(JobRow.key)))]

    def stopped(self, owner: str) -> list[str]:
        """The keys of what a process does itself, by no lease, and that somebody asked to stop."""
        own = (JobRow.owner == owner, JobRow.state == JobState.RUNNING, col(JobRow.leased_until).is_(None))
        with Session(self._engine) as session:
            return list(session.exec(select(JobRow.key).where(*own, col(JobRow.stop).is_(True))))

    def take(
        self,
        owner: str,
        most: int,
        job_class: JobClass | None = None,
        without: Collection[str] = (),
        revisions: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Job]:
        """Up to `most` waiting jobs, the most urgent first, leased to a worker as new attempts. Left to others are
        those of the engines `without` which it is, and those that are named by another revision of an engine than it
        has (`revisions`): it would file something else under their names. Films take turns: of the jobs of one class,
        that of the film with the fewest at work goes first. Workers of a Postgres database pass over the rows that
        another is just taking, and wait for nobody."""
        turns = _turns(job_class, _can_make(without, revisions))
        order = (_RANK, turns.c.turn, col(JobRow.queued_at), col(JobRow.key))
        urgent = (
            select(JobRow.key)
            .join(turns, turns.c.key == col(JobRow.key))
            .where(JobRow.state == JobState.QUEUED, ~_all_paused())
            .order_by(*order)
            .limit(most)
            .with_for_update(skip_locked=True, of=JobRow)
            .cte("urgent")
        )
        taken = (
            update(JobRow)
            .where(col(JobRow.key).in_(select(urgent.c.key)), col(JobRow.state) == JobState.QUEUED)
            .values(
                state=JobState.RUNNING,
                owner=owner,
                attempt=JobRow.attempt + 1,
                leased_until=now() + LEASE,
                progress="",
                updated_at=now(),
            )
            .returning(JobRow)
        )
        with Session(self._engine) as session:
            jobs = [job_of(row) for row in session.execute(taken).scalars().all()]
            session.commit()
        return jobs

    def beat(self, owner: str, held: Mapping[str, Progress | None]) -> frozenset[str]:
        """Renew a worker's leases of what it has in hand and say how far that is; the keys of those that shall stop,
        because somebody asked for it or because they are no longer the worker's. What it had in hand when it was cut
        off for longer than its lease is its own again unless somebody has taken it."""
        queued = (col(JobRow.owner) == owner, col(JobRow.state) == JobState.QUEUED, col(JobRow.key).in_(list(held)))
        mine = (col(JobRow.owner) == owner, col(JobRow.state) == JobState.RUNNING, col(JobRow.key).in_(list(held)))
        with Session(self._engine) as session:
            session.execute(update(JobRow).where(*queued).values(state=JobState.RUNNING, lost=JobRow.lost - 1))
            session.execute(update(JobRow).where(*mine).values(leased_until=now() + LEASE))
            for key, event in held.items():
                if event is not None:
                    told = update(JobRow).where(*mine, col(JobRow.key) == key).values(progress=event.model_dump_json())
                    session.execute(told)
            wanted = session.exec(select(JobRow.key).where(*mine, col(JobRow.stop).is_(False))).all()
            session.commit()
        return frozenset(held) - frozenset(wanted)

    def expire(self, spared: str = "") -> int:
        """Queue again what workers that died or fell silent had in hand; how many jobs that were. A worker spares
        itself: if it was silent, nobody has taken its jobs yet."""
        leased = (JobRow.state == JobState.RUNNING, col(JobRow.leased_until).is_not(None), JobRow.owner != spared)
        with Session(self._engine) as session:
            holders = session.exec(select(JobRow.owner, JobRow.leased_until).where(*leased).distinct())
            if not any(_is_lost(*holder) for holder in holders):
                return 0
        with writing(self._engine) as session:
            held = session.exec(select(JobRow).where(*leased).with_for_update(skip_locked=True))
            lost = [row for row in held if _is_lost(row.owner, row.leased_until)]
            for row in lost:
                row.lost, row.leased_until = row.lost + 1, None
                row.state = JobState.QUEUED if row.lost < MOST_LOST else JobState.FAILED
                row.fault = "" if row.lost < MOST_LOST else _given_up(row).model_dump_json()
                session.add(row)
            session.commit()
            return len(lost)

    def show(self, owner: str, snapshot: Snapshot, stock: Stock | None = None) -> Wish | None:
        """Say what a process is doing and what it can do; what somebody wishes it to do, once."""
        with writing(self._engine) as session:
            row = session.get(WorkerRow, owner, with_for_update=True) or self._new_worker(session, owner)
            wish, row.wish = row.wish, ""
            _keep_past(session, row, snapshot)
            row.snapshot, row.beat_at = snapshot.model_dump_json(), now()
            told = stock.model_dump_json() if stock else None
            if stock and told != row.stock:
                _remember(session, stock)
            row.stock = told
            session.add(row)
            session.commit()
        return Wish(wish) if wish else None

    def _new_worker(self, session: Session, owner: str) -> WorkerRow:
        """A row for a process that was not seen before; those of processes that died go."""
        session.execute(delete(WorkerRow).where(col(WorkerRow.beat_at) < now() - LEASE))
        return WorkerRow(owner=owner, snapshot="")

    def leave(self, owner: str) -> None:
        """The process ends; how long its devices were there stays."""
        with writing(self._engine) as session:
            if (row := session.get(WorkerRow, owner, with_for_update=True)) is not None:
                _keep_past(session, row, Snapshot(workers=0, queued=0, running=()))
                session.delete(row)
            session.commit()

    def workers(self) -> list[WorkerView]:
        """The processes that are at work now."""
        with Session(self._engine) as session:
            there = select(WorkerRow).where(~col(WorkerRow.owner).contains(_PAST))
            rows = session.exec(there.order_by(col(WorkerRow.owner))).all()
        recent = [row for row in rows if now() - aware(row.beat_at) < GONE_AFTER and not is_dead(row.owner)]
        return [_worker(row) for row in recent]

    def last_stocks(self) -> dict[str, Stock]:
        """By engine, the stock of the last worker that came to have it ready, there or not."""
        query = select(SwitchRow).where(col(SwitchRow.name).startswith(_STOCK))
        with Session(self._engine) as session:
            rows = session.exec(query).all()
        return {row.name.removeprefix(_STOCK): Stock.model_validate_json(row.value) for row in rows}

    def pause_all(self, *, on: bool) -> None:
        """Whether workers take no more jobs, of whatever film; what they have in hand goes on."""
        with writing(self._engine) as session:
            session.execute(delete(SwitchRow).where(col(SwitchRow.name) == _PAUSED))
            if on:
                session.add(SwitchRow(name=_PAUSED, value="yes"))
            session.commit()

    def all_paused(self) -> bool:
        with Session(self._engine) as session:
            return session.get(SwitchRow, _PAUSED) is not None

    def waiting(self) -> dict[tuple[str, str], int]:
        """How many jobs of the store, of whatever film, wait for a worker, by engine and its revision."""
        which = (col(JobRow.engine), col(JobRow.revision))
        waits = (JobRow.state == JobState.QUEUED, col(JobRow.paused).is_(False))
        query = select(*which, func.count()).where(*waits).group_by(*which).order_by(*which)
        with Session(self._engine) as session:
            return {(engine, revision): count for engine, revision, count in session.exec(query)}

    def counted(self) -> dict[str, int]:
        """How many jobs of the store, of whatever film, are in each state."""
        query = select(JobRow.state, func.count()).group_by(col(JobRow.state))
        with Session(self._engine) as session:
            return {str(state): count for state, count in session.exec(query)}

    def listed(self, state: JobState | None, most: int, after: str = "") -> list[JobRow]:
        """Jobs of the film by key, of one state if it is named, at most `most` after one."""
        query = select(JobRow).where(JobRow.project_id == self._project_id, col(JobRow.key) > after)
        if state is not None:
            query = query.where(JobRow.state == state)
        with Session(self._engine) as session:
            return list(session.exec(query.order_by(col(JobRow.key)).limit(most)))

    def of_film(self, key: str) -> JobRow:
        """
        Raises:
            Rejected: the film asked for no such job.
        """
        row = self.find(key)
        if row is None or row.project_id != self._project_id:
            raise Rejected("no_such_job", f"the film has no job {key}")
        return row

    def reorder(self, key: str, *, priority: int | None = None, paused: bool | None = None) -> None:
        """Change when a waiting job has its turn."""
        values = {"priority": priority, "paused": paused}
        wanted = {name: value for name, value in values.items() if value is not None}
        self._execute(update(JobRow).where(col(JobRow.key) == key).values(updated_at=now(), **wanted))

    def wish(self, wish: Wish) -> None:
        """Tell every process at work to do something; each does it at its next beat."""
        self._execute(update(WorkerRow).values(wish=wish))


def _remember(session: Session, stock: Stock) -> None:
    """What an engine's results are called outlives the worker that has its weights."""
    for engine in stock.engines.keys() - stock.lacking:
        row = SwitchRow(name=f"{_STOCK}{engine}", value=stock.model_dump_json())
        session.execute(insert_new(session, row))
        session.execute(update(SwitchRow).where(col(SwitchRow.name) == row.name).values(value=row.value))


def _keep_past(session: Session, row: WorkerRow, snapshot: Snapshot) -> None:
    """A process or a device that begins anew counts from zero: what was counted before goes into a row of its own."""
    before = Snapshot.model_validate_json(row.snapshot) if row.snapshot else snapshot
    if _device_s(before) > _device_s(snapshot):
        past = f"{row.owner}{_PAST}{aware(row.beat_at).isoformat()}"
        session.add(WorkerRow(owner=past, snapshot=row.snapshot, beat_at=row.beat_at))


def _device_s(snapshot: Snapshot) -> float:
    return sum(device.busy_s + device.idle_s for device in snapshot.devices)


def _can_make(without: Collection[str], revisions: Mapping[str, str]) -> ColumnElement[bool]:
    """Jobs of engines that a worker is not `without`, and of its own revision if it is known."""
    own = (
        or_(col(JobRow.engine) != engine, col(JobRow.revision).in_(("", revision)))
        for engine, revision in sorted(revisions.items())
    )
    return and_(col(JobRow.engine).not_in(sorted(without)), *own)


def _turns(job_class: JobClass | None, taken: ColumnElement[bool]) -> Subquery:
    """Each waiting job of those that can be `taken`, with the turn in which its film would have it: how many of the
    film's are at work or before it."""
    running = (
        select(JobRow.project_id, func.count().label("busy"))
        .where(JobRow.state == JobState.RUNNING)
        .group_by(col(JobRow.project_id))
        .subquery()
    )
    order = (col(JobRow.priority).desc(), col(JobRow.queued_at), col(JobRow.key))
    place = func.row_number().over(partition_by=(col(JobRow.project_id), _RANK), order_by=order)
    turn = place + func.coalesce(running.c.busy, 0)
    waiting = (
        select(JobRow.key, turn.label("turn"))
        .outerjoin(running, running.c.project_id == col(JobRow.project_id))
        .where(JobRow.state == JobState.QUEUED, col(JobRow.paused).is_(False), taken)
    )
    return (waiting if job_class is None else waiting.where(JobRow.job_class == job_class)).subquery()


def _all_paused() -> Exists:
    return select(SwitchRow.name).where(SwitchRow.name == _PAUSED).exists()


def _worker(row: WorkerRow) -> WorkerView:
    return WorkerView(
        owner=row.owner,
        snapshot=Snapshot.model_validate_json(row.snapshot),
        stock=Stock.model_validate_json(row.stock) if row.stock else None,
    )


def _view(row: JobRow) -> JobView:
    return JobView(
        state=row.state,
        attempt=row.attempt,
        progress=Progress.model_validate_json(row.progress) if row.progress else None,
        result=Result.model_validate_json(row.result) if row.result else None,
        fault=Fault.model_validate_json(row.fault) if row.fault else None,
        seconds=row.seconds,
    )


def _is_lost(owner: str, leased_until: datetime | None) -> bool:
    assert leased_until is not None
    return now() > aware(leased_until) or is_dead(owner)


def is_dead(owner: str) -> bool:
    """Whether a process that we know by its number is gone; of others only their silence tells."""
    here, _, pid = owner.rpartition(":")
    if here != _here():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _given_up(row: JobRow) -> Fault:
    message = f"{counted(row.lost, 'worker')} died with {row.task}; look at the end of worker.log, then make it again"
    return Fault(kind=FaultKind.REJECTED, code="worker_died", message=message)
