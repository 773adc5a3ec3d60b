"""Where the server is: one machine, or a primary and its standbys in one URL, as libpq reads it.

`postgresql://user@first:5432,second:5433/name` names several; SQLAlchemy wants them as options. A connection
goes to the first that takes it: to the one that may be written to, unless the URL says otherwise
(postgresql.org/docs/current/libpq-connect.html, 32.1.1.3 and target_session_attrs).
"""

import re

from sqlalchemy.engine import URL, make_url

PORT = 5432
SEVERAL = {"target_session_attrs": "read-write", "connect_timeout": "10"}
"""Of several machines the one that can be written to; one that is gone holds nobody up for more than 10 seconds."""

STANDBY = "prefer-standby"

_SEVERAL = re.compile(r"(?P<begin>\w[\w+]*://(?:[^/?#]*@)?)(?P<hosts>[^@/?#]*,[^@/?#]*)(?P<end>[/?].*)?")


def read(given: str) -> URL:
    """The URL, with several machines as its options `host` and `port`; raises ValueError and ArgumentError."""
    several = _SEVERAL.fullmatch(given)
    if several is None:
        url = make_url(given)
    else:
        each = [make_url(f"postgresql://{host}") for host in several["hosts"].split(",")]
        if not all(one.host for one in each):
            raise ValueError("a machine without a name")
        url = make_url(f"{several['begin']}{several['end'] or '/'}")
        hosts, ports = (str(one.host) for one in each), (str(one.port or PORT) for one in each)
        url = url.update_query_dict({"host": ",".join(hosts), "port": ",".join(ports)})
    missing = {name: value for name, value in SEVERAL.items() if name not in url.query}
    return url.update_query_dict(missing) if len(machines(url)) > 1 else url


def machines(url: URL) -> list[tuple[str, int]]:
    """Host and port of each machine, in the order in which they are tried; no host is this machine's own socket."""
    given = url.query.get("host")
    if given is None:
        return [(url.host or "", url.port or PORT)]
    if isinstance(given, tuple):
        return [(host, int(port or PORT)) for host, _, port in (each.partition(":") for each in given)]
    hosts = given.split(",")
    ports = str(url.query.get("port", url.port or "")).split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return [(host, int(port or PORT)) for host, port in zip(hosts, ports, strict=True)]


def shown(url: URL) -> str:
    """The URL as it was written, with *** for its password."""
    several = machines(url)
    if len(several) == 1:
        return url.render_as_string(hide_password=True)
    places = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in several)
    rendered = url.difference_update_query(["host", "port"]).set(host="machines", port=None)
    before, _, after = rendered.render_as_string(hide_password=True).rpartition("machines/")
    return f"{before}{places}/{after}"


def for_reading(url: URL) -> URL:
    """The same server for who only reads: a standby where one answers."""
    return url.update_query_dict({"target_session_attrs": STANDBY})
