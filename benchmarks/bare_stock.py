"""The least that `dispensary stock` could be: Typer, SQLAlchemy Core, one SELECT, a table."""

from datetime import date
from typing import Annotated

import typer
from sqlalchemy import Column, Date, Integer, MetaData, Table, Text, create_engine, select

metadata = MetaData()
product = Table("product", metadata, Column("id", Integer), Column("code", Text))
lot = Table("lot", metadata, Column("id", Integer), Column("number", Text), Column("state", Text))
place = Table("place", metadata, Column("id", Integer), Column("code", Text))
balance = Table(
    "balance",
    metadata,
    Column("lot_id", Integer),
    Column("place_id", Integer),
    Column("product_id", Integer),
    Column("expires", Date),
    Column("units", Integer),
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def stock(database: Annotated[str, typer.Option()]) -> None:
    """Show every lot with units left."""
    engine = create_engine(database)
    statement = (
        select(product.c.code, lot.c.number, balance.c.expires, place.c.code, lot.c.state, balance.c.units)
        .join(balance, balance.c.product_id == product.c.id)
        .join(lot, lot.c.id == balance.c.lot_id)
        .join(place, place.c.id == balance.c.place_id)
        .where(balance.c.units > 0)
        .order_by(product.c.code, balance.c.expires, lot.c.number)
    )
    with engine.connect() as db:
        rows = db.execute(statement).all()
    today = date.today()  # noqa: DTZ011
    print(f"{'PRODUCT':<16}{'LOT':<8}{'EXPIRES':<12}{'DAYS':>6}  {'PLACE':<14}{'STATE':<12}{'UNITS':>6}")
    for code, number, expires, where, state, units in rows:
        print(f"{code:<16}{number:<8}{expires!s:<12}{(expires - today).days:>6}  {where:<14}{state:<12}{units:>6}")


def main() -> None:
    app()
