"""The tables. Content is in blobs; rows hold names, hashes and states."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from vibeboard.breakdown import Status
from vibeboard.episodes import EpisodeState
from vibeboard.jobs import JobClass, JobState


def now() -> datetime:
    return datetime.now(UTC)


def aware(moment: datetime) -> datetime:
    """SQLite gives times back without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


LOCAL = "local"
"""The owner of the films of who needs no token: the person at this machine."""


class ProjectRow(SQLModel, table=True):
    """A film. Every other row belongs to one, but for jobs and assets, which are named by content and shared, and for
    tokens and the answers to requests, which belong to an owner of films."""

    __tablename__ = "project"

    id: str = Field(primary_key=True)
    name: str
    owner: str = Field(default=LOCAL, index=True)
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class Revision(SQLModel, table=True):
    """A script as it came in, and what the reader made of it (a blob)."""

    id: int | None = Field(default=None, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    script_sha256: str
    reader: int
    screenplay_sha256: str
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class PlanRow(SQLModel, table=True):
    """The kept answer of a planner for a scene, by the content key of the question."""

    __tablename__ = "plan"

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    key: str = Field(primary_key=True)
    plan: str = Field(sa_column=Column(Text, nullable=False))


class ElementRow(SQLModel, table=True):
    """Something that a scene needs, and what a person decided about it. `lines` is a JSON list of source lines."""

    __tablename__ = "element"
    __table_args__ = (UniqueConstraint("project_id", "scene_id", "category", "name"),)

    project_id: str = Field(foreign_key="project.id")
    id: int | None = Field(default=None, primary_key=True)
    scene_id: str
    category: str
    name: str
    lines: str = Field(sa_column=Column(Text, nullable=False))
    status: Status = Field(default=Status.PENDING)


class JobRow(SQLModel, table=True):
    """One piece of work. The content key is unique; `attempt` fences a worker that comes back late.

    `revision` is the one of the engine that the key was made with; no worker with another makes it.

    A job in the hands of a worker by itself has a lease, `leased_until`, that the worker renews; one that the
    orchestrator's own children do has none. `project_id` is the film that asked for it last. `lost` counts the workers
    that died with it, `stop` asks for its end; no worker takes a job that waits while it is `paused`.
    """

    __tablename__ = "job"

    key: str = Field(primary_key=True)
    task: str
    engine: str
    revision: str = ""
    params: str = Field(sa_column=Column(Text, nullable=False))
    state: JobState = Field(default=JobState.QUEUED, index=True)
    attempt: int = 0
    owner: str = ""
    project_id: str = ""
    job_class: JobClass = Field(default=JobClass.BATCH)
    priority: int = 0
    queued_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))
    leased_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    lost: int = 0
    stop: bool = False
    paused: bool = False
    progress: str = Field(default="", sa_column=Column(Text, nullable=False))
    result: str = Field(default="", sa_column=Column(Text, nullable=False))
    fault: str = Field(default="", sa_column=Column(Text, nullable=False))
    seconds: float = 0.0
    updated_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class WorkerRow(SQLModel, table=True):
    """A process that has workers: what it does (a snapshot as JSON), what it can do (a stock as JSON), and what
    somebody wishes it to do. The last snapshot of one that had a device stays under a name of its own when it ends or
    begins anew."""

    __tablename__ = "worker"

    owner: str = Field(primary_key=True)
    snapshot: str = Field(sa_column=Column(Text, nullable=False))
    stock: str | None = Field(default=None, sa_column=Column(Text))
    wish: str = ""
    beat_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class Asset(SQLModel, table=True):
    """Bytes that something uses."""

    sha256: str = Field(primary_key=True)
    size: int
    media: str


class Use(SQLModel, table=True):
    """Which job made what a step of a unit (a shot, a deliverable) uses; the active rows are its take of now."""

    __table_args__ = (UniqueConstraint("project_id", "unit", "step", "job_key", "role"),)

    project_id: str = Field(foreign_key="project.id")
    id: int | None = Field(default=None, primary_key=True)
    unit: str
    step: str
    role: str
    job_key: str = Field(foreign_key="job.key")
    sha256: str = Field(foreign_key="asset.sha256")
    active: bool = True


class UploadRow(SQLModel, table=True):
    """A file that somebody gave to a film, under the name and the media type that it was last given with."""

    __tablename__ = "upload"

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    sha256: str = Field(foreign_key="asset.sha256", primary_key=True)
    name: str
    media: str
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class Pin(SQLModel, table=True):
    """The engine that does a task for this film, chosen when it was first made; with a `unit`, for that shot only."""

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    task: str = Field(primary_key=True)
    unit: str = Field(default="", primary_key=True)
    engine: str


class EditRow(SQLModel, table=True):
    """What happened to the film's edits, in order and never changed: an `edit` as JSON, or an `undo` or `redo` of the
    row `target`. `id` counts within the film; `key` names the occasion, so that doing it again adds nothing."""

    __tablename__ = "edit"
    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        ForeignKeyConstraint(["project_id", "target"], ["edit.project_id", "edit.id"]),
    )

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    id: int = Field(primary_key=True)
    key: str
    author: str
    action: str
    target: int | None = None
    edit: str = Field(default="", sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class TurnRow(SQLModel, table=True):
    """What a person said in the chat, and once the turn has ended all its messages as JSON. `id` counts within
    the film."""

    __tablename__ = "turn"

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    id: int = Field(primary_key=True)
    said: str = Field(sa_column=Column(Text, nullable=False))
    messages: str = Field(default="", sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class AnswerRow(SQLModel, table=True):
    """The one answer to a question that a person was asked."""

    __tablename__ = "answer"

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    question: str = Field(primary_key=True)
    answer: str
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class SettingRow(SQLModel, table=True):
    """What the film was last made with, by name."""

    __tablename__ = "setting"

    project_id: str = Field(foreign_key="project.id", primary_key=True)
    name: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))


class Run(SQLModel, table=True):
    """An episode being made, by the digest of what was asked for."""

    id: str = Field(primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    request_digest: str
    graph_version: int
    finished: bool = False
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class EventRow(SQLModel, table=True):
    """The log: numbered without gaps within the film, written in the transaction that it reports."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("project_id", "seq"),)

    project_id: str = Field(foreign_key="project.id")
    id: int | None = Field(default=None, primary_key=True)
    run_id: str
    seq: int
    type: str
    unit: str
    data: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class EpisodeRow(SQLModel, table=True):
    """A film that somebody asked the service for. `number` is the order in which they came; `ask` (JSON) is what was
    asked for, `request` (JSON) the build that it became. `run_id` is the run at work, of the attempt `attempt`.

    `holder` is the process that has it in hand until `held_until`; `stop` asks it to end the episode. `offer` (JSON) is
    what it would cost, `fault` (JSON) why it failed, `files` (JSON) the blobs of the finished film by name.
    """

    __tablename__ = "episode"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    state: EpisodeState = Field(default=EpisodeState.QUEUED, index=True)
    ask: str = Field(sa_column=Column(Text, nullable=False))
    request: str = Field(default="", sa_column=Column(Text, nullable=False))
    run_id: str
    attempt: int = 1
    holder: str = ""
    held_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    stop: bool = False
    offer: str = Field(default="", sa_column=Column(Text, nullable=False))
    fault: str = Field(default="", sa_column=Column(Text, nullable=False))
    files: str = Field(default="", sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))
    updated_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class TokenRow(SQLModel, table=True):
    """What lets a program in as an `owner`, by the hash of its secret. `scopes` are separated by spaces; `kind` is
    `api`, or `browser` for a short-lived one."""

    __tablename__ = "token"

    id: str = Field(primary_key=True)
    owner: str = Field(index=True)
    name: str
    hash: str = Field(unique=True)
    scopes: str
    kind: str = "api"
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))


class ReplyRow(SQLModel, table=True):
    """The answer that a request with an idempotency key got, so that the same request gets it again. `fingerprint`
    tells another request under the same key apart; `status` is 0 while the first is at work, and `created_at` then
    when it last said so."""

    __tablename__ = "reply"

    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    status: int = 0
    headers: str = Field(default="", sa_column=Column(Text, nullable=False))
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class SwitchRow(SQLModel, table=True):
    """What was set or learned for the whole store, by name."""

    __tablename__ = "switch"

    name: str = Field(primary_key=True)
    value: str
