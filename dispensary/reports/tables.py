"""The books of a site as plain tables for analysis: what they hold, column by column, and the rows of each.

Patients stand in them as numbers at most, and nothing that somebody wrote in words of their own: a reason or an
indication may name a patient. `request` joins a document to its movements.
"""

from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from dispensary.reports.columns import PATIENT, at, day, table, text, truth, whole
from dispensary.reports.verify.told import number_of
from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import patient, site, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription, unmet_demand
from dispensary.schema.stock import balance, lot, movement, place, receipt, receipt_line, stock_act
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial


def site_of(db: Connection, site_id: int) -> str:
    """The name of the site."""
    return str(db.execute(select(site.c.name).where(site.c.id == site_id)).scalar_one())


_site: BindParameter[int] = bindparam("site")
_source = place.alias("source")
_target = place.alias("target")
_witness = user.alias("witness")
_completed = dispense.alias("completed")
_BY = text("by", user.c.name)
_LOT = (text("product", product.c.code), text("lot", lot.c.number), day("expires", lot.c.expires))
_PATIENT = text(PATIENT, number_of(Record.PATIENT, patient.c.number))
_RX = text("rx", number_of(Record.PRESCRIPTION, prescription.c.number))


def _of_lot(of: Any) -> tuple[Any, Any]:
    return lot.c.id == of.c.lot_id, product.c.id == lot.c.product_id


def _of_rx(of: Any) -> tuple[Any, Any]:
    return prescription.c.id == of.c.prescription_id, patient.c.id == prescription.c.patient_id


MOVEMENTS = table(
    "movements",
    movement,
    (
        at(movement.c.at),
        whole("movement", movement.c.id),
        whole("request", movement.c.request_id),
        *_LOT,
        text("from", _source.c.code),
        text("from_kind", _source.c.kind),
        text("to", _target.c.code),
        text("to_kind", _target.c.kind),
        whole("units", movement.c.units),
        whole("reverses", movement.c.reverses_id),
        _BY,
    ),
    *_of_lot(movement),
    _source.c.id == movement.c.from_place_id,
    _target.c.id == movement.c.to_place_id,
    user.c.id == movement.c.by_id,
    where=[_source.c.site_id == _site],
)
DISPENSES = table(
    "dispenses",
    dispense,
    (
        at(dispense.c.at),
        text("dispense", number_of(Record.DISPENSE, dispense.c.number)),
        whole("request", dispense.c.request_id),
        _RX,
        _PATIENT,
        text("product", product.c.code),
        whole("fill", dispense.c.fill),
        whole("units", dispense.c.units),
        whole("prescribed_units", dispense.c.prescribed_units),
        whole("doses", dispense.c.doses),
        whole("days_supply", dispense.c.days_supply),
        day("first_injection", dispense.c.first_injection),
        day("last_injection", dispense.c.last_injection),
        day("next_injection", dispense.c.next_injection),
        text("completes", number_of(Record.DISPENSE, _completed.c.number)),
        _BY,
    ),
    *_of_rx(dispense),
    product.c.id == dispense.c.product_id,
    user.c.id == dispense.c.by_id,
    _completed.c.id == dispense.c.completes_id,
    where=[dispense.c.site_id == _site],
)
RETURNS = table(
    "returns",
    dispense_return,
    (
        at(request.c.at),
        text("return", number_of(Record.RETURN, dispense_return.c.number)),
        whole("request", dispense_return.c.request_id),
        text("dispense", number_of(Record.DISPENSE, dispense.c.number)),
        text("product", product.c.code),
        whole("units", dispense_return.c.units),
        truth("undelivered", dispense_return.c.undelivered),
        _BY,
    ),
    request.c.id == dispense_return.c.request_id,
    dispense.c.id == dispense_return.c.dispense_id,
    product.c.id == dispense.c.product_id,
    user.c.id == request.c.by_id,
    where=[dispense_return.c.site_id == _site],
)
RECEIPTS = table(
    "receipts",
    receipt_line,
    (
        at(request.c.at),
        text("receipt", number_of(Record.RECEIPT, receipt.c.number)),
        whole("request", receipt.c.request_id),
        *_LOT,
        text("place", place.c.code),
        text("gtin", pack.c.gtin),
        text("serial", receipt_line.c.serial),
        whole("units", receipt_line.c.units),
        whole("unit_cost_micros", receipt_line.c.unit_cost_micros),
        _BY,
    ),
    receipt.c.id == receipt_line.c.receipt_id,
    request.c.id == receipt.c.request_id,
    *_of_lot(receipt_line),
    place.c.id == receipt_line.c.place_id,
    user.c.id == request.c.by_id,
    pack.c.id == receipt_line.c.pack_id,
    where=[receipt.c.site_id == _site],
    # Two keys that lead to the lines in this order, so that nothing is sorted.
    order=[receipt.c.id, receipt_line.c.id],
)
STOCK_ACTS = table(
    "stock_acts",
    stock_act,
    (
        at(stock_act.c.at),
        text("act", number_of(Record.STOCK_ACT, stock_act.c.number)),
        whole("request", stock_act.c.request_id),
        text("kind", stock_act.c.kind),
        text("witness", _witness.c.name),
        _BY,
    ),
    user.c.id == stock_act.c.by_id,
    _witness.c.id == stock_act.c.witness_id,
    where=[stock_act.c.site_id == _site],
)
DRAWS = table(
    "draws",
    draw,
    (
        at(draw.c.at),
        text("draw", number_of(Record.DRAW, draw.c.number)),
        text("vial", number_of(Record.VIAL, vial.c.number)),
        _RX,
        _PATIENT,
        *_LOT,
        whole("dose_mcg", draw.c.dose_mcg),
        whole("volume_ul", draw.c.volume_ul),
        _BY,
    ),
    vial.c.id == draw.c.vial_id,
    *_of_lot(vial),
    patient.c.id == draw.c.patient_id,
    user.c.id == draw.c.by_id,
    prescription.c.id == draw.c.prescription_id,
    where=[draw.c.site_id == _site],
)
UNMET = table(
    "unmet",
    unmet_demand,
    (
        at(unmet_demand.c.at),
        _RX,
        _PATIENT,
        text("product", product.c.code),
        whole("units", unmet_demand.c.units),
        whole("usable_units", unmet_demand.c.usable_units),
        _BY,
    ),
    *_of_rx(unmet_demand),
    product.c.id == unmet_demand.c.product_id,
    user.c.id == unmet_demand.c.by_id,
    where=[prescription.c.site_id == _site],
)
STOCK = table(
    "stock",
    balance,
    (
        *_LOT,
        text("state", lot.c.state),
        text("place", place.c.code),
        text("kind", place.c.kind),
        whole("units", balance.c.units),
        whole("unit_cost_micros", lot.c.unit_cost_micros),
    ),
    *_of_lot(balance),
    place.c.id == balance.c.place_id,
    where=[place.c.site_id == _site, balance.c.units > 0],
    order=[lot.c.id],
)
PRODUCTS = table(
    "products",
    product,
    (
        text("product", product.c.code),
        text("name", product.c.name),
        text("labeler", product.c.labeler),
        text("form", product.c.form),
        whole("strength_mcg_per_ml", product.c.strength_mcg_per_ml),
        text("container", product.c.container),
        whole("fill_ul", product.c.fill_ul),
        text("preserved", product.c.preserved),
        text("temperature", product.c.temperature),
        whole("minimum_units", product.c.minimum_units),
    ),
)

TABLES = {
    each.name: each for each in (MOVEMENTS, DISPENSES, RETURNS, RECEIPTS, STOCK_ACTS, DRAWS, UNMET, STOCK, PRODUCTS)
}
"""All of them, by name."""
