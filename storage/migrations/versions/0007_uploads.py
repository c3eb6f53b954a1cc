"""files that are given to a film"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("project_id", "sha256", "name", "media")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["sha256"], ["asset.sha256"]),
        sa.PrimaryKeyConstraint("project_id", "sha256"),
    )


def downgrade() -> None:
    op.drop_table("upload")
