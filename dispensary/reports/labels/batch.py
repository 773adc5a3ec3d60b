"""What the label of each unit of a batch says, from the record of the batch."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dispensary import lookup
from dispensary.labelling.kinds.batch import BatchFacts
from dispensary.reports.compounding.batch import batch_record
from dispensary.rules.people import Person, Pharmacy
from dispensary.rules.product import Preservatives
from dispensary.rules.quantity import Strength


def batch_facts(db: Connection, number: str, *, pharmacy: Pharmacy, on: datetime, by: Person) -> BatchFacts:
    """The facts of the batch's label, in the pharmacy's language; raises NotANumber and NotFound."""
    record = batch_record(db, by.site_id, number, on)
    _, product = lookup.product_by_code(db, record.product)
    made = replace(
        product,
        strength=Strength(record.strength_mcg_per_ml),
        preservatives=Preservatives.parse(record.preservative),
    )
    return BatchFacts(
        country=pharmacy.country,
        language=pharmacy.language,
        pharmacy=pharmacy.name,
        address=pharmacy.address,
        phone=pharmacy.phone,
        batch=record.batch,
        product=made,
        lot=record.lot,
        units=record.units,
        made_at=record.made_at,
        use_by=record.expires,
        made_by=record.made_by,
        checked_by=record.checked_by,
        ingredients=tuple((each.name, each.lot) for each in record.ingredients),
    )
