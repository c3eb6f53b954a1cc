"""the revision of the engine that a job was named by"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("revision", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("job", "revision")
