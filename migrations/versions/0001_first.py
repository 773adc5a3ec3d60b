"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows of these tables are appended and never changed, whoever asks.
APPEND_ONLY = (
    "answer",
    "audit_event",
    "dispense",
    "dispense_return",
    "finding",
    "movement",
    "receipt",
    "receipt_line",
    "request",
)


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labeler", sa.Text(), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "cyanocobalamin",
                "hydroxocobalamin",
                "methylcobalamin",
                name="form",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("strength_mcg_per_ml", sa.Integer(), nullable=False),
        sa.Column(
            "container",
            sa.Enum(
                "ampoule",
                "single-dose vial",
                "multi-dose vial",
                "vial",
                name="container",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("fill_ul", sa.Integer(), nullable=False),
        sa.Column(
            "preserved",
            sa.Enum(
                "none",
                "listed",
                "unknown",
                "per batch record",
                name="preserved",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "temperature",
            sa.Enum(
                "20-25",
                "<=25",
                "2-8",
                "8-15",
                "per batch record",
                name="temperature",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("protect_from_light", sa.Boolean(create_constraint=True, name="protect_from_light"), nullable=False),
        sa.Column("routes", sa.Text(), nullable=False),
        sa.Column("identifier_kind", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("minimum_units", sa.Integer(), nullable=True),
        sa.CheckConstraint("fill_ul > 0", name=op.f("ck_product_fill")),
        sa.CheckConstraint("minimum_units >= 0", name=op.f("ck_product_minimum")),
        sa.CheckConstraint("strength_mcg_per_ml > 0", name=op.f("ck_product_strength")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("code", name=op.f("uq_product_code")),
    )
    op.create_index(op.f("ix_product_form"), "product", ["form"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("origin", name=op.f("uq_site_origin")),
    )
    op.create_table(
        "audit_event",
        sa.Column("site_id", ID, nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_audit_event_site_id")),
        sa.PrimaryKeyConstraint("site_id", "sequence", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["site_id", "at"], unique=False)
    op.create_table(
        "head",
        sa.Column("site_id", ID, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("prescribers", sa.Integer(), nullable=False),
        sa.Column("prescriptions", sa.Integer(), nullable=False),
        sa.Column("receipts", sa.Integer(), nullable=False),
        sa.Column("dispenses", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_head_sequence")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_head_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_head")),
    )
    op.create_table(
        "lot",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "available",
                "held",
                "recalled",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("month_only", sa.Boolean(create_constraint=True, name="month_only"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_lot_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("id", "product_id", "expires", name=op.f("uq_lot_id_product_id_expires")),
        sa.UniqueConstraint("product_id", "number", name=op.f("uq_lot_product_id_number")),
    )
    op.create_index(op.f("ix_lot_number"), "lot", ["number"], unique=False)
    op.create_table(
        "pack",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_pack_units")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_pack_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack")),
        sa.UniqueConstraint("gtin", name=op.f("uq_pack_gtin")),
    )
    op.create_index(op.f("ix_pack_product_id"), "pack", ["product_id"], unique=False)
    op.create_table(
        "patient",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("born", sa.Date(), nullable=False),
        sa.Column(
            "language",
            sa.Enum("en", "nb", name="language", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("audit_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_patient_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("site_id", "identifier", name=op.f("uq_patient_site_id_identifier")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_patient_site_id_number")),
    )
    op.create_table(
        "place",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "shelf",
                "refrigerator",
                "quarantine",
                "supplier",
                "patients",
                "waste",
                "variance",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_place_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_place_site_id_code")),
    )
    op.create_table(
        "prescriber",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=True),
        sa.Column("hpr", sa.Text(), nullable=True),
        sa.CheckConstraint("(npi IS NULL) <> (hpr IS NULL)", name=op.f("ck_prescriber_one_identifier")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_prescriber_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prescriber")),
        sa.UniqueConstraint("site_id", "hpr", name=op.f("uq_prescriber_site_id_hpr")),
        sa.UniqueConstraint("site_id", "npi", name=op.f("uq_prescriber_site_id_npi")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_prescriber_site_id_number")),
    )
    op.create_table(
        "product_preservative",
        sa.Column("product_id", ID, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("mcg_per_ml", sa.Integer(), nullable=True),
        sa.CheckConstraint("mcg_per_ml > 0", name=op.f("ck_product_preservative_concentration")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_preservative_product_id")),
        sa.PrimaryKeyConstraint("product_id", "agent", name=op.f("pk_product_preservative")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "technician",
                "pharmacist",
                "auditor",
                "manager",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_user_account_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_user_account_site_id_name")),
    )
    op.create_table(
        "balance",
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_balance_units")),
        sa.ForeignKeyConstraint(
            ["lot_id", "product_id", "expires"],
            ["lot.id", "lot.product_id", "lot.expires"],
            name=op.f("fk_balance_lot_id_product_id_expires"),
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_balance_place_id")),
        sa.PrimaryKeyConstraint("lot_id", "place_id", name=op.f("pk_balance")),
    )
    op.create_index(
        "ix_balance_fefo",
        "balance",
        ["product_id", "expires", "lot_id"],
        unique=False,
        sqlite_where=sa.text("units > 0"),
        postgresql_where=sa.text("units > 0"),
    )
    op.create_table(
        "patient_condition",
        sa.Column("patient_id", ID, nullable=False),
        sa.Column(
            "condition",
            sa.Enum(
                "leber",
                "kidney-failure",
                "pregnancy",
                name="condition",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_condition_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "condition", name=op.f("pk_patient_condition")),
    )
    op.create_table(
        "patient_sensitivity",
        sa.Column("patient_id", ID, nullable=False),
        sa.Column(
            "sensitivity",
            sa.Enum(
                "cobalamin",
                "benzyl alcohol",
                "parabens",
                name="sensitivity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_sensitivity_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "sensitivity", name=op.f("pk_patient_sensitivity")),
    )
    op.create_table(
        "request",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_request_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_request_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_request_site_id_key")),
    )
    op.create_table(
        "answer",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_answer_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_answer")),
    )
    op.create_table(
        "movement",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("from_place_id", ID, nullable=False),
        sa.Column("to_place_id", ID, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("reverses_id", ID, nullable=True),
        sa.CheckConstraint("from_place_id <> to_place_id", name=op.f("ck_movement_places")),
        sa.CheckConstraint("units > 0", name=op.f("ck_movement_units")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_movement_by_id")),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.id"], name=op.f("fk_movement_from_place_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_movement_lot_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_movement_request_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["movement.id"], name=op.f("fk_movement_reverses_id")),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.id"], name=op.f("fk_movement_to_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movement")),
    )
    op.create_index("ix_movement_lot", "movement", ["lot_id", "from_place_id", "to_place_id", "units"], unique=False)
    op.create_index(op.f("ix_movement_request_id"), "movement", ["request_id"], unique=False)
    op.create_index(
        "ix_movement_reverses",
        "movement",
        ["reverses_id"],
        unique=False,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "prescription",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("prescriber_id", ID, nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "cyanocobalamin",
                "hydroxocobalamin",
                "methylcobalamin",
                name="form",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("directions_as_written", sa.Text(), nullable=False),
        sa.Column("quantity_units", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("refills", sa.Integer(), nullable=False),
        sa.Column("written", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("indication", sa.Text(), nullable=False),
        sa.CheckConstraint("(quantity_units IS NULL) <> (days IS NULL)", name=op.f("ck_prescription_units_or_days")),
        sa.CheckConstraint("days > 0", name=op.f("ck_prescription_days")),
        sa.CheckConstraint("quantity_units > 0", name=op.f("ck_prescription_quantity")),
        sa.CheckConstraint("refills >= 0", name=op.f("ck_prescription_refills")),
        sa.CheckConstraint("valid_until >= written", name=op.f("ck_prescription_valid")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_prescription_patient_id")),
        sa.ForeignKeyConstraint(["prescriber_id"], ["prescriber.id"], name=op.f("fk_prescription_prescriber_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_prescription_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_prescription_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prescription")),
        sa.UniqueConstraint("request_id", name=op.f("uq_prescription_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_prescription_site_id_number")),
    )
    op.create_index(op.f("ix_prescription_patient_id"), "prescription", ["patient_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_receipt_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_receipt_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("request_id", name=op.f("uq_receipt_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_receipt_site_id_number")),
    )
    op.create_table(
        "dispense",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("prescription_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("fill", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("days_supply", sa.Integer(), nullable=False),
        sa.Column("first_injection", sa.Date(), nullable=False),
        sa.Column("last_injection", sa.Date(), nullable=False),
        sa.Column("next_injection", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_dispense_units")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_dispense_by_id")),
        sa.ForeignKeyConstraint(["prescription_id"], ["prescription.id"], name=op.f("fk_dispense_prescription_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_dispense_product_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_dispense_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_dispense_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispense")),
        sa.UniqueConstraint("prescription_id", "fill", name=op.f("uq_dispense_prescription_id_fill")),
        sa.UniqueConstraint("request_id", name=op.f("uq_dispense_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_dispense_site_id_number")),
    )
    op.create_index(op.f("ix_dispense_at"), "dispense", ["at"], unique=False)
    op.create_table(
        "receipt_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("receipt_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("pack_id", ID, nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("unit_cost_micros", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("units > 0", name=op.f("ck_receipt_line_units")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_receipt_line_lot_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_receipt_line_pack_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_receipt_line_place_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
        sa.UniqueConstraint("pack_id", "serial", name=op.f("uq_receipt_line_pack_id_serial")),
    )
    op.create_index(op.f("ix_receipt_line_lot_id"), "receipt_line", ["lot_id"], unique=False)
    op.create_index(op.f("ix_receipt_line_receipt_id"), "receipt_line", ["receipt_id"], unique=False)
    op.create_table(
        "dispense_return",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("dispense_id", ID, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_dispense_return_units")),
        sa.ForeignKeyConstraint(["dispense_id"], ["dispense.id"], name=op.f("fk_dispense_return_dispense_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_dispense_return_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_dispense_return_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispense_return")),
        sa.UniqueConstraint("request_id", name=op.f("uq_dispense_return_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_dispense_return_site_id_number")),
    )
    op.create_index(op.f("ix_dispense_return_dispense_id"), "dispense_return", ["dispense_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", ID, nullable=False),
        sa.Column("dispense_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum("stop", "override", "note", name="severity", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["dispense_id"], ["dispense.id"], name=op.f("fk_finding_dispense_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("dispense_id", "code", name=op.f("uq_finding_dispense_id_code")),
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
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for action in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{action}")
        else:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")

    op.drop_table("finding")
    op.drop_index(op.f("ix_dispense_return_dispense_id"), table_name="dispense_return")
    op.drop_table("dispense_return")
    op.drop_index(op.f("ix_receipt_line_receipt_id"), table_name="receipt_line")
    op.drop_index(op.f("ix_receipt_line_lot_id"), table_name="receipt_line")
    op.drop_table("receipt_line")
    op.drop_index(op.f("ix_dispense_at"), table_name="dispense")
    op.drop_table("dispense")
    op.drop_table("receipt")
    op.drop_index(op.f("ix_prescription_patient_id"), table_name="prescription")
    op.drop_table("prescription")
    op.drop_index(
        "ix_movement_reverses",
        table_name="movement",
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_movement_request_id"), table_name="movement")
    op.drop_index("ix_movement_lot", table_name="movement")
    op.drop_table("movement")
    op.drop_table("answer")
    op.drop_table("request")
    op.drop_table("patient_sensitivity")
    op.drop_table("patient_condition")
    op.drop_index(
        "ix_balance_fefo",
        table_name="balance",
        sqlite_where=sa.text("units > 0"),
        postgresql_where=sa.text("units > 0"),
    )
    op.drop_table("balance")
    op.drop_table("user_account")
    op.drop_table("product_preservative")
    op.drop_table("prescriber")
    op.drop_table("place")
    op.drop_table("patient")
    op.drop_index(op.f("ix_pack_product_id"), table_name="pack")
    op.drop_table("pack")
    op.drop_index(op.f("ix_lot_number"), table_name="lot")
    op.drop_table("lot")
    op.drop_table("head")
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("site")
    op.drop_index(op.f("ix_product_form"), table_name="product")
    op.drop_table("product")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION append_only()")
