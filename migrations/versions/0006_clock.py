"""The latest moment that each site's audit tells of, so that a clock that was set back is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ()


def upgrade() -> None:
    op.add_column("head", sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE head SET at = (SELECT max(audit_event.at) FROM audit_event WHERE audit_event.site_id = head.site_id)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE head DROP COLUMN at")
