"""workers by themselves: leases, classes and progress of jobs, who works, and engines pinned for one shot"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_EPOCH = "1970-01-01 00:00:00.000000"


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        job_class = sa.Enum("INTERACTIVE", "BATCH", "FINAL", name="jobclass")
        batch_op.add_column(sa.Column("job_class", job_class, nullable=False, server_default="BATCH"))
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False, server_default=_EPOCH))
        batch_op.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("stop", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("progress", sa.Text(), nullable=False, server_default=""))
    op.rename_table("pin", "pin_before")
    op.create_table(
        "pin",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task", "unit"),
    )
    op.execute("INSERT INTO pin (task, unit, engine) SELECT task, '', engine FROM pin_before")
    op.drop_table("pin_before")


def downgrade() -> None:
    op.rename_table("pin", "pin_after")
    op.create_table(
        "pin",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task"),
    )
    op.execute("INSERT INTO pin (task, engine) SELECT task, engine FROM pin_after WHERE unit = ''")
    op.drop_table("pin_after")
    for column in ("progress", "stop", "lost", "leased_until", "queued_at", "priority", "job_class"):
        op.drop_column("job", column)
    op.drop_table("worker")
