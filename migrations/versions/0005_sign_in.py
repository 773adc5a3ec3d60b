"""PINs, badges and sessions; roles for scripts, and rights at another site; patients who were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)

FIRST_ROLES = ("technician", "pharmacist", "auditor", "manager")
ROLES = (*FIRST_ROLES, "reporter", "exporter", "keeper")

# Rows of these tables are appended and never changed, whoever asks.
APPEND_ONLY = ("badge", "pin", "site_right")


def upgrade() -> None:
    _roles(ROLES)
    op.create_index(op.f("ix_site_name"), "site", ["name"], unique=True)
    op.add_column("patient", sa.Column("erased_at", AT, nullable=True))
    _create_given("pin", sa.Column("hash", sa.Text(), nullable=False))
    _create_given(
        "badge", sa.Column("hash", sa.Text(), nullable=True), sa.UniqueConstraint("hash", name=op.f("uq_badge_hash"))
    )
    _create_given(
        "site_right",
        sa.Column("site_id", ID, nullable=False),
        sa.Column(
            "role",
            sa.Enum(*ROLES, name=op.f("ck_site_right_role"), native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_right_site_id")),
    )
    op.create_table(
        "wrong_pins",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.Column("last_at", AT, nullable=False),
        sa.CheckConstraint("in_a_row >= 0", name=op.f("ck_wrong_pins_in_a_row")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_wrong_pins_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_wrong_pins")),
    )
    op.create_table(
        "session",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("used_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"])
    for table in APPEND_ONLY:
        _forbid_change(table)


def _create_given(table: str, *more: sa.Column[object] | sa.Constraint) -> None:
    """A table of what a user was given, when and by whom."""
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f(f"fk_{table}_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f(f"fk_{table}_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *more,
    )
    op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"])


def _roles(roles: tuple[str, ...]) -> None:
    """Another closed list. SQLite changes a check only by a new table; those that refer to it do so by its name."""
    if op.get_bind().dialect.name != "sqlite":
        listed = ", ".join(f"'{role}'" for role in roles)
        op.execute("ALTER TABLE user_account DROP CONSTRAINT ck_user_account_role")
        op.execute(f"ALTER TABLE user_account ADD CONSTRAINT ck_user_account_role CHECK (role IN ({listed}))")
        return
    op.create_table(
        "new_user_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*roles, name=op.f("ck_user_account_role"), native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("disabled_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_user_account_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_user_account_site_id_name")),
    )
    op.execute("INSERT INTO new_user_account SELECT id, site_id, name, role, disabled_at FROM user_account")
    op.drop_table("user_account")
    op.rename_table("new_user_account", "user_account")


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
    for table in ("session", "wrong_pins", *APPEND_ONLY):
        op.drop_table(table)
    op.drop_index(op.f("ix_site_name"), table_name="site")
    op.execute("ALTER TABLE patient DROP COLUMN erased_at")
    # Refused by the check where a script has a role that the schema before does not know.
    _roles(FIRST_ROLES)
