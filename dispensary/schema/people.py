"""Sites, users, patients and prescribers."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from dispensary.rules.people import Condition, Language, Role
from dispensary.rules.product import Sensitivity
from dispensary.schema.base import Id, Instant, choice, metadata

site = Table(
    "site",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    # A random name of this site's audit chain, so that another pharmacy's chain is never taken for it.
    Column("origin", Text, nullable=False, unique=True),
    Index("ix_site_name", "name", unique=True),
)

user = Table(
    "user_account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", choice(Role, "role"), nullable=False),
    Column("disabled_at", Instant),
    UniqueConstraint("site_id", "name"),
)

# What somebody may do at a site that is not their own; the last row of a user and site counts.
site_right = Table(
    "site_right",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey(user.c.id), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    # Nothing, where the right was taken away.
    Column("role", choice(Role, "role")),
)

patient = Table(
    "patient",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    # The pharmacy's own or a national identifier: the second of two beside the name and birth date.
    Column("identifier", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("born", Date, nullable=False),
    Column("language", choice(Language, "language"), nullable=False),
    # Keys this patient's commitment in the audit chain; erased with the record.
    Column("audit_key", LargeBinary, nullable=False),
    # Since then the columns above hold nothing about a person.
    Column("erased_at", Instant),
    UniqueConstraint("site_id", "number"),
    UniqueConstraint("site_id", "identifier"),
)

patient_sensitivity = Table(
    "patient_sensitivity",
    metadata,
    Column("patient_id", Id, ForeignKey(patient.c.id), primary_key=True),
    Column("sensitivity", choice(Sensitivity, "sensitivity"), primary_key=True),
)

# Other medicines that are known, by the names that were typed.
patient_medicine = Table(
    "patient_medicine",
    metadata,
    Column("patient_id", Id, ForeignKey(patient.c.id), primary_key=True),
    Column("name", Text, primary_key=True),
)

# B12 levels that were measured, with their unit, such as 148 pmol/L.
patient_level = Table(
    "patient_level",
    metadata,
    Column("patient_id", Id, ForeignKey(patient.c.id), primary_key=True),
    Column("taken_on", Date, primary_key=True),
    Column("level", Text, nullable=False),
)

# What a fact was before an edit or a correction, and what it became; words of a list are joined by lines.
# Not append-only: it goes with the patient's record.
patient_change = Table(
    "patient_change",
    metadata,
    Column("id", Id, primary_key=True),
    Column("patient_id", Id, ForeignKey(patient.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    Column("fact", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
)

patient_condition = Table(
    "patient_condition",
    metadata,
    Column("patient_id", Id, ForeignKey(patient.c.id), primary_key=True),
    Column("condition", choice(Condition, "condition"), primary_key=True),
)

prescriber = Table(
    "prescriber",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("profession", Text, nullable=False),
    Column("npi", Text),
    Column("hpr", Text),
    UniqueConstraint("site_id", "number"),
    UniqueConstraint("site_id", "npi"),
    UniqueConstraint("site_id", "hpr"),
    CheckConstraint("(npi IS NULL) <> (hpr IS NULL)", name="one_identifier"),
)
