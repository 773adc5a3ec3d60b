"""Whether a place keeps a product as the product is to be kept: temperature class and light."""

from dispensary.errors import Refused
from dispensary.rules.place import Climate
from dispensary.rules.product import Product, Storage, Temperature


class PlaceDoesNotFit(Refused):
    """The place is too warm, too cold or too bright for the product, and nobody said why it goes there."""

    sentence = (
        "{place} does not fit {product}: it {misfits}; choose a place that fits, or give the reason with --reason."
    )
    place: str
    product: str
    misfits: str


# The classes that lie within the product's own, itself included.
_FITTING = {
    Temperature.ROOM: {Temperature.ROOM},
    Temperature.UP_TO_25: {Temperature.UP_TO_25, Temperature.ROOM, Temperature.COOL, Temperature.REFRIGERATOR},
    Temperature.COOL: {Temperature.COOL},
    Temperature.REFRIGERATOR: {Temperature.REFRIGERATOR},
}


def misfits(storage: Storage, climate: Climate | None) -> tuple[str, ...]:
    """What is wrong with the place for the product, said of the place; nothing where no stock stands.

    A place fits where its class lies within the product's (USP <659>); what the pharmacy compounded
    itself is kept as its batch record says, which is no class.
    """
    if climate is None:
        return ()
    found = []
    fitting = _FITTING.get(storage.temperature)
    if fitting is not None and climate.temperature not in fitting:
        found.append(f"keeps {climate.temperature} °C and the product needs {storage.temperature} °C")
    if storage.protect_from_light and not climate.dark:
        found.append("is in the light and the product is to be kept dark")
    return tuple(found)


def require_fits(product: Product, place: str, climate: Climate | None, reason: str | None) -> None:
    """Raises PlaceDoesNotFit where the place does not fit and no reason is given."""
    found = misfits(product.storage, climate)
    if found and reason is None:
        raise PlaceDoesNotFit(place=place, product=product.code, misfits=", and it ".join(found))
