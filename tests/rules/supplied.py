"""Courses and products for the tests of supplies."""

from datetime import date, timedelta

from dispensary.rules.course import Course
from dispensary.rules.grammar import parse
from dispensary.rules.product import Container, Form, Preservatives, Product, Route, Storage, Temperature
from dispensary.rules.quantity import Strength

START = date(2026, 3, 2)


def a_product(
    *,
    container: Container = Container.MULTI_DOSE_VIAL,
    fill_ul: int = 10_000,
    preservatives: str = "benzyl alcohol 1.5%",
    mcg_per_ml: int = 1000,
) -> Product:
    return Product(
        code="US-CY-VIT10",
        name="Cyanocobalamin injection",
        labeler="Vitruvias",
        form=Form.CYANOCOBALAMIN,
        strength=Strength(mcg_per_ml),
        container=container,
        fill_ul=fill_ul,
        preservatives=Preservatives.parse(preservatives),
        storage=Storage(Temperature.ROOM, protect_from_light=True),
        routes=frozenset(Route),
    )


AMPOULE = a_product(container=Container.AMPOULE, fill_ul=1000, preservatives="none")


def course(text: str, *supplied: tuple[int, int], start: int = 0) -> Course:
    """The directions from a day on, after fills that began on a day and covered so many injections."""
    return Course(parse(text), day(start), tuple((day(began), covered) for began, covered in supplied))


def day(offset: int) -> date:
    return START + timedelta(days=offset)
