"""A file that is not what was written is caught, wherever it was changed."""

import io
import json
import random
import subprocess
from pathlib import Path

import pytest

from dispensary.backups import parcel, seal
from dispensary.backups.restoring import DamagedBackup, NotABackup, UnreadableBackup, unpacked
from dispensary.backups.seal import HEADER, TAG, WrongPassphrase
from dispensary.database import OtherSchema
from dispensary.errors import Refused
from tests.backups.backed_up import PASSPHRASE, SEED, ask, listing, restored
from tests.refusing import refused

FLIPS = 300


def caught(data: bytes) -> Refused:
    Path("b").write_bytes(data)
    with pytest.raises(Refused) as caught, unpacked(Path("b"), ask):
        pass
    assert listing(Path().absolute().parent / "temporary") == []
    return caught.value


@pytest.mark.parametrize("sealed", [False, True])
def test_every_flipped_byte_is_caught(two, sealed, here, quick):
    data = two[sealed]
    print(f"seed {SEED}, {len(data)} bytes")  # noqa: T201
    chance = random.Random(SEED)
    ends = range(HEADER + 100), range(len(data) - 120, len(data))
    spread = chance.sample(range(len(data)), FLIPS)
    for place in (*ends[0], *ends[1], *spread):
        changed = bytearray(data)
        changed[place] ^= chance.randrange(1, 256)
        kind = caught(bytes(changed))
        assert type(kind) in ((NotABackup,) if place < len(seal.MAGIC) else ()) + (DamagedBackup,), (place, kind)


@pytest.mark.parametrize("sealed", [False, True])
def test_every_cut_and_every_addition_is_caught(two, sealed, here, quick):
    data = two[sealed]
    chance = random.Random(SEED)
    cuts = {0, 1, 2, HEADER, HEADER + 1, len(data) - TAG, len(data) - 1, *chance.sample(range(len(data)), 50)}
    for end in cuts:
        assert isinstance(caught(data[:end]), (NotABackup, DamagedBackup))
    for more in (b"\0", b"more", data):
        assert isinstance(caught(data + more), DamagedBackup)


def test_a_wrong_passphrase_and_a_damaged_file_are_told_apart(two, here):
    Path("b").write_bytes(two[1])

    def opened(passphrase):
        with unpacked(Path("b"), lambda: passphrase):
            pass

    refused(WrongPassphrase, lambda: opened("five words that somebody knows"))
    for place in (len(seal.MAGIC) + 3, HEADER - 3, HEADER + 5):
        changed = bytearray(two[1])
        changed[place] ^= 1
        Path("b").write_bytes(changed)
        refused(DamagedBackup, lambda: opened(PASSPHRASE))


def test_what_is_no_backup_says_so(here):
    Path("b").write_text("a shopping list")
    Path("folder").mkdir()
    refused(NotABackup, lambda: restored(Path("b"), "sqlite:///x.db"))
    refused(UnreadableBackup, lambda: restored(Path("none"), "sqlite:///x.db"))
    refused(UnreadableBackup, lambda: restored(Path("folder"), "sqlite:///x.db"))
    refused(UnreadableBackup, lambda: restored(Path("a\0b"), "sqlite:///x.db"))
    assert listing(here) == ["b", "folder"]


def forged(tmp: Path, **changes: object) -> None:
    """A backup whose hash is right and whose manifest says something else."""
    subprocess.run(["tar", "xzf", "b"], check=True)
    told = json.loads(Path("manifest.json").read_text()) | changes
    members = [(name, Path(name).read_bytes()) for name in ("settings.toml", "pharmacy.db")]
    members.insert(0, ("manifest.json", json.dumps(told).encode()))
    with open(tmp, "wb") as out:
        parcel.pack(out, [(name, len(data), io.BytesIO(data)) for name, data in members])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "dispensary backup 2"}, "its format is not dispensary backup 1"),
        ({"more": 1}, "its manifest cannot be read"),
        ({"chains": [{"origin": "x"}]}, "its manifest cannot be read"),
        ({"schema": "../x"}, "its manifest cannot be used"),
        ({"sha256": "0"}, "its database is not the one that it was made with"),
        ({"settings": "0"}, "its settings are not those that it was made with"),
        ({"settings": None}, "it holds no pharmacy.db where one belongs"),
        ({"chains": []}, "its manifest tells of another database"),
        ({"rows": {}}, "its manifest tells of another database"),
        ({"schema": "0001"}, "its manifest tells of another database"),
    ],
)
def test_a_manifest_that_does_not_fit_is_caught(two, here, changes, says):
    Path("b").write_bytes(two[0])
    forged(Path("c"), **changes)
    with pytest.raises(DamagedBackup, match=says):
        restored(Path("c"), "sqlite:///x.db")
    assert not Path("x.db").exists()


def test_a_schema_that_this_program_does_not_know_is_refused(two, here):
    Path("b").write_bytes(two[0])
    forged(Path("c"), schema="0999")
    with pytest.raises(OtherSchema, match="use the newer program that wrote it"):
        restored(Path("c"), "sqlite:///x.db")
