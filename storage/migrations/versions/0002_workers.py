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
    job_class = sa.Enum("INTERACTIVE", "BATCH", "FINAL", name="jobclass")
    job_class.create(op.get_bind(), checkfirst=True)
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("job_class", job_class, nullable=False, server_default="BATCH"))
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False, server_default=_EPOCH))
        batch_op.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("stop", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("progress", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "pin_after",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task", "unit"),
    )
    op.execute("INSERT INTO pin_after (task, unit, engine) SELECT task, '', engine FROM pin")
    op.drop_table("pin")
    op.rename_table("pin_after", "pin")


def downgrade() -> None:
    op.create_table(
        "pin_before",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task"),
    )
    op.execute("INSERT INTO pin_before (task, engine) SELECT task, engine FROM pin WHERE unit = ''")
    op.drop_table("pin")
    op.rename_table("pin_before", "pin")
    for column in ("progress", "stop", "lost", "leased_until", "queued_at", "priority", "job_class"):
        op.drop_column("job", column)
    sa.Enum(name="jobclass").drop(op.get_bind(), checkfirst=True)
    op.drop_table("worker")
