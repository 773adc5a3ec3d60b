"""The stock as an InventoryReport of FHIR R5: R4 has no resource for it (decisions/ says why none was bent to it)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby

from dispensary.exports.fhir.resources import Json, Writer
from dispensary.reports.exchange.fills import ToldLot
from dispensary.reports.stock.stock import StockRow
from dispensary.rules.moments import to_the_second
from dispensary.rules.product import Product


def inventory_resources(
    rows: Iterable[StockRow],
    products: Mapping[str, tuple[Product, tuple[str, ...]]],
    writer: Writer,
    on: datetime,
    pharmacy: str,
) -> Iterator[Json]:
    """A Medication for each lot, then the report: a listing for each place and state, an item for each lot."""
    medications: dict[tuple[str, str], Json] = {}
    ordered = sorted(rows, key=lambda row: (row.place, row.state, row.product, row.expires, row.lot))
    for row in ordered:
        if (row.product, row.lot) not in medications:
            product, gtins = products[row.product]
            told = writer.medication(product, gtins, ToldLot(row.lot, row.expires, row.units))
            medications[row.product, row.lot] = told
            yield told
    listings = [
        _listing(place, state, list(group), medications, writer)
        for (place, state), group in groupby(ordered, key=lambda row: (row.place, row.state))
    ]
    number = writer.own("inventory", to_the_second(on))
    report: Json = {
        "resourceType": "InventoryReport",
        "id": writer.id_of("InventoryReport", number["value"]),
        "identifier": [number],
        "status": "active",
        "countType": "snapshot",
        "reportedDateTime": to_the_second(on),
        "reporter": {"display": pharmacy},
    }
    if listings:
        report["inventoryListing"] = listings
    yield report


def _listing(
    place: str, state: str, rows: list[StockRow], medications: Mapping[tuple[str, str], Json], writer: Writer
) -> Json:
    return {
        "location": {"identifier": writer.own("place", place), "display": place},
        "itemStatus": {"text": state},
        "item": [
            {
                "quantity": {"value": row.units, "unit": "unit"},
                "item": {"reference": writer.to(medications[row.product, row.lot])},
            }
            for row in rows
        ],
    }
