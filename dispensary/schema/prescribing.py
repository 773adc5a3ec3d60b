"""Prescriptions, what was dispensed against them, and what came back."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.rules.product import Form
from dispensary.rules.safety import Severity
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, prescriber, site, user
from dispensary.schema.trust import request

prescription = Table(
    "prescription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("patient_id", Id, ForeignKey(patient.c.id), nullable=False, index=True),
    Column("prescriber_id", Id, ForeignKey(prescriber.c.id), nullable=False),
    Column("form", choice(Form, "form"), nullable=False),
    # The canonical sentence, from which the phases are read; and what the prescriber wrote.
    Column("directions", Text, nullable=False),
    Column("directions_as_written", Text, nullable=False),
    # What one fill supplies: units, or the days it must last.
    Column("quantity_units", Integer),
    Column("days", Integer),
    Column("refills", Integer, nullable=False),
    Column("written", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("indication", Text, nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("(quantity_units IS NULL) <> (days IS NULL)", name="units_or_days"),
    CheckConstraint("quantity_units > 0", name="quantity"),
    CheckConstraint("days > 0", name="days"),
    CheckConstraint("refills >= 0", name="refills"),
    CheckConstraint("valid_until >= written", name="valid"),
)

# The lines of a dispense and of a return are the movements of its request.
dispense = Table(
    "dispense",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("prescription_id", Id, ForeignKey(prescription.c.id), nullable=False),
    Column("product_id", Id, ForeignKey(product.c.id), nullable=False),
    Column("fill", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    Column("days_supply", Integer, nullable=False),
    Column("first_injection", Date, nullable=False),
    Column("last_injection", Date, nullable=False),
    Column("next_injection", Date, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    UniqueConstraint("prescription_id", "fill"),
    CheckConstraint("units > 0", name="units"),
)

finding = Table(
    "finding",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dispense_id", Id, ForeignKey(dispense.c.id), nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", choice(Severity, "severity"), nullable=False),
    Column("message", Text, nullable=False),
    # The pharmacist's reason where the finding was overridden.
    Column("reason", Text),
    UniqueConstraint("dispense_id", "code"),
)

dispense_return = Table(
    "dispense_return",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("dispense_id", Id, ForeignKey(dispense.c.id), nullable=False, index=True),
    Column("units", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("units > 0", name="units"),
)
