"""The books of a site as plain tables for analysis: what they hold, column by column, and the rows of each.

Patients stand in them as numbers, and nothing that somebody wrote in words of their own: a reason or an
indication may name a patient. `request` joins a document to its movements.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    Text,
    bindparam,
    select,
    type_coerce,
)

from dispensary.reports.verify.told import number_of
from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import patient, site, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription, unmet_demand
from dispensary.schema.stock import balance, lot, movement, place, receipt, receipt_line, stock_act
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial

BATCH = 5000
"""Rows held in memory at a time."""


class Kind(StrEnum):
    """What a cell of a column is."""

    TEXT = "text"
    WHOLE = "whole number"
    TRUTH = "true or false"
    DAY = "day"
    """By the pharmacy's clock, as ISO 8601."""
    MOMENT = "moment"
    """In UTC, as ISO 8601 to the microsecond."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, which ends in its unit where it has one; `of` is where its cells come from."""

    name: str
    kind: Kind
    of: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name. What has an `at` as its first column happened, and grows for ever; the rest is as it is."""

    name: str
    columns: tuple[Column, ...]
    rows: Select[Any]

    @property
    def happened(self) -> bool:
        """Whether its rows have a moment, by which they can be parted."""
        return self.columns[0].name == "at"


def rows_of(db: Connection, table: Table, site_id: int) -> Generator[Sequence[Row[Any]], None, None]:
    """The rows of the site in the order in which they were written, BATCH of them at a time; to be closed."""
    with db.execute(table.rows, {"site": site_id}, execution_options={"yield_per": BATCH}) as rows:
        yield from rows.partitions()


def site_of(db: Connection, site_id: int) -> str:
    """The name of the site."""
    return str(db.execute(select(site.c.name).where(site.c.id == site_id)).scalar_one())


def _table(name: str, columns: Sequence[Column], joined: Select[Any], *order: ColumnElement[Any]) -> Table:
    of = [column.of.label(column.name) for column in columns]
    return Table(name, tuple(columns), joined.with_only_columns(*of).order_by(*order))


def _text(name: str, of: ColumnElement[Any]) -> Column:
    # A word of a closed list is its text here, and need not be looked up for every row.
    return Column(name, Kind.TEXT, type_coerce(of, Text))


def _whole(name: str, of: ColumnElement[Any]) -> Column:
    return Column(name, Kind.WHOLE, of)


def _day(name: str, of: ColumnElement[Any]) -> Column:
    return Column(name, Kind.DAY, of)


def _truth(name: str, of: ColumnElement[Any]) -> Column:
    return Column(name, Kind.TRUTH, of)


def _at(of: ColumnElement[Any]) -> Column:
    # As the driver gives it: many rows are of one moment, which `moment_of` makes of it.
    return Column("at", Kind.MOMENT, type_coerce(of, DateTime(timezone=True)))


def moment_of(at: datetime) -> datetime:
    """The moment of what stands in a column `at`."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


_site: BindParameter[int] = bindparam("site")
_source = place.alias("source")
_target = place.alias("target")
_witness = user.alias("witness")
_completed = dispense.alias("completed")
_BY = _text("by", user.c.name)
_LOT = (_text("product", product.c.code), _text("lot", lot.c.number), _day("expires", lot.c.expires))
_PATIENT = _text("patient", number_of(Record.PATIENT, patient.c.number))
_RX = _text("rx", number_of(Record.PRESCRIPTION, prescription.c.number))

MOVEMENTS = _table(
    "movements",
    (
        _at(movement.c.at),
        _whole("movement", movement.c.id),
        _whole("request", movement.c.request_id),
        *_LOT,
        _text("from", _source.c.code),
        _text("from_kind", _source.c.kind),
        _text("to", _target.c.code),
        _text("to_kind", _target.c.kind),
        _whole("units", movement.c.units),
        _whole("reverses", movement.c.reverses_id),
        _BY,
    ),
    select(movement.c.id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .join(_target, _target.c.id == movement.c.to_place_id)
    .join(user, user.c.id == movement.c.by_id)
    .where(_source.c.site_id == _site),
    movement.c.id,
)
DISPENSES = _table(
    "dispenses",
    (
        _at(dispense.c.at),
        _text("dispense", number_of(Record.DISPENSE, dispense.c.number)),
        _whole("request", dispense.c.request_id),
        _RX,
        _PATIENT,
        _text("product", product.c.code),
        _whole("fill", dispense.c.fill),
        _whole("units", dispense.c.units),
        _whole("prescribed_units", dispense.c.prescribed_units),
        _whole("doses", dispense.c.doses),
        _whole("days_supply", dispense.c.days_supply),
        _day("first_injection", dispense.c.first_injection),
        _day("last_injection", dispense.c.last_injection),
        _day("next_injection", dispense.c.next_injection),
        _text("completes", number_of(Record.DISPENSE, _completed.c.number)),
        _BY,
    ),
    select(dispense.c.id)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(product, product.c.id == dispense.c.product_id)
    .join(user, user.c.id == dispense.c.by_id)
    .outerjoin(_completed, _completed.c.id == dispense.c.completes_id)
    .where(dispense.c.site_id == _site),
    dispense.c.id,
)
RETURNS = _table(
    "returns",
    (
        _at(request.c.at),
        _text("return", number_of(Record.RETURN, dispense_return.c.number)),
        _whole("request", dispense_return.c.request_id),
        _text("dispense", number_of(Record.DISPENSE, dispense.c.number)),
        _text("product", product.c.code),
        _whole("units", dispense_return.c.units),
        _truth("undelivered", dispense_return.c.undelivered),
        _BY,
    ),
    select(dispense_return.c.id)
    .join(request, request.c.id == dispense_return.c.request_id)
    .join(dispense, dispense.c.id == dispense_return.c.dispense_id)
    .join(product, product.c.id == dispense.c.product_id)
    .join(user, user.c.id == request.c.by_id)
    .where(dispense_return.c.site_id == _site),
    dispense_return.c.id,
)
RECEIPTS = _table(
    "receipts",
    (
        _at(request.c.at),
        _text("receipt", number_of(Record.RECEIPT, receipt.c.number)),
        _whole("request", receipt.c.request_id),
        *_LOT,
        _text("place", place.c.code),
        _text("gtin", pack.c.gtin),
        _text("serial", receipt_line.c.serial),
        _whole("units", receipt_line.c.units),
        _whole("unit_cost_micros", receipt_line.c.unit_cost_micros),
        _BY,
    ),
    select(receipt_line.c.id)
    .join(receipt, receipt.c.id == receipt_line.c.receipt_id)
    .join(request, request.c.id == receipt.c.request_id)
    .join(lot, lot.c.id == receipt_line.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == receipt_line.c.place_id)
    .join(user, user.c.id == request.c.by_id)
    .outerjoin(pack, pack.c.id == receipt_line.c.pack_id)
    .where(receipt.c.site_id == _site),
    # Two keys that lead to the lines in this order, so that nothing is sorted.
    receipt.c.id,
    receipt_line.c.id,
)
STOCK_ACTS = _table(
    "stock_acts",
    (
        _at(stock_act.c.at),
        _text("act", number_of(Record.STOCK_ACT, stock_act.c.number)),
        _whole("request", stock_act.c.request_id),
        _text("kind", stock_act.c.kind),
        _text("witness", _witness.c.name),
        _BY,
    ),
    select(stock_act.c.id)
    .join(user, user.c.id == stock_act.c.by_id)
    .outerjoin(_witness, _witness.c.id == stock_act.c.witness_id)
    .where(stock_act.c.site_id == _site),
    stock_act.c.id,
)
DRAWS = _table(
    "draws",
    (
        _at(draw.c.at),
        _text("draw", number_of(Record.DRAW, draw.c.number)),
        _text("vial", number_of(Record.VIAL, vial.c.number)),
        _RX,
        _PATIENT,
        *_LOT,
        _whole("dose_mcg", draw.c.dose_mcg),
        _whole("volume_ul", draw.c.volume_ul),
        _BY,
    ),
    select(draw.c.id)
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(patient, patient.c.id == draw.c.patient_id)
    .join(user, user.c.id == draw.c.by_id)
    .outerjoin(prescription, prescription.c.id == draw.c.prescription_id)
    .where(draw.c.site_id == _site),
    draw.c.id,
)
UNMET = _table(
    "unmet",
    (
        _at(unmet_demand.c.at),
        _RX,
        _PATIENT,
        _text("product", product.c.code),
        _whole("units", unmet_demand.c.units),
        _whole("usable_units", unmet_demand.c.usable_units),
        _BY,
    ),
    select(unmet_demand.c.id)
    .join(prescription, prescription.c.id == unmet_demand.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(product, product.c.id == unmet_demand.c.product_id)
    .join(user, user.c.id == unmet_demand.c.by_id)
    .where(prescription.c.site_id == _site),
    unmet_demand.c.id,
)
STOCK = _table(
    "stock",
    (
        *_LOT,
        _text("state", lot.c.state),
        _text("place", place.c.code),
        _text("kind", place.c.kind),
        _whole("units", balance.c.units),
        _whole("unit_cost_micros", lot.c.unit_cost_micros),
    ),
    select(balance.c.lot_id)
    .join(lot, lot.c.id == balance.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == balance.c.place_id)
    .where(place.c.site_id == _site, balance.c.units > 0),
    lot.c.id,
)
PRODUCTS = _table(
    "products",
    (
        _text("product", product.c.code),
        _text("name", product.c.name),
        _text("labeler", product.c.labeler),
        _text("form", product.c.form),
        _whole("strength_mcg_per_ml", product.c.strength_mcg_per_ml),
        _text("container", product.c.container),
        _whole("fill_ul", product.c.fill_ul),
        _text("preserved", product.c.preserved),
        _text("temperature", product.c.temperature),
        _whole("minimum_units", product.c.minimum_units),
    ),
    select(product.c.id),
    product.c.id,
)

TABLES = {
    each.name: each for each in (MOVEMENTS, DISPENSES, RETURNS, RECEIPTS, STOCK_ACTS, DRAWS, UNMET, STOCK, PRODUCTS)
}
"""All of them, by name."""
