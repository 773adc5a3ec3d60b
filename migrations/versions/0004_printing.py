"""Labels that were printed or wait for a printer, and the attempts to print them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows of these tables are appended and never changed, whoever asks.
APPEND_ONLY = ("print_attempt", "print_job")


def upgrade() -> None:
    op.add_column("head", sa.Column("prints", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "print_job",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("printer", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("again_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("again_id IS NULL OR printer IS NOT NULL", name=op.f("ck_print_job_again")),
        sa.CheckConstraint("copy > 0", name=op.f("ck_print_job_copy")),
        sa.CheckConstraint("position > 0", name=op.f("ck_print_job_position")),
        sa.ForeignKeyConstraint(["again_id"], ["print_job.id"], name=op.f("fk_print_job_again_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_print_job_by_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_print_job_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_print_job_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sa.UniqueConstraint("again_id", name=op.f("uq_print_job_again_id")),
        sa.UniqueConstraint("site_id", "kind", "record", "copy", name=op.f("uq_print_job_site_id_kind_record_copy")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_print_job_site_id_number")),
    )
    op.create_index(op.f("ix_print_job_request_id"), "print_job", ["request_id"])
    op.create_table(
        "print_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sending",
                "sent",
                "failed",
                "unknown",
                "printed",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("attempt > 0", name=op.f("ck_print_attempt_attempt")),
        sa.CheckConstraint(
            "(problem IS NOT NULL) = (state IN ('failed', 'unknown', 'cancelled'))",
            name=op.f("ck_print_attempt_problem"),
        ),
        sa.CheckConstraint("(receipt IS NOT NULL) = (state = 'sent')", name=op.f("ck_print_attempt_receipt")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_print_attempt_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["print_job.id"], name=op.f("fk_print_attempt_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_attempt")),
        sa.UniqueConstraint("job_id", "attempt", "state", name=op.f("uq_print_attempt_job_id_attempt_state")),
    )
    op.create_index(
        op.f("uq_print_attempt_end"),
        "print_attempt",
        ["job_id", "attempt"],
        unique=True,
        sqlite_where=sa.text("state <> 'sending'"),
        postgresql_where=sa.text("state <> 'sending'"),
    )
    for table in APPEND_ONLY:
        _forbid_change(table)


def _forbid_change(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.drop_table(table)
    op.execute("ALTER TABLE head DROP COLUMN prints")
