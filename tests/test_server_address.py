"""One machine or several in a URL: what the driver is given, what messages show, and who only reads."""

import pytest

from dispensary.database import NotADatabase, parse_url, reading_url, shown
from dispensary.server_address import machines

BOTH = {"target_session_attrs": "read-write", "connect_timeout": "10"}


@pytest.mark.parametrize(
    ("given", "several", "options", "said"),
    [
        ("postgresql://u@h1:5432,h2:5433/db", [("h1", 5432), ("h2", 5433)], BOTH,
         "postgresql://u@h1:5432,h2:5433/db?target_session_attrs=read-write"),
        ("postgres://h1,h2/db?sslmode=require", [("h1", 5432), ("h2", 5432)], {**BOTH, "sslmode": "require"},
         "postgresql://h1:5432,h2:5432/db?sslmode=require&target_session_attrs=read-write"),
        ("postgresql://u:hun,ter2@h1,[::1]:77/db?target_session_attrs=any", [("h1", 5432), ("::1", 77)],
         {**BOTH, "target_session_attrs": "any"},
         "postgresql://u:***@h1:5432,[::1]:77/db?target_session_attrs=any"),
        ("postgresql+psycopg://u@/db?host=a,b&port=1,2", [("a", 1), ("b", 2)], BOTH,
         "postgresql://u@a:1,b:2/db?target_session_attrs=read-write"),
        ("postgresql://u@/db?host=a:1&host=b", [("a", 1), ("b", 5432)], BOTH,
         "postgresql://u@a:1,b:5432/db?target_session_attrs=read-write"),
        ("postgresql://u@h1,h2,h3/db?connect_timeout=3", [("h1", 5432), ("h2", 5432), ("h3", 5432)],
         {**BOTH, "connect_timeout": "3"}, "postgresql://u@h1:5432,h2:5432,h3:5432/db?target_session_attrs=read-write"),
        ("postgresql://u:a,b@h/db", [("h", 5432)], {}, "postgresql://u:***@h/db"),
        ("postgresql:///db", [("", 5432)], {}, "postgresql:///db"),
        ("postgresql:///db?host=/run/pg", [("/run/pg", 5432)], {}, "postgresql:///db?host=%2Frun%2Fpg"),
    ],
)  # fmt: skip
def test_several_machines_are_read_and_shown_without_a_password(given, several, options, said):
    url = parse_url(given)
    assert machines(url) == several
    assert {name: value for name, value in url.query.items() if name not in ("host", "port")} == options
    assert shown(url) == said
    assert machines(parse_url(said)) == several


def test_the_driver_gets_them_as_libpq_wants_them():
    url = parse_url("postgresql://u:p%40ss@h1:1,h2:2/db")
    given = url.get_dialect()().create_connect_args(url)[1]
    assert given == {"host": "h1,h2", "port": "1,2", "user": "u", "password": "p@ss", "dbname": "db", **BOTH}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("postgresql://u:hunter2@h1,/db", "it is not a valid URL"),
        ("postgresql://u:hunter2@h1:x,h2/db", "it is not a valid URL"),
        ("postgresql://u:hunter2@/db?host=a,b&port=1,2,3", "it is not a valid URL"),
        ("postgresql://u:hunter2@/db?host=a,b&port=x,y", "it is not a valid URL"),
        ("postgresql://u:hun@ter2@h1,h2/db", "an @ in its password is written as %40"),
    ],
)
def test_what_cannot_be_read_is_refused_without_its_password(given, problem):
    with pytest.raises(NotADatabase) as refused:
        parse_url(given)
    assert str(refused.value) == (
        f"postgresql://... is not a dispensary database ({problem}): name another with --database."
    )


def test_who_only_reads_prefers_a_standby():
    url = reading_url(parse_url("postgresql://h1,h2/db"))
    assert url.query["target_session_attrs"] == "prefer-standby"
    assert reading_url(parse_url("a.db")) == parse_url("a.db")
