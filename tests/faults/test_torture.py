"""`make torture` with small numbers: what was acknowledged is there, once and whole, whatever happened meanwhile."""

import os
import random

import pytest

from tests.faults.counter import Desk
from tests.reports.planting import plant
from tests.torture.acts import Counted, Till, opened_for, prescriptions
from tests.torture.cuts import WEAKER, cuts
from tests.torture.driver import MODES
from tests.torture.kills import kills
from tests.torture.recording import Log, Named, Sync, Truncate, Write, left_by_a_cut
from tests.torture.servers import FAULTS, a_server, server_faults
from tests.torture.storage import full_commands, full_files, io_errors
from tests.torture.table import a_copy, on_a_server
from tests.torture.tally import Tally, judge, judge_books


@pytest.fixture
def seed():
    """Printed where a test fails."""
    chosen = int(os.environ.get("DISPENSARY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {chosen}: repeat with DISPENSARY_TEST_SEED={chosen}")  # noqa: T201
    return chosen


def require_clean(tally: Tally) -> None:
    assert tally.clean, tally
    assert tally.again > 0


def test_kills_lose_nothing_and_double_nothing(shop, url, tmp_path, seed):
    tally = kills(shop, url, 15, seed, tmp_path)
    require_clean(tally)
    assert tally.acknowledged >= tally.again


@pytest.mark.parametrize("mode", MODES)
def test_what_was_acknowledged_before_a_power_cut_is_there_after_it(sqlite_template, mode, seed):
    require_clean(cuts(sqlite_template, 10, seed, mode))


@pytest.mark.parametrize(("mode", "weaker"), [WEAKER[0], WEAKER[-1]])
def test_a_database_that_does_not_wait_for_the_disk_is_seen_to_lose(sqlite_template, mode, weaker, seed):
    losses = 0
    # Where one disk is cut so that nothing shows, another is.
    for more in range(10):
        losses += cuts(sqlite_template, 10, seed + more, mode, weaker).lost
        if losses:
            return
    pytest.fail("nothing was lost")


@pytest.mark.parametrize("mode", MODES)
def test_a_disk_that_fails_undoes_the_act_or_not_and_the_same_key_finishes_it(sqlite_template, mode, seed):
    require_clean(io_errors(sqlite_template, 20, seed, mode))


@pytest.fixture
def in_a_file(sqlite_template, tmp_path):
    with a_copy(sqlite_template, tmp_path) as (shop, url):
        yield shop, url


def test_a_full_disk_loses_nothing(in_a_file, seed):
    require_clean(full_files(*in_a_file, 3, seed))


def test_the_command_says_that_the_disk_is_full_and_the_same_key_finishes_it(in_a_file):
    tally = full_commands(*in_a_file, 2)
    assert tally.clean, tally


@pytest.fixture(scope="module")
def server():
    """One of its own: the others' would lose their connections."""
    with a_server() as started:
        yield started


@pytest.mark.parametrize("what", FAULTS)
def test_a_server_that_fails_in_mid_commit_loses_nothing(server, what, seed):
    with on_a_server(server) as (shop, url):
        tally = server_faults(server, shop, url, what, 2, seed)
    require_clean(tally)
    assert tally.acknowledged > 0


COLUMNS = "request_id, lot_id, from_place_id, to_place_id, units, at, by_id, reverses_id"
LAST = "WHERE request_id = (SELECT max(request_id) FROM answer)"


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        (f"DELETE FROM answer {LAST}", {"half_done"}),
        (f"DELETE FROM movement {LAST}", {"half_done", "differences"}),
        (f"INSERT INTO movement ({COLUMNS}) SELECT {COLUMNS} FROM movement {LAST}", {"doubled", "differences"}),
        ("UPDATE balance SET units = units + 1", {"differences"}),
    ],
)
def test_the_tally_sees_what_is_planted(in_a_file, planted, seen):
    shop, url = in_a_file
    opened_for(shop)
    till = Till(Counted(Desk(url, shop.on, shop.by()), "t", prescriptions(shop, "t", 10), None), shop.engine)
    for number in range(4):
        till.act(number)
    before, tally = Tally("nothing", "sqlite"), Tally("planted", "sqlite")
    judge_books(before, shop)
    assert before.clean, before
    plant(shop, planted)
    judge_books(tally, shop)
    assert {name for name in ("half_done", "doubled", "differences") if getattr(tally, name)} == seen
    assert tally.verify > 0


def test_the_tally_sees_what_is_lost(in_a_file):
    shop, url = in_a_file
    opened_for(shop)
    till = Till(Counted(Desk(url, shop.on, shop.by()), "t", prescriptions(shop, "t", 10), None), shop.engine)
    told = {0: till.act(0), 1: "a receipt that nobody kept"}
    tally = Tally("lost", "sqlite")
    judge(tally, shop, [(till, told)])
    assert tally.lost == 1


def left(tmp_path, log, at, seed):
    folder = tmp_path / str(seed)
    folder.mkdir()
    left_by_a_cut(log, at, random.Random(seed), folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def a_log() -> Log:
    """File 1 was there; file 2 is made, synced with its name, written again, and deleted without a sync."""
    log = Log(before={1: b"old " * 300, 2: b""}, files={"a.db": 1})
    log.steps = [
        Write(1, 0, b"new " * 300),
        Named("a.db-wal", 2),
        Write(2, 0, b"x" * 700),
        Sync(2, folder=True),
        Write(2, 700, b"y" * 700),
        Truncate(1, 100),
        Named("a.db-wal", None),
    ]
    return log


def test_what_was_synced_is_left_by_every_cut(tmp_path):
    for seed in range(50):
        files = left(tmp_path, a_log(), 6, seed)
        assert files["a.db-wal"][:700] == b"x" * 700
        assert set(files["a.db"][::4]) <= set(b"on")


def test_what_was_not_synced_is_left_in_every_way(tmp_path):
    found = [left(tmp_path, a_log(), 7, seed) for seed in range(200)]
    assert {"a.db-wal" in files for files in found} == {True, False}
    assert {len(files["a.db"]) for files in found} == {100, 1200}
    whole = {files["a.db"] for files in found if len(files["a.db"]) == 1200}
    assert {b"old " * 300, b"new " * 300} < whole
    torn = [content for content in whole if b"old " in content and b"new " in content]
    assert any(content[:512] in (b"old " * 128, b"new " * 128) for content in torn)
