"""The facts of one leaflet, with a usual value for each that a test does not name."""

from collections.abc import Callable
from typing import Any

from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.labelling.kinds.leaflet import LeafletFacts
from tests.labelling.package_facts import a_norwegian_package, a_package, a_product


def a_leaflet(**given: Any) -> LeafletFacts:
    """The leaflet of `a_package`; `injections` and `copy` are the leaflet's own, the others the package's."""
    return _of(a_package, {"product": a_product(fill_ul=10_000)} | given)


def a_norwegian_leaflet(**given: Any) -> LeafletFacts:
    return _of(a_norwegian_package, given)


def _of(package: Callable[..., DispenseFacts], given: dict[str, Any]) -> LeafletFacts:
    own = {name: given[name] for name in ("injections", "copy") if name in given}
    of_package = {name: value for name, value in given.items() if name not in own}
    return LeafletFacts(package(**of_package), **own)
