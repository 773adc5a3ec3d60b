"""The arithmetic of a batch: what its ingredients give, how strong it is, and what preserves it.

Whole numbers throughout: microlitres, and nanograms, since a microlitre of 1 mcg/mL holds one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from dispensary.errors import Refused
from dispensary.rules.beyond_use import Start
from dispensary.rules.ingredient import Diluent, Powder, Source, named
from dispensary.rules.product import HOUSE, Agent, Preservatives, Preserved, Product
from dispensary.rules.quantity import ml, plain
from dispensary.rules.shelf import usable_on


class NotMadeHere(Refused):
    """Only what the pharmacy makes itself can be made."""

    sentence = (
        "{product} is made by {labeler}: nothing was made; name an in-house product, whose labeler is house, "
        "or add one with `dispensary product import`."
    )
    product: str
    labeler: str


class OtherMolecule(Refused):
    """The ingredient is not of the form that is made, or its name does not begin with it."""

    sentence = (
        "{ingredient} is not named as {form}, of which {product} is: nothing was made; the forms are never exchanged, "
        "so take an ingredient whose name begins with {form}."
    )
    ingredient: str
    product: str
    form: str


class IngredientExpired(Refused):
    """An ingredient that is not stock and whose day has passed."""

    sentence = "{ingredient} expired on {expires}: nothing was made; take another one."
    ingredient: str
    expires: date


class PowderIsNotSterile(Refused):
    """What is made out of a powder starts non-sterile, whatever is done to it afterwards."""

    sentence = (
        "{ingredient} is a powder, and from a powder the start is non-sterile (USP <797>): nothing was made; "
        "give --start non-sterile."
    )
    ingredient: str


class NamesPreservative(Refused):
    """A diluent whose name speaks of a preservative that it is said not to hold."""

    sentence = (
        "{ingredient} names {agent} and is said to hold no preservative: nothing was made; write what preserves it "
        "as its label says, such as benzyl alcohol 0.9%."
    )
    ingredient: str
    agent: str


class StrengthDiffers(Refused):
    """The mixture is not as strong as the product says."""

    sentence = (
        "{content} in {volume} is {strength} and {product} is {wanted}: nothing was made; "
        "{content} makes {right_volume} of it."
    )
    product: str
    content: str
    volume: str
    strength: str
    wanted: str
    right_volume: str


class PreservativesDiffer(Refused):
    """The product would say of what is made something else than is in it."""

    sentence = (
        "{product} says that it holds {says} and the mixture holds {holds}: nothing was made; "
        "take ingredients that agree, or make an in-house product that says what is in it."
    )
    product: str
    says: str
    holds: str


class Unpreserved(Refused):
    """A multi-dose vial that would be kept open although nothing preserves it."""

    sentence = (
        "{product} is used for {days} days once it is open and nothing in the mixture preserves it: nothing was made; "
        "make an in-house product whose preservatives are none."
    )
    product: str
    days: int


class ImpossibleYield(Refused):
    """More units than the volume fills, or none."""

    sentence = (
        "{volume} fills at most {expected} units of {fill}, so {made} were not made of it: nothing was written; "
        "count them again, or enter everything that was used."
    )
    volume: str
    expected: int
    fill: str
    made: int


@dataclass(frozen=True, slots=True)
class Compounded:
    """What the ingredients give: units expected, what preserves them, and the calculation by lines."""

    expected_units: int
    yield_percent: str
    preservatives: Preservatives
    calculation: tuple[str, ...]


def require_ingredients(
    target: Product, main: Source | Powder, diluents: Sequence[Diluent], start: Start, today: date
) -> None:
    """Raises NotMadeHere, OtherMolecule, PowderIsNotSterile, NamesPreservative and IngredientExpired.

    Of a lot of the stock the state is asked elsewhere.
    """
    if target.labeler != HOUSE:
        raise NotMadeHere(product=target.code, labeler=target.labeler)
    if not main.is_of(target.form):
        raise OtherMolecule(ingredient=named(main), product=target.code, form=target.form.value)
    if isinstance(main, Powder) and start is Start.STERILE:
        raise PowderIsNotSterile(ingredient=named(main))
    for diluent in diluents:
        if diluent.preservatives.known is Preserved.NONE and (agent := diluent.named_preservative) is not None:
            raise NamesPreservative(ingredient=named(diluent), agent=agent)
    for each in (main, *diluents):
        if not isinstance(each, Source) and not usable_on(each.expires, today):
            raise IngredientExpired(ingredient=named(each), expires=each.expires)


def compound(target: Product, main: Source | Powder, diluents: Sequence[Diluent], made: int) -> Compounded:
    """What a mixture of the ingredients gives, of which so many units were made.

    Raises StrengthDiffers, PreservativesDiffer, Unpreserved and ImpossibleYield.
    """
    lines = [_line(each) for each in (main, *diluents)]
    held = [(main.volume_ul, main.preservatives)] if isinstance(main, Source) else []
    held += [(each.volume_ul, each.preservatives) for each in diluents]
    volume_ul = sum(volume for volume, _ in held)
    nanograms = main.nanograms
    _require_strength(target, nanograms, volume_ul)
    lines.append(f"Mixture: {_mg(nanograms)} in {ml(volume_ul)}: {target.strength}")
    preservatives = _mixed(held)
    _require_preservatives(target, preservatives)
    lines.append(f"It holds {said(preservatives)}.")
    expected, rest_ul = divmod(volume_ul, target.fill_ul)
    if not 0 < made <= expected:
        raise ImpossibleYield(volume=ml(volume_ul), expected=expected, fill=target.fill, made=made)
    lines.append(f"{ml(volume_ul)} in units of {target.fill}: {expected} expected, {ml(rest_ul)} left over")
    percent = yield_percent(made, expected)
    wasted = ml(volume_ul - made * target.fill_ul)
    lines.append(f"{made} of {expected} units made: yield {percent}, {wasted} wasted")
    return Compounded(expected, percent, preservatives, tuple(lines))


def yield_percent(made: int, expected: int) -> str:
    """Units made of those expected, as a percentage, rounded down to a tenth so that only all of them are 100%."""
    percent = (Decimal(100 * made) / expected).quantize(Decimal("0.1"), ROUND_DOWN)
    return f"{plain(percent)}%"


def said(preservatives: Preservatives) -> str:
    """What is known of the preservatives, in words."""
    if preservatives.known is Preserved.NONE:
        return "no preservative"
    if not preservatives.agents:
        return "a preservative that is not known"
    return " and ".join(map(str, preservatives.agents))


def _line(ingredient: Source | Powder | Diluent) -> str:
    held = ""
    if isinstance(ingredient, Source):
        strength, volume = ingredient.product.strength, ml(ingredient.volume_ul)
        held = f" at {strength} = {volume} with {_mg(ingredient.nanograms)}"
    return f"{named(ingredient)}: {ingredient.amount}{held}"


def _require_strength(target: Product, nanograms: int, volume_ul: int) -> None:
    wanted = target.strength.mcg_per_ml
    if nanograms == volume_ul * wanted:
        return
    exact = round(Decimal(nanograms) / volume_ul, 3) if volume_ul else None
    raise StrengthDiffers(
        product=target.code,
        content=_mg(nanograms),
        volume=ml(volume_ul),
        strength="no solution" if exact is None else f"{plain(exact)} mcg/mL",
        wanted=str(target.strength),
        right_volume=f"{plain(round(Decimal(nanograms) / wanted / 1000, 3))} mL",
    )


def _mixed(held: Iterable[tuple[int, Preservatives]]) -> Preservatives:
    """What preserves volumes that were mixed, each concentration rounded up to a whole mcg/mL."""
    parts = list(held)
    if any(each.known not in (Preserved.NONE, Preserved.LISTED) for _, each in parts):
        return Preservatives(Preserved.UNKNOWN)
    total_ul = sum(volume_ul for volume_ul, _ in parts)
    agents = []
    for name in sorted({agent.name for _, each in parts for agent in each.agents}):
        doses = [(ul, agent.mcg_per_ml) for ul, each in parts for agent in each.agents if agent.name == name]
        stated = [ul * mcg_per_ml for ul, mcg_per_ml in doses if mcg_per_ml is not None]
        agents.append(Agent(name, -(-sum(stated) // total_ul) if len(stated) == len(doses) else None))
    return Preservatives(Preserved.LISTED, tuple(agents)) if agents else Preservatives(Preserved.NONE)


def _require_preservatives(target: Product, holds: Preservatives) -> None:
    """Patients are asked what they react to, and the answer is compared with what the product says."""
    says = target.preservatives
    if says.known is Preserved.NONE:
        agree = holds.known is Preserved.NONE
    elif says.known is Preserved.LISTED:
        mixed = {agent.name: agent.mcg_per_ml for agent in holds.agents}
        agree = mixed.keys() == {agent.name for agent in says.agents} and all(
            agent.mcg_per_ml in (None, mixed[agent.name]) for agent in says.agents
        )
    else:
        agree = True
    if not agree:
        raise PreservativesDiffer(product=target.code, says=said(says), holds=said(holds))
    if target.kept_days and holds.known is Preserved.NONE:
        raise Unpreserved(product=target.code, days=target.kept_days)


def _mg(nanograms: int) -> str:
    return f"{plain(Decimal(nanograms).scaleb(-6))} mg"
