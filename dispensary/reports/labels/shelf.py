"""What the label on the shelf before a product says."""

from sqlalchemy import Connection

from dispensary import lookup
from dispensary.labelling.kinds.shelf import ShelfFacts
from dispensary.reports.labels.dispense import UNIT_GTINS
from dispensary.rules.people import Pharmacy


def shelf_facts(db: Connection, code: str, *, pharmacy: Pharmacy) -> ShelfFacts:
    """The facts of the product's shelf label, in the pharmacy's language; raises NotFound."""
    product_id, product = lookup.product_by_code(db, code)
    # A shelf is of single units, whatever the cartons that they come in.
    gtins = {row.product_id: row.gtin for row in db.execute(UNIT_GTINS, {"products": [product_id]})}
    return ShelfFacts(
        country=pharmacy.country,
        language=pharmacy.language,
        product=product.made_by(pharmacy.name),
        gtin=gtins.get(product_id),
    )
