"""The life of a prescription, what is owed, a second person's check, and more of the patient's history."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows of these tables are appended and never changed, whoever asks.
APPEND_ONLY = ("checked_pack", "hand_over_check", "prescription_act", "unmet_demand")

CONDITIONS = ("leber", "kidney-failure", "liver-disease", "pregnancy", "lactation", "prematurity")
FIRST_CONDITIONS = ("leber", "kidney-failure", "pregnancy")


def upgrade() -> None:
    _conditions(CONDITIONS)
    op.create_table(
        "patient_medicine",
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_medicine_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "name", name=op.f("pk_patient_medicine")),
    )
    op.create_table(
        "patient_level",
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_level_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "taken_on", name=op.f("pk_patient_level")),
    )
    _create_patient_change()
    op.add_column("lot", sa.Column("unit_cost_micros", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE lot SET unit_cost_micros = (SELECT unit_cost_micros FROM receipt_line WHERE lot_id = lot.id "
        "AND unit_cost_micros IS NOT NULL ORDER BY id DESC LIMIT 1)"
    )
    _add_reference("prescription", "product_id", "product")
    _add_as_written()
    op.add_column("dispense", sa.Column("doses", sa.Integer(), nullable=True))
    op.add_column("dispense", sa.Column("prescribed_units", sa.Integer(), nullable=True))
    _add_reference("dispense", "completes_id", "dispense")
    op.add_column("finding", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("finding", sa.Column("reason_code", sa.Text(), nullable=True))
    op.create_table(
        "prescription_act",
        sa.Column("id", ID, nullable=False),
        sa.Column("prescription_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "hold",
                "release",
                "cancel",
                "transfer",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("to_pharmacy", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        *_references("prescription_act", prescription_id="prescription", request_id="request", by_id="user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prescription_act")),
        sa.UniqueConstraint("request_id", name=op.f("uq_prescription_act_request_id")),
    )
    op.create_index(op.f("ix_prescription_act_prescription_id"), "prescription_act", ["prescription_id"])
    op.create_table(
        "unmet_demand",
        sa.Column("id", ID, nullable=False),
        sa.Column("prescription_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("usable_units", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("units > usable_units", name=op.f("ck_unmet_demand_short")),
        *_references(
            "unmet_demand",
            prescription_id="prescription",
            request_id="request",
            product_id="product",
            by_id="user_account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmet_demand")),
        sa.UniqueConstraint("request_id", name=op.f("uq_unmet_demand_request_id")),
    )
    op.create_index(op.f("ix_unmet_demand_prescription_id"), "unmet_demand", ["prescription_id"])
    op.create_index(op.f("ix_unmet_demand_at"), "unmet_demand", ["at"])
    op.create_table(
        "hand_over_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("dispense_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        *_references("hand_over_check", dispense_id="dispense", request_id="request", by_id="user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_check")),
        sa.UniqueConstraint("dispense_id", name=op.f("uq_hand_over_check_dispense_id")),
        sa.UniqueConstraint("request_id", name=op.f("uq_hand_over_check_request_id")),
    )
    op.create_table(
        "checked_pack",
        sa.Column("id", ID, nullable=False),
        sa.Column("check_id", ID, nullable=False),
        sa.Column("pack_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        *_references("checked_pack", check_id="hand_over_check", pack_id="pack", lot_id="lot"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checked_pack")),
        sa.UniqueConstraint("pack_id", "serial", name=op.f("uq_checked_pack_pack_id_serial")),
    )
    op.create_index(op.f("ix_checked_pack_check_id"), "checked_pack", ["check_id"])
    for table in APPEND_ONLY:
        _forbid_change(table)


def _create_patient_change() -> None:
    op.create_table(
        "patient_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        *_references("patient_change", patient_id="patient", request_id="request", by_id="user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_change")),
    )
    op.create_index(op.f("ix_patient_change_patient_id"), "patient_change", ["patient_id"])


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in columns.items()
    ]


def _add_as_written() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Alembic adds no column with a check, which SQLite itself can.
        op.execute(
            "ALTER TABLE prescription ADD COLUMN as_written BOOLEAN DEFAULT 0 NOT NULL "
            "CONSTRAINT ck_prescription_as_written CHECK (as_written IN (0, 1))"
        )
        return
    op.add_column("prescription", sa.Column("as_written", sa.Boolean(), nullable=False, server_default=sa.false()))


def _add_reference(table: str, column: str, target: str) -> None:
    """A reference that may be empty, added in place: SQLite's new table would lose the triggers of the old one."""
    name = f"fk_{table}_{column}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} (id)")
        return
    op.add_column(table, sa.Column(column, ID, nullable=True))
    op.create_foreign_key(op.f(name), table, target, [column], ["id"])


def _conditions(words: tuple[str, ...]) -> None:
    """Another closed list. SQLite changes a check only by a new table, and nobody refers to this one."""
    listed = ", ".join(f"'{word}'" for word in words)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE patient_condition DROP CONSTRAINT ck_patient_condition_condition")
        op.execute(
            "ALTER TABLE patient_condition ADD CONSTRAINT ck_patient_condition_condition "
            f"CHECK (condition IN ({listed}))"
        )
        return
    op.execute("ALTER TABLE patient_condition RENAME TO patient_condition_before")
    op.create_table(
        "patient_condition",
        sa.Column("patient_id", ID, nullable=False),
        sa.Column(
            "condition",
            sa.Enum(*words, name="condition", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_condition_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "condition", name=op.f("pk_patient_condition")),
    )
    op.execute("INSERT INTO patient_condition SELECT patient_id, condition FROM patient_condition_before")
    op.drop_table("patient_condition_before")


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
    for table in ("checked_pack", "hand_over_check", "unmet_demand", "prescription_act"):
        op.drop_table(table)
    for table, columns in {
        "finding": ("reason_code", "source"),
        "dispense": ("completes_id", "prescribed_units", "doses"),
        "prescription": ("as_written", "product_id"),
        "lot": ("unit_cost_micros",),
    }.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.drop_table("patient_change")
    op.drop_table("patient_level")
    op.drop_table("patient_medicine")
    # Refused by the check where a patient has a condition that the first schema does not know.
    _conditions(FIRST_CONDITIONS)
