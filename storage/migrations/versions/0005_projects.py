"""many films in one database: every row belongs to a project, and edits and turns are numbered within it

Keys change, so each table is made anew beside the old one, filled from it, and put in its place.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.schema import SchemaItem

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, tuple[str, ...]] = {
    "revision": ("id", "script_sha256", "reader", "screenplay_sha256", "created_at"),
    "plan": ("key", "plan"),
    "element": ("id", "scene_id", "category", "name", "lines", "status"),
    "use": ("id", "unit", "step", "role", "job_key", "sha256", "active"),
    "pin": ("task", "unit", "engine"),
    "edit": ("id", "key", "author", "action", "target", "edit", "created_at"),
    "turn": ("id", "said", "messages", "created_at"),
    "answer": ("question", "answer", "created_at"),
    "setting": ("name", "value"),
    "run": ("id", "request_digest", "graph_version", "finished", "created_at"),
    "event": ("id", "run_id", "seq", "type", "unit", "data", "created_at"),
}
_BEFORE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "revision": (("id",), ()),
    "plan": (("key",), ()),
    "element": (("id",), ("scene_id", "category", "name")),
    "use": (("id",), ("unit", "step", "job_key", "role")),
    "pin": (("task", "unit"), ()),
    "edit": (("id",), ("key",)),
    "turn": (("id",), ()),
    "answer": (("question",), ()),
    "setting": (("name",), ()),
    "run": (("id",), ()),
    "event": (("id",), ("run_id", "seq")),
}
"""Table -> its primary key and what else was unique."""
_GLOBAL = ("revision", "element", "use", "run", "event")
"""Tables whose primary key stays as it is; that of the others begins with the project now."""
_COUNTED = ("revision", "element", "use", "event")
"""Tables whose ids the database counts."""
_INDEXES_BEFORE = {
    "revision": "script_sha256",
    "element": "scene_id",
    "use": "unit",
    "run": "request_digest",
    "event": "run_id",
}
_INDEXES_AFTER = {"revision": "project_id", "run": "project_id"}

_INTEGERS = ("reader", "target", "graph_version", "seq")
_TEXTS = ("plan.plan", "element.lines", "edit.edit", "turn.said", "turn.messages", "setting.value", "event.data")


def _column(table: str, name: str) -> sa.Column[object]:
    kind: object = sa.String()
    if name in _INTEGERS or (name == "id" and table != "run"):
        kind = sa.Integer()
    elif name in ("active", "finished"):
        kind = sa.Boolean()
    elif name == "status":
        kind = sa.Enum("PENDING", "APPROVED", "REJECTED", name="status").with_variant(
            ENUM(name="status", create_type=False), "postgresql"
        )
    elif name == "created_at":
        kind = sa.DateTime(timezone=True)
    elif f"{table}.{name}" in _TEXTS:
        kind = sa.Text()
    return sa.Column(name, kind, nullable=name == "target")  # type: ignore[arg-type]


def _foreign(table: str) -> list[SchemaItem]:
    if table != "use":
        return []
    return [sa.ForeignKeyConstraint(["job_key"], ["job.key"]), sa.ForeignKeyConstraint(["sha256"], ["asset.sha256"])]


def _after(table: str) -> list[SchemaItem]:
    key, unique = _BEFORE[table]
    keys = key if table in _GLOBAL else ("project_id", *key)
    items: list[SchemaItem] = [sa.Column("project_id", sa.String(), nullable=False)]
    items += [_column(table, name) for name in _COLUMNS[table]]
    items += [sa.ForeignKeyConstraint(["project_id"], ["project.id"]), sa.PrimaryKeyConstraint(*keys)]
    items += [sa.UniqueConstraint("project_id", *unique)] if unique else []
    if table == "edit":
        items.append(
            sa.ForeignKeyConstraint(["project_id", "target"], [f"{table}_new.project_id", f"{table}_new.id"]),
        )
    return items + _foreign(table)


def _before(table: str) -> list[SchemaItem]:
    key, unique = _BEFORE[table]
    items: list[SchemaItem] = [_column(table, name) for name in _COLUMNS[table]]
    items += [sa.PrimaryKeyConstraint(*key)]
    items += [sa.UniqueConstraint(*unique)] if unique else []
    if table == "edit":
        items.append(sa.ForeignKeyConstraint(["target"], [f"{table}_new.id"]))
    return items + _foreign(table)


def _replace(table: str, made: list[SchemaItem], columns: Sequence[str], values: Sequence[str]) -> None:
    op.create_table(f"{table}_new", *made)
    names = ", ".join(f'"{name}"' for name in columns)
    op.execute(f'INSERT INTO "{table}_new" ({names}) SELECT {", ".join(values)} FROM "{table}"')
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)
    if table in _COUNTED and op.get_bind().dialect.name == "postgresql":
        counter = f"pg_get_serial_sequence('\"{table}\"', 'id')"
        op.execute(f'SELECT setval({counter}, coalesce(max(id), 0) + 1, false) FROM "{table}"')


def _drop_indexes(indexes: dict[str, str]) -> None:
    for table, column in indexes.items():
        op.drop_index(f"ix_{table}_{column}", table)


def _create_indexes(indexes: dict[str, str]) -> None:
    for table, column in indexes.items():
        op.create_index(f"ix_{table}_{column}", table, [column])


def upgrade() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    project = _first_project()
    op.add_column("job", sa.Column("project_id", sa.String(), nullable=False, server_default=""))
    op.execute(f"UPDATE job SET project_id = '{project}'")
    _drop_indexes(_INDEXES_BEFORE)
    for table, columns in _COLUMNS.items():
        values = [f"'{project}'", *(f'"{name}"' for name in columns)]
        _replace(table, _after(table), ["project_id", *columns], values)
    _create_indexes(_INDEXES_AFTER)


def _first_project() -> str:
    """The film that a database was for until now; none if nothing is in it."""
    connection = op.get_bind()
    if not any(connection.execute(sa.text(f'SELECT 1 FROM "{table}" LIMIT 1')).first() for table in _COLUMNS):
        return ""
    values = {"id": uuid.uuid4().hex, "created_at": datetime.now(UTC)}
    made = sa.table("project", sa.column("id"), sa.column("name"), sa.column("created_at", sa.DateTime(timezone=True)))
    connection.execute(made.insert().values(name="film", **values))
    return str(values["id"])


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM project")).scalar_one() > 1:
        raise RuntimeError("the older schema holds one film: export the others and delete them first")
    _drop_indexes(_INDEXES_AFTER)
    for table, columns in _COLUMNS.items():
        _replace(table, _before(table), columns, [f'"{name}"' for name in columns])
    _create_indexes(_INDEXES_BEFORE)
    op.drop_column("job", "project_id")
    op.drop_table("project")
