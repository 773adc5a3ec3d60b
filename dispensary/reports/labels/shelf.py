"""What the label on the shelf before a product says."""

from sqlalchemy import Connection

from dispensary import lookup
from dispensary.labelling.kinds.shelf import ShelfFacts
from dispensary.reports.labels.dispense import unit_gtins
from dispensary.rules.people import Pharmacy


def shelf_facts(db: Connection, code: str, *, pharmacy: Pharmacy) -> ShelfFacts:
    """The facts of the product's shelf label, in the pharmacy's language; raises NotFound."""
    product_id, product = lookup.product_by_code(db, code)
    return ShelfFacts(
        country=pharmacy.country,
        language=pharmacy.language,
        product=product.made_by(pharmacy.name),
        # A shelf is of single units, whatever the cartons that they come in.
        gtin=unit_gtins(db, [product_id]).get(product_id),
    )
