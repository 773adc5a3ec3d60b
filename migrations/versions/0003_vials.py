"""Opened vials, states of lots, recalls, counts, moves, storage and batches."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows of these tables are appended and never changed, whoever asks.
APPEND_ONLY = (
    "batch",
    "batch_ingredient",
    "count_closing",
    "count_entry",
    "count_line",
    "draw",
    "draw_finding",
    "excursion",
    "light_exposure",
    "lot_act",
    "place_log",
    "reading",
    "recall",
    "recall_contact",
    "recall_withdrawal",
    "stock_act",
    "stock_count",
    "vial_entry",
)

COUNTERS = ("vials", "draws", "stock_acts", "counts", "recalls", "batches")
FIRST_KINDS = ("shelf", "refrigerator", "quarantine", "supplier", "patients", "waste", "variance")
NEW_KINDS = ("returned", "transit", "opened", "compounding")
KINDS = (
    "shelf",
    "refrigerator",
    "quarantine",
    "returned",
    "transit",
    "supplier",
    "patients",
    "opened",
    "compounding",
    "waste",
    "variance",
)
TEMPERATURES = ("20-25", "<=25", "2-8", "8-15", "per batch record")


def upgrade() -> None:
    _widen_places()
    for counter in COUNTERS:
        op.add_column("head", sa.Column(counter, sa.Integer(), nullable=False, server_default=sa.text("0")))
    _add_checked("product", "in_use_days", "INTEGER", "in_use_days > 0")
    _add_checked("product", "light_limit_minutes", "INTEGER", "light_limit_minutes > 0")
    _add_undelivered()
    _create_stock_acts()
    _create_vials()
    _create_storage()
    _create_recalls()
    _create_counts()
    _create_batches()
    for table in APPEND_ONLY:
        _forbid_change(table)


def _widen_places() -> None:
    """More kinds of places, and how each keeps what stands there."""
    if op.get_bind().dialect.name == "sqlite":
        # SQLite changes a check only by a new table; those that refer to it do so by its name.
        op.create_table("new_place", *_place_columns(KINDS), *_climate_columns(), *_place_constraints())
        op.execute("INSERT INTO new_place (id, site_id, code, kind) SELECT id, site_id, code, kind FROM place")
        op.drop_table("place")
        op.rename_table("new_place", "place")
    else:
        op.execute("ALTER TABLE place DROP CONSTRAINT ck_place_kind")
        op.execute(f"ALTER TABLE place ADD CONSTRAINT ck_place_kind CHECK (kind IN ({_quoted(KINDS)}))")
        op.execute(
            "ALTER TABLE place ADD COLUMN temperature VARCHAR(32) "
            f"CONSTRAINT ck_place_temperature CHECK (temperature IN ({_quoted(TEMPERATURES)}))"
        )
        op.add_column("place", sa.Column("dark", sa.Boolean(), nullable=True))
    for kind in NEW_KINDS:
        # A pharmacy may have a place of that name already, with a kind of its own.
        op.execute(
            sa.text(
                "INSERT INTO place (site_id, code, kind) SELECT id, :kind, :kind FROM site "
                "WHERE NOT EXISTS (SELECT 1 FROM place WHERE site_id = site.id AND code = :kind)"
            ).bindparams(sa.bindparam("kind", kind, sa.Text()))
        )
    op.execute(
        "UPDATE place SET dark = TRUE, temperature = CASE kind WHEN 'refrigerator' THEN '2-8' ELSE '20-25' END "
        "WHERE kind IN ('shelf', 'refrigerator', 'quarantine', 'returned', 'transit')"
    )


def _place_columns(kinds: tuple[str, ...]) -> list[sa.Column[object]]:
    kind = sa.Enum(*kinds, name=op.f("ck_place_kind"), native_enum=False, create_constraint=True, length=32)
    return [
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", kind, nullable=False),
    ]


def _climate_columns() -> list[sa.Column[object]]:
    name = op.f("ck_place_temperature")
    return [
        sa.Column(
            "temperature",
            sa.Enum(*TEMPERATURES, name=name, native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("dark", sa.Boolean(create_constraint=True, name=op.f("ck_place_dark")), nullable=True),
    ]


def _place_constraints() -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_place_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_place_site_id_code")),
    ]


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _add_checked(table: str, column: str, kind: str, check: str) -> None:
    """In place, since Alembic adds no column with a check on SQLite, which SQLite itself can."""
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT ck_{table}_{column} CHECK ({check})")


def _add_undelivered() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _add_checked("dispense_return", "undelivered", "BOOLEAN DEFAULT 0 NOT NULL", "undelivered IN (0, 1)")
        return
    op.add_column("dispense_return", sa.Column("undelivered", sa.Boolean(), nullable=False, server_default=sa.false()))


def _create_stock_acts() -> None:
    op.create_table(
        "stock_act",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("move", "destroy", "send back", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("witness_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("witness_id <> by_id", name=op.f("ck_stock_act_witness")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_stock_act_by_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_stock_act_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_stock_act_site_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["user_account.id"], name=op.f("fk_stock_act_witness_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_act")),
        sa.UniqueConstraint("request_id", name=op.f("uq_stock_act_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_stock_act_site_id_number")),
    )
    op.create_index(op.f("ix_stock_act_at"), "stock_act", ["at"])


def _create_vials() -> None:
    op.create_table(
        "vial",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("volume_ul", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("discard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("remaining_ul", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "held", "discarded", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("patient_id", ID, nullable=True),
        sa.CheckConstraint("remaining_ul >= 0 AND remaining_ul <= volume_ul", name=op.f("ck_vial_remaining")),
        sa.CheckConstraint("volume_ul > 0", name=op.f("ck_vial_volume")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_vial_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_vial_lot_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_vial_patient_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_vial_place_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_vial_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_vial_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vial")),
        sa.UniqueConstraint("request_id", name=op.f("uq_vial_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_vial_site_id_number")),
    )
    op.create_index(op.f("ix_vial_lot_id"), "vial", ["lot_id"])
    op.create_table(
        "vial_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("vial_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "draw",
                "waste",
                "hold",
                "release",
                "move",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("volume_ul", sa.Integer(), nullable=False),
        sa.Column("from_place_id", ID, nullable=True),
        sa.Column("to_place_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("(volume_ul > 0) = (kind IN ('draw', 'waste'))", name=op.f("ck_vial_entry_kind_of_volume")),
        sa.CheckConstraint("volume_ul >= 0", name=op.f("ck_vial_entry_volume")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_vial_entry_by_id")),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.id"], name=op.f("fk_vial_entry_from_place_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_vial_entry_request_id")),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.id"], name=op.f("fk_vial_entry_to_place_id")),
        sa.ForeignKeyConstraint(["vial_id"], ["vial.id"], name=op.f("fk_vial_entry_vial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vial_entry")),
    )
    op.create_index(op.f("ix_vial_entry_request_id"), "vial_entry", ["request_id"])
    op.create_index(op.f("ix_vial_entry_vial_id"), "vial_entry", ["vial_id"])
    op.create_table(
        "draw",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("vial_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("prescription_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("dose_mcg", sa.Integer(), nullable=False),
        sa.Column("volume_ul", sa.Integer(), nullable=False),
        sa.Column(
            "given_as",
            sa.Enum("administered", "syringe", name="given_as", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("next_injection", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint(
            "(prescription_id IS NULL) = (reason IS NOT NULL)", name=op.f("ck_draw_prescribed_or_reason")
        ),
        sa.CheckConstraint("dose_mcg > 0", name=op.f("ck_draw_dose")),
        sa.CheckConstraint("volume_ul > 0", name=op.f("ck_draw_volume")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_draw_by_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_draw_patient_id")),
        sa.ForeignKeyConstraint(["prescription_id"], ["prescription.id"], name=op.f("fk_draw_prescription_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_draw_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_draw_site_id")),
        sa.ForeignKeyConstraint(["vial_id"], ["vial.id"], name=op.f("fk_draw_vial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint("request_id", name=op.f("uq_draw_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_draw_site_id_number")),
    )
    op.create_index(op.f("ix_draw_at"), "draw", ["at"])
    op.create_index(op.f("ix_draw_patient_id"), "draw", ["patient_id"])
    op.create_index(op.f("ix_draw_prescription_id"), "draw", ["prescription_id"])
    op.create_index(op.f("ix_draw_vial_id"), "draw", ["vial_id"])
    op.create_table(
        "draw_finding",
        sa.Column("id", ID, nullable=False),
        sa.Column("draw_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum("stop", "override", "note", name="severity", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_draw_finding_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_finding")),
        sa.UniqueConstraint("draw_id", "code", name=op.f("uq_draw_finding_draw_id_code")),
    )


def _create_storage() -> None:
    op.create_table(
        "place_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_place_log_by_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_place_log_place_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_place_log_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_log")),
        sa.UniqueConstraint("request_id", name=op.f("uq_place_log_request_id")),
    )
    op.create_index(op.f("ix_place_log_place_id"), "place_log", ["place_id"])
    op.create_table(
        "reading",
        sa.Column("place_id", ID, nullable=False),
        sa.Column("second", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("centidegrees", sa.Integer(), nullable=False),
        sa.Column("log_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["place_log.id"], name=op.f("fk_reading_log_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_reading_place_id")),
        sa.PrimaryKeyConstraint("place_id", "second", name=op.f("pk_reading")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "excursion",
        sa.Column("id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("log_id", ID, nullable=False),
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
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.Column("mean_kinetic", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("ended >= began", name=op.f("ck_excursion_times")),
        sa.CheckConstraint("highest >= lowest", name=op.f("ck_excursion_temperatures")),
        sa.ForeignKeyConstraint(["log_id"], ["place_log.id"], name=op.f("fk_excursion_log_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_excursion_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excursion")),
        sa.UniqueConstraint("place_id", "temperature", "began", name=op.f("uq_excursion_place_id_temperature_began")),
    )
    op.create_index(op.f("ix_excursion_log_id"), "excursion", ["log_id"])
    op.create_table(
        "light_exposure",
        sa.Column("id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("vial_id", ID, nullable=True),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_light_exposure_minutes")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_light_exposure_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_light_exposure_lot_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_light_exposure_request_id")),
        sa.ForeignKeyConstraint(["vial_id"], ["vial.id"], name=op.f("fk_light_exposure_vial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_light_exposure")),
        sa.UniqueConstraint("request_id", name=op.f("uq_light_exposure_request_id")),
    )
    op.create_index(op.f("ix_light_exposure_lot_id"), "light_exposure", ["lot_id"])


def _create_recalls() -> None:
    op.create_table(
        "recall",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column(
            "class",
            sa.Enum("I", "II", "III", name="class", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("product_id", ID, nullable=True),
        sa.Column("lot_number", sa.Text(), nullable=True),
        sa.Column("expires_from", sa.Date(), nullable=True),
        sa.Column("expires_to", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("expires_to >= expires_from", name=op.f("ck_recall_expiries")),
        sa.CheckConstraint("product_id IS NOT NULL OR lot_number IS NOT NULL", name=op.f("ck_recall_covers")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_recall_by_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_recall_product_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_recall_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_recall_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
        sa.UniqueConstraint("request_id", name=op.f("uq_recall_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_recall_site_id_number")),
    )
    op.create_table(
        "recall_withdrawal",
        sa.Column("recall_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_recall_withdrawal_by_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_withdrawal_recall_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_recall_withdrawal_request_id")),
        sa.PrimaryKeyConstraint("recall_id", name=op.f("pk_recall_withdrawal")),
        sa.UniqueConstraint("request_id", name=op.f("uq_recall_withdrawal_request_id")),
    )
    op.create_table(
        "recall_contact",
        sa.Column("id", ID, nullable=False),
        sa.Column("recall_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column(
            "contact",
            sa.Enum(
                "reached",
                "not reached",
                "declined",
                name="contact",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_recall_contact_by_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_recall_contact_patient_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_contact_recall_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_recall_contact_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_contact")),
        sa.UniqueConstraint("request_id", name=op.f("uq_recall_contact_request_id")),
    )
    op.create_index(op.f("ix_recall_contact_recall_id"), "recall_contact", ["recall_id"])
    op.create_table(
        "lot_act",
        sa.Column("id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "hold",
                "release",
                "recall",
                "withdraw",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recall_id", ID, nullable=True),
        sa.Column("excursion_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_lot_act_by_id")),
        sa.ForeignKeyConstraint(["excursion_id"], ["excursion.id"], name=op.f("fk_lot_act_excursion_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_act_lot_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_lot_act_recall_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_lot_act_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_act")),
        sa.UniqueConstraint("request_id", "lot_id", name=op.f("uq_lot_act_request_id_lot_id")),
    )
    op.create_index(op.f("ix_lot_act_lot_id"), "lot_act", ["lot_id"])


def _create_counts() -> None:
    op.create_table(
        "stock_count",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=True),
        sa.Column("product_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("place_id IS NOT NULL OR product_id IS NOT NULL", name=op.f("ck_stock_count_scope")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_stock_count_by_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stock_count_place_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stock_count_product_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_stock_count_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_stock_count_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
        sa.UniqueConstraint("request_id", name=op.f("uq_stock_count_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_stock_count_site_id_number")),
    )
    op.create_table(
        "count_line",
        sa.Column("count_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_count_line_units")),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_count_line_count_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_line_lot_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_count_line_place_id")),
        sa.PrimaryKeyConstraint("count_id", "lot_id", "place_id", name=op.f("pk_count_line")),
    )
    op.create_table(
        "count_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("count_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("book_units", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.CheckConstraint("book_units >= 0", name=op.f("ck_count_entry_book_units")),
        sa.CheckConstraint("units >= 0", name=op.f("ck_count_entry_units")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_count_entry_by_id")),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_count_entry_count_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_entry_lot_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_count_entry_place_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_count_entry_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_entry")),
        sa.UniqueConstraint("request_id", name=op.f("uq_count_entry_request_id")),
    )
    op.create_index(op.f("ix_count_entry_count_id"), "count_entry", ["count_id"])
    op.create_table(
        "count_closing",
        sa.Column("count_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_count_closing_by_id")),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_count_closing_count_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_count_closing_request_id")),
        sa.PrimaryKeyConstraint("count_id", name=op.f("pk_count_closing")),
        sa.UniqueConstraint("request_id", name=op.f("uq_count_closing_request_id")),
    )


def _create_batches() -> None:
    op.create_table(
        "batch",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column(
            "category",
            sa.Enum("immediate use", "1", "2", name="category", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "start",
            sa.Enum("sterile", "non-sterile", name="start", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("stability_days", sa.Integer(), nullable=True),
        sa.Column("stability_source", sa.Text(), nullable=True),
        sa.Column("limited_by", sa.Text(), nullable=False),
        sa.Column("preservative", sa.Text(), nullable=False),
        sa.Column("strength_mcg_per_ml", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("expected_units", sa.Integer(), nullable=False),
        sa.Column("calculation", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("checked_by_id", ID, nullable=False),
        sa.CheckConstraint("checked_by_id <> by_id", name=op.f("ck_batch_checked")),
        sa.CheckConstraint("units > 0 AND units <= expected_units", name=op.f("ck_batch_yield")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_batch_by_id")),
        sa.ForeignKeyConstraint(["checked_by_id"], ["user_account.id"], name=op.f("fk_batch_checked_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_batch_lot_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_batch_request_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_batch_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_batch_lot_id")),
        sa.UniqueConstraint("request_id", name=op.f("uq_batch_request_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_batch_site_id_number")),
    )
    op.create_table(
        "batch_ingredient",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=True),
        sa.Column("units", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lot_number", sa.Text(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.CheckConstraint("(lot_id IS NULL) = (units IS NULL)", name=op.f("ck_batch_ingredient_stock")),
        sa.CheckConstraint("units > 0", name=op.f("ck_batch_ingredient_units")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_ingredient_batch_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_batch_ingredient_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_ingredient")),
    )
    op.create_index(op.f("ix_batch_ingredient_batch_id"), "batch_ingredient", ["batch_id"])
    op.create_index(op.f("ix_batch_ingredient_lot_id"), "batch_ingredient", ["lot_id"])


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
    for table in (
        "batch_ingredient",
        "batch",
        "count_closing",
        "count_entry",
        "count_line",
        "stock_count",
        "lot_act",
        "recall_contact",
        "recall_withdrawal",
        "recall",
        "light_exposure",
        "excursion",
        "reading",
        "place_log",
        "draw_finding",
        "draw",
        "vial_entry",
        "vial",
        "stock_act",
    ):
        op.drop_table(table)
    op.execute("ALTER TABLE dispense_return DROP COLUMN undelivered")
    for column in ("light_limit_minutes", "in_use_days"):
        op.execute(f"ALTER TABLE product DROP COLUMN {column}")
    for counter in COUNTERS:
        op.execute(f"ALTER TABLE head DROP COLUMN {counter}")
    # Refused by the references where units went to a place that the earlier schema does not know.
    op.execute("DELETE FROM place WHERE kind IN ('returned', 'transit', 'opened', 'compounding')")
    if op.get_bind().dialect.name == "sqlite":
        op.create_table("old_place", *_place_columns(FIRST_KINDS), *_place_constraints())
        op.execute("INSERT INTO old_place (id, site_id, code, kind) SELECT id, site_id, code, kind FROM place")
        op.drop_table("place")
        op.rename_table("old_place", "place")
        return
    op.execute("ALTER TABLE place DROP COLUMN dark, DROP COLUMN temperature, DROP CONSTRAINT ck_place_kind")
    op.execute(f"ALTER TABLE place ADD CONSTRAINT ck_place_kind CHECK (kind IN ({_quoted(FIRST_KINDS)}))")
