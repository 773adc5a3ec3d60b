"""Who only reads may read at the standby."""

import pytest
from sqlalchemy import text

from dispensary import database
from dispensary.errors import NotSaved
from dispensary.reports.chain import check_database
from tests.build import a_lot
from tests.faults.counter import pause

ON_STANDBY = text("SELECT pg_is_in_recovery()")


def test_reading_goes_to_the_standby_and_writing_to_the_primary(shop):
    a_lot(shop)
    assert shop.read(lambda db: db.execute(ON_STANDBY).scalar_one()) is False
    engine = database.open_engine(database.reading_url(shop.engine.url), pause)
    with database.reading(engine) as db:
        assert db.execute(ON_STANDBY).scalar_one() is True
        assert db.execute(text("SELECT current_user")).scalar_one() == "pharmacy_app"
        assert check_database(db, 1).ok
    with pytest.raises(NotSaved, match="during recovery"):
        database.transaction(engine, lambda db: db.execute(text("UPDATE balance SET units = 0")))
    engine.dispose()
