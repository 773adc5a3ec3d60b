"""A pharmacy on a primary with a synchronous standby; a failover uses the standby up."""

import pytest

from dispensary import database
from tests.build import NOW, Shop, opened
from tests.faults.counter import pause
from tests.standby.machines import Pair, a_pair


@pytest.fixture(scope="module")
def pair():
    with a_pair() as made:
        yield made


@pytest.fixture(scope="module")
def url(pair: Pair) -> str:
    """A pharmacy on the primary, by the URL of both."""
    pair.primary.rows("CREATE DATABASE pharmacy")
    opened(pair.url("pharmacy")).dispose()
    pair.follow()
    return pair.url("pharmacy")


@pytest.fixture
def shop(url: str):
    engine = database.open_engine(database.parse_url(url), pause)
    yield Shop(engine, NOW)
    engine.dispose()
