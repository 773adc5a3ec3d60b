"""Products, their preservatives, and the packs they come in."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, Text

from dispensary.rules.product import Container, Form, Preserved, Temperature
from dispensary.schema.base import Id, choice, metadata

product = Table(
    "product",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("labeler", Text, nullable=False),
    Column("form", choice(Form, "form"), nullable=False, index=True),
    Column("strength_mcg_per_ml", Integer, nullable=False),
    Column("container", choice(Container, "container"), nullable=False),
    Column("fill_ul", Integer, nullable=False),
    Column("preserved", choice(Preserved, "preserved"), nullable=False),
    Column("temperature", choice(Temperature, "temperature"), nullable=False),
    Column("protect_from_light", Boolean(create_constraint=True, name="protect_from_light"), nullable=False),
    # Routes as the formulary writes them, such as "IM;subcut".
    Column("routes", Text, nullable=False),
    Column("identifier_kind", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    # How far the facts above were checked; shown with them.
    Column("confidence", Text, nullable=False),
    # Usable units below which the nightly report asks for an order; none where nobody set it.
    Column("minimum_units", Integer),
    # The maker's limit of use after the first puncture, and the minutes of light after which a lot or
    # an opened vial is held; none where nobody set it.
    Column("in_use_days", Integer),
    Column("light_limit_minutes", Integer),
    CheckConstraint("strength_mcg_per_ml > 0", name="strength"),
    CheckConstraint("fill_ul > 0", name="fill"),
    CheckConstraint("minimum_units >= 0", name="minimum"),
    CheckConstraint("in_use_days > 0", name="in_use_days"),
    CheckConstraint("light_limit_minutes > 0", name="light_limit_minutes"),
)

product_preservative = Table(
    "product_preservative",
    metadata,
    Column("product_id", Id, ForeignKey(product.c.id), primary_key=True),
    Column("agent", Text, primary_key=True),
    # Not every listing states the concentration.
    Column("mcg_per_ml", Integer),
    CheckConstraint("mcg_per_ml > 0", name="concentration"),
)

pack = Table(
    "pack",
    metadata,
    Column("id", Id, primary_key=True),
    Column("product_id", Id, ForeignKey(product.c.id), nullable=False, index=True),
    # Not every pack's GTIN is known.
    Column("gtin", Text, unique=True),
    Column("units", Integer, nullable=False),
    CheckConstraint("units > 0", name="units"),
)
