"""A connection past the program: as the administrator of the server, whom nothing holds back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from tests.build import Shop


@contextmanager
def owning(engine: Engine) -> Iterator[Connection]:
    """A transaction of the login itself, which in the tests is the server's administrator; on SQLite, any."""
    with engine.connect().execution_options(writes=True) as db, db.begin():
        if engine.dialect.name == "postgresql":
            db.exec_driver_sql("SET LOCAL ROLE NONE")
        yield db


def past(shop: Shop, work: Callable[[Connection], Any]) -> Any:
    """What the program itself may not do, done in one transaction."""
    with owning(shop.engine) as db:
        return work(db)
