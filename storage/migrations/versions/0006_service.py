"""the service: owners of films, episodes, tokens, kept replies; a film's events are numbered across its runs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATES = ("QUEUED", "PLANNING", "WAITING", "APPROVED", "MAKING", "FINISHED", "FAILED", "CANCELLED")


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False)


def _string(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def _integer(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _episode_state() -> sa.Enum:
    if op.get_bind().dialect.name == "postgresql":
        return ENUM(*_STATES, name="episodestate")
    return sa.Enum(*_STATES, name="episodestate")


def upgrade() -> None:
    op.add_column("project", sa.Column("owner", sa.String(), nullable=False, server_default="local"))
    op.create_index("ix_project_owner", "project", ["owner"])
    op.add_column("job", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    _number_events(("project_id", "seq"), "project_id")
    _create_episode()
    _create_access()


def _create_episode() -> None:
    op.create_table(
        "episode",
        _integer("number"),
        _string("id"),
        _string("project_id"),
        sa.Column("state", _episode_state(), nullable=False),
        _text("ask"),
        _text("request"),
        _string("run_id"),
        _integer("attempt"),
        _string("holder"),
        _time("held_until", nullable=True),
        _flag("stop"),
        _text("offer"),
        _text("fault"),
        _text("files"),
        _time("created_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_episode_project_id", "episode", ["project_id"])
    op.create_index("ix_episode_state", "episode", ["state"])


def _create_access() -> None:
    op.create_table(
        "token",
        *map(_string, ("id", "owner", "name", "hash", "scopes", "kind")),
        _time("created_at"),
        *(_time(name, nullable=True) for name in ("expires_at", "revoked_at", "last_used_at")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_token_owner", "token", ["owner"])
    op.create_table(
        "reply",
        *map(_string, ("owner", "key", "fingerprint")),
        _integer("status"),
        _text("headers"),
        _text("body"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("owner", "key"),
    )
    op.create_table("switch", _string("name"), _string("value"), sa.PrimaryKeyConstraint("name"))


def _number_events(unique: tuple[str, ...], within: str) -> None:
    """Make the table anew with events counted `within` something, in the order in which they came."""
    op.create_table(
        "event_new",
        _string("project_id"),
        _integer("id"),
        _string("run_id"),
        _integer("seq"),
        _string("type"),
        _string("unit"),
        _text("data"),
        _time("created_at"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(*unique),
    )
    op.execute(
        "INSERT INTO event_new (project_id, id, run_id, seq, type, unit, data, created_at) "
        f"SELECT project_id, id, run_id, row_number() OVER (PARTITION BY {within} ORDER BY id), "
        "type, unit, data, created_at FROM event"
    )
    op.drop_table("event")
    op.rename_table("event_new", "event")
    if op.get_bind().dialect.name == "postgresql":
        counter = "pg_get_serial_sequence('\"event\"', 'id')"
        op.execute(f"SELECT setval({counter}, coalesce(max(id), 0) + 1, false) FROM event")


def downgrade() -> None:
    for table in ("switch", "reply", "token", "episode"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TYPE episodestate")
    _number_events(("project_id", "run_id", "seq"), "project_id, run_id")
    op.drop_column("job", "paused")
    op.drop_index("ix_project_owner", "project")
    op.drop_column("project", "owner")
