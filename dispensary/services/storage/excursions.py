"""The excursions that a place's readings show, as far as lots stood there, and the holds of those lots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection, bindparam, func, insert, select

from dispensary import lots
from dispensary.errors import Contended
from dispensary.lots import Lot
from dispensary.rules.lot_life import LotAct
from dispensary.rules.mean_kinetic import Reading, Stay
from dispensary.rules.moments import from_second, to_the_minute, utc_measured, with_offset
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.rules.shelf import State
from dispensary.rules.storage import Excursion, after, celsius, concerned, find_excursions
from dispensary.schema.stock import movement, place
from dispensary.schema.storage import excursion
from dispensary.schema.vials import draw, vial
from dispensary.services.storage.presence import at_place


@dataclass(frozen=True, slots=True)
class Source:
    """The place and the file that brought its readings, by id; the place's code, and the request."""

    place_id: int
    place: str
    log_id: int
    request_id: int


@dataclass(frozen=True, slots=True)
class LotThere:
    """A lot that stood there during an excursion, and its state since: held, or recalled as it was.

    `dispensed_units` and `drawn_doses` are what patients got of it since the excursion began.
    """

    product: str
    lot: str
    state: State
    dispensed_units: int
    drawn_doses: int


@dataclass(frozen=True, slots=True)
class Found:
    """An excursion with the lots that were there; moments are ISO 8601, temperatures hundredths of a degree Celsius.

    `made` are the lots that were made of them since it began, held too.
    """

    temperature: Temperature
    began: str
    ended: str
    lowest_centidegrees: int
    highest_centidegrees: int
    mean_kinetic_centidegrees: int
    why: str
    lots: tuple[LotThere, ...]
    made: tuple[LotThere, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found and held.

    `told` are the excursions as their event tells them. `unjudged` are lots kept as their batch record says for
    which nothing was found.
    """

    excursions: tuple[Found, ...]
    told: tuple[tuple[object, ...], ...]
    acts: tuple[tuple[object, ...], ...]
    """Each hold as its event tells it: product, lot, expiry, state before and after, reason, class, began."""
    unjudged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """An excursion that is new, for a class, with the ids of the lots that were there and of what was made of them."""

    temperature: Temperature
    excursion: Excursion
    there: frozenset[int]
    made: frozenset[int]


_RECORDED = select(excursion.c.began, excursion.c.ended).where(
    excursion.c.place_id == bindparam("place"),
    excursion.c.temperature == bindparam("temperature", type_=excursion.c.temperature.type),
)
_DISPENSED = (
    select(movement.c.lot_id, func.sum(movement.c.units).label("amount"))
    .join(place, place.c.id == movement.c.to_place_id)
    .where(
        movement.c.lot_id.in_(bindparam("lots", expanding=True)),
        movement.c.at >= bindparam("began", type_=movement.c.at.type),
        place.c.kind == PlaceKind.PATIENTS,
    )
    .group_by(movement.c.lot_id)
)
_DRAWN = (
    select(vial.c.lot_id, func.count().label("amount"))
    .join(draw, draw.c.vial_id == vial.c.id)
    .where(
        vial.c.lot_id.in_(bindparam("lots", expanding=True)),
        draw.c.at >= bindparam("began", type_=draw.c.at.type),
    )
    .group_by(vial.c.lot_id)
)


def judge(
    db: Connection, source: Source, readings: Sequence[Reading], *, since: int, on: datetime, by: Person
) -> Judged:
    """Record what the readings show from `since` on that was not recorded before, and hold the lots that were there.

    `readings` are those of the place from 30 days before `since` to 30 days after the last new one. What was
    made of these lots since is held with them. A recalled lot stays recalled; every other lot is held,
    whatever it was held for before. Raises Contended.
    """
    there = at_place(db, source.place_id, from_second(readings[0][0], UTC))
    cases = list(_cases(db, source.place_id, there, readings, since))
    classless = {each.lot_id for each in there[Temperature.BATCH] if each.during(since, readings[-1][0])}
    concerns = frozenset[int]().union(*(case.there | case.made for case in cases))
    by_id = {lot.id: lot for lot in lots.locked(db, classless | concerns)}
    # Nothing is made of a locked lot; what was made before it was locked is found now.
    if any(_made(db, case.there, case.excursion) != case.made for case in cases):
        raise Contended
    ids = [_record(db, source, case) for case in cases]
    states = {lot_id: lot.state for lot_id, lot in by_id.items()}
    acts = []
    for lot_id, lot in by_id.items():
        first = next((i for i, case in enumerate(cases) if lot_id in case.there | case.made), None)
        if first is None or lot.state is State.RECALLED:
            continue
        case = cases[first]
        reason = _reason(source.place, case, lot_id, on.tzinfo)
        states[lot_id] = lots.record_act(
            db, lot, LotAct.HOLD, reason, request_id=source.request_id, on=on, by=by, excursion_id=ids[first]
        )
        began = _told_second(case.excursion.began)
        acts.append((lot.product, lot.number, lot.expires, lot.state, states[lot_id], reason, case.temperature, began))
    return Judged(
        tuple(_found(db, case, by_id, states, on.tzinfo) for case in cases),
        tuple(_told(case, by_id, states) for case in cases),
        tuple(acts),
        tuple(sorted(f"{by_id[lot_id].number} of {by_id[lot_id].product}" for lot_id in classless - concerns)),
    )


def _cases(
    db: Connection, place_id: int, there: Mapping[Temperature, Sequence[Stay]], readings: Sequence[Reading], since: int
) -> Iterator[_Case]:
    for temperature, stays in sorted(there.items()):
        covered = [
            (int(row.began.timestamp()), int(row.ended.timestamp()))
            for row in db.execute(_RECORDED, {"place": place_id, "temperature": temperature})
        ]
        stood = [each for each in stays if each.during(readings[0][0], readings[-1][0])]
        for found in find_excursions(readings, temperature, stood, since=since) if stood else ():
            for rest in after(found, covered, readings):
                were_there = concerned(rest, stood)
                if were_there:
                    yield _Case(temperature, rest, were_there, _made(db, were_there, rest))


def _made(db: Connection, there: frozenset[int], found: Excursion) -> frozenset[int]:
    """What was made of the lots since the excursion began, and was not there itself."""
    return frozenset(lots.made_of(db, there, since=from_second(found.began, UTC))) - there


def _record(db: Connection, source: Source, case: _Case) -> int:
    found = case.excursion
    return int(
        db.execute(
            insert(excursion)
            .values(
                place_id=source.place_id,
                log_id=source.log_id,
                temperature=case.temperature,
                began=from_second(found.began, UTC),
                ended=from_second(found.ended, UTC),
                lowest=found.lowest,
                highest=found.highest,
                mean_kinetic=found.mean_kinetic,
                why=found.why,
            )
            .returning(excursion.c.id)
        ).scalar_one()
    )


def _reason(code: str, case: _Case, lot_id: int, zone: tzinfo | None) -> str:
    """Why the lot is held, in a line: the excursion's row has the rest."""
    found = case.excursion
    low, high = celsius(found.lowest), celsius(found.highest)
    began, ended = (to_the_minute(from_second(each, zone)) for each in (found.began, found.ended))
    where = f"{low if low == high else f'{low} to {high}'} °C at {code} from {began} to {ended}"
    return where if lot_id in case.there else f"made of what stood in {where}"


def _found(
    db: Connection, case: _Case, by_id: Mapping[int, Lot], states: Mapping[int, State], zone: tzinfo | None
) -> Found:
    found = case.excursion

    given = {"lots": sorted(case.there | case.made), "began": from_second(found.began, UTC)}
    dispensed, drawn = (
        {row.lot_id: int(row.amount) for row in db.execute(query, given)} for query in (_DISPENSED, _DRAWN)
    )

    def lots_there(lot_ids: frozenset[int]) -> tuple[LotThere, ...]:
        return tuple(
            LotThere(
                by_id[lot_id].product,
                by_id[lot_id].number,
                states[lot_id],
                dispensed.get(lot_id, 0),
                drawn.get(lot_id, 0),
            )
            for lot_id in sorted(lot_ids)
        )

    return Found(
        temperature=case.temperature,
        began=with_offset(found.began, zone),
        ended=with_offset(found.ended, zone),
        lowest_centidegrees=found.lowest,
        highest_centidegrees=found.highest,
        mean_kinetic_centidegrees=found.mean_kinetic,
        why=found.why,
        lots=lots_there(case.there),
        made=lots_there(case.made),
    )


def _told(case: _Case, by_id: Mapping[int, Lot], states: Mapping[int, State]) -> tuple[object, ...]:
    """The excursion as its event tells it."""
    found = case.excursion
    return (
        case.temperature,
        _told_second(found.began),
        _told_second(found.ended),
        found.lowest,
        found.highest,
        found.mean_kinetic,
        found.why,
        [
            (by_id[lot_id].product, by_id[lot_id].number, states[lot_id])
            for lot_ids in (case.there, case.made)
            for lot_id in sorted(lot_ids)
        ],
    )


def _told_second(second: int) -> str:
    return utc_measured(from_second(second, UTC))
