"""Checkpoints: what is signed, that no byte of it can change, and what they catch that hashes alone do not."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dispensary import audit, auditor
from dispensary.audit import Entry
from dispensary.auditor import Checkpoint, NotACheckpoint, open_checkpoint
from dispensary.checkpoint import Signed, SigningKey, read_key
from dispensary.exports.audit import export
from dispensary.reports import chain
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from tests.auditing import by_the_library
from tests.build import Shop, a_lot, an_rx, dispensed, opened, returned
from tests.reports.planting import plant

KEY = SigningKey("test-origin", bytes(range(32)))
END = Entry(9, hashlib.sha256(b"an event").hexdigest())

# RFC 8032, section 7.1: TEST 1, 2, 3, and TEST SHA(abc). Secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_reads_the_signatures_of_rfc_8032(seed, public, message, signature):
    given = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).sign(given[1]) == given[2]
    assert auditor.signed(*given)
    assert not auditor.signed(given[0], given[1] + b"\0", given[2])
    for at in range(64):
        assert not auditor.signed(given[0], given[1], given[2][:at] + bytes([given[2][at] ^ 1]) + given[2][at + 1 :])


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511), st.booleans())
def test_judges_as_another_library_does(seed, message, bit, spoil):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), bytearray(private.sign(message))
    if spoil:
        signature[bit // 8] ^= 1 << bit % 8
    judged = auditor.signed(public, message, bytes(signature))
    assert judged == by_the_library(public, message, bytes(signature))
    assert judged != spoil


def test_a_signature_is_written_in_one_way_only():
    public, message = Ed25519PrivateKey.from_private_bytes(KEY.seed).public_key().public_bytes_raw(), b"text"
    signature = Ed25519PrivateKey.from_private_bytes(KEY.seed).sign(message)
    assert auditor.signed(public, message, signature)
    doubled = int.from_bytes(signature[32:], "little") + auditor._L
    assert not auditor.signed(public, message, signature[:32] + doubled.to_bytes(32, "little"))
    for wrong in (signature[:-1], signature + b"\0", b""):
        assert not auditor.signed(public, message, wrong)
    # Not on the curve, not below the prime, too short.
    for key in ((2).to_bytes(32, "little"), b"\xff" * 32, (auditor._P + 1).to_bytes(32, "little"), public[:-1]):
        assert not auditor.signed(key, message, signature)


def test_a_checkpoint_is_a_signed_note():
    signed = KEY.sign(END)
    text, _, signature = signed.note.partition("\n\n")
    digest = base64.b64encode(hashlib.sha256(b"an event").digest()).decode()
    assert text == f"test-origin\n9\n{digest}\ndispensary audit 1"
    assert signature.startswith("\u2014 test-origin ")
    assert signature.endswith("\n")
    assert signed == Signed("test-origin", 9, END.hash, KEY.verifier, signed.note)
    assert open_checkpoint(signed.note.encode(), KEY.verifier) == Checkpoint("test-origin", 9, END.hash)
    public = base64.b64decode(KEY.verifier.split("+", 2)[2])[1:]
    raw = base64.b64decode(signature.split(" ")[2])
    assert by_the_library(public, f"{text}\n".encode(), raw[4:])
    assert raw[:4] == hashlib.sha256(b"test-origin\n\x01" + public).digest()[:4]


def test_the_example_in_the_documentation_holds():
    page = (Path(__file__).parent.parent / "docs" / "audit.md").read_text(encoding="utf-8")
    note, key = page.split("```\n")[1::2]
    assert note == KEY.sign(END).note
    assert open_checkpoint(note.encode(), key.strip()) == Checkpoint("test-origin", 9, END.hash)


def test_keys_have_the_form_that_others_read():
    # The example of golang.org/x/mod/sumdb/note.
    secret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    key = read_key(secret + "\n")
    assert key.text == secret
    assert key.verifier == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_notes_that_others_signed_are_read():
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw"
        "JnAM=\n"
    )
    key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert problem_of(note, key) == "The note is signed, and it is no checkpoint of dispensary audit 1."
    assert problem_of(note.replace("think", "thank"), key) == "The signature of the checkpoint is not that of its text."


def test_a_key_shows_nothing_of_itself():
    assert KEY.text.split("+")[-1] not in repr(KEY) + str(KEY)
    assert repr(KEY.seed) not in repr(KEY)
    assert KEY.text.split("+")[-1] not in KEY.verifier + repr(KEY.sign(END))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds no key"),
        ("hello", "it holds no key"),
        (KEY.verifier, "it holds no key"),
        (KEY.text[:-4] + "\ufffd\ufffd\ufffd\ufffd", "it holds no key"),
        (KEY.text[:-4], "it holds no Ed25519 key"),
        (KEY.text.replace("KEY", "KAY"), "it holds no Ed25519 key"),
        (KEY.text.replace("test-origin", ""), "it holds no Ed25519 key"),
        (KEY.text.replace("+AQ", "+BQ"), "it holds no Ed25519 key"),
        (KEY.text.replace("test-origin", "other-origin"), "it is damaged"),
        (KEY.text + "\n\n", "it holds no key"),
    ],
)
def test_what_a_key_may_not_be(text, problem):
    with pytest.raises(ValueError, match="it ") as refused:
        read_key(text)
    assert str(refused.value) == problem


def problem_of(note: str | bytes, key: str = KEY.verifier) -> str:
    with pytest.raises(NotACheckpoint) as found:
        open_checkpoint(note.encode() if isinstance(note, str) else note, key)
    return str(found.value)


def a_note(text: str) -> str:
    signature = base64.b64encode(KEY._number + KEY._private.sign(text.encode())).decode()
    return f"{text}\n\u2014 test-origin {signature}\n"


GOOD = KEY.sign(END).note
FORM = "The checkpoint has not the form of a signed note."
CONTROL = "The checkpoint holds a control character, which no note does."
NOT_OURS = "The note is signed, and it is no checkpoint of dispensary audit 1."
NO_HASH = "The note is signed, and its hash is no SHA-256."
DIGEST = GOOD.split("\n")[2]


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ("", FORM),
        ("\n", FORM),
        ("hello\n", FORM),
        (GOOD[:-1], FORM),
        (GOOD + "\n", FORM),
        (GOOD.replace("\u2014", "-"), FORM),
        (GOOD.replace("\u2014 ", "\u2014\u00a0"), FORM),
        (GOOD.split("\n\n")[0] + "\n\n", FORM),
        ("\n\n" + GOOD.split("\n\n")[1], FORM),
        (GOOD.replace("=\n", "\n"), FORM),
        (GOOD + "\u2014 another AAAA\n", FORM),
        (GOOD.replace("\n", "\r\n"), CONTROL),
        ("\x00" + GOOD, CONTROL),
        (b"\xff" + GOOD.encode(), "The checkpoint is not UTF-8."),
        (GOOD.encode("utf-16"), "The checkpoint is not UTF-8."),
        (GOOD.replace("\u2014 test-origin", "\u2014 other"), "The checkpoint is not signed with this key."),
        (GOOD.replace("\n9\n", "\n8\n"), "The signature of the checkpoint is not that of its text."),
        (a_note("test-origin\n9\n"), NOT_OURS),
        (a_note(f"other\n9\n{DIGEST}\ndispensary audit 1\n"), NOT_OURS),
        (a_note(f"test-origin\n09\n{DIGEST}\ndispensary audit 1\n"), NOT_OURS),
        (a_note(f"test-origin\n0\n{DIGEST}\ndispensary audit 1\n"), NOT_OURS),
        (a_note(f"test-origin\n{'9' * 19}\n{DIGEST}\ndispensary audit 1\n"), NOT_OURS),
        (a_note(f"test-origin\n9\n{DIGEST}\ndispensary audit 2\n"), NOT_OURS),
        (a_note(f"test-origin\n9\n{DIGEST}\n"), NOT_OURS),
        (a_note(f"test-origin\n9\n{DIGEST}\ndispensary audit 1\nmore\n"), NOT_OURS),
        (a_note(f"test-origin\n9\n{DIGEST[4:]}\ndispensary audit 1\n"), NO_HASH),
        (a_note(f"test-origin\n9\n{END.hash}\ndispensary audit 1\n"), NO_HASH),
        (GOOD + "\u2014 x AAAAAAAA\n" * 20_000, "The checkpoint is longer than any note."),
    ],
)  # fmt: skip
def test_what_a_checkpoint_may_not_be(note, problem):
    assert problem_of(note) == problem


def test_others_may_sign_it_too():
    other = SigningKey("witness.example", b"w" * 32)
    raw = other._number + other._private.sign(GOOD.split("\n\n")[0].encode() + b"\n")
    note = GOOD + f"\u2014 witness.example {base64.b64encode(raw).decode()}\n"
    assert open_checkpoint(note.encode(), KEY.verifier).sequence == 9
    assert problem_of(note, other.verifier) == NOT_OURS


def test_a_second_signature_of_the_key_that_does_not_hold_refuses_the_note():
    wrong = base64.b64encode(KEY._number + b"\0" * 64).decode()
    assert (
        problem_of(GOOD + f"\u2014 test-origin {wrong}\n") == "The signature of the checkpoint is not that of its text."
    )


@pytest.fixture
def products_kept(monkeypatch) -> None:
    """What the auditor multiplied it keeps: of two points, most of what is changed here leaves one as it was."""
    monkeypatch.setattr(auditor, "_times", cache(auditor._times))


def test_every_flipped_bit_of_a_checkpoint_is_caught(products_kept):
    data = GOOD.encode()
    for at in range(len(data)):
        for mask in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80):
            problem_of(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])


def test_every_lost_or_added_byte_of_a_checkpoint_is_caught(products_kept):
    data = GOOD.encode()
    for at in range(len(data)):
        for changed in (data[:at] + data[at + 1 :], data[:at] + b"0" + data[at:], data[:at]):
            problem_of(changed)


def test_every_flipped_bit_of_a_verifier_key_is_caught(products_kept):
    for at in range(len(KEY.verifier)):
        for mask in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40):
            problem_of(GOOD, KEY.verifier[:at] + chr(ord(KEY.verifier[at]) ^ mask) + KEY.verifier[at + 1 :])


@pytest.mark.parametrize("key", ["", "name", "a b+00000000+AQ==", "name+00000000+AQ==", KEY.text, KEY.verifier.upper()])
def test_what_a_verifier_key_may_not_be(key):
    assert problem_of(GOOD, key) == (
        "The verifier key is none: it is a name, eight hexadecimal digits and base64, joined by +."
    )


def test_a_verifier_key_under_another_name_is_damaged():
    changed = KEY.verifier.replace("test-origin", "other-origin")
    assert problem_of(GOOD, changed) == "The verifier key is damaged: its digits are not those of its key."


# What somebody does who can write to the database and knows the format.


@pytest.fixture
def busy(shop):
    a_lot(shop, units=10)
    fill = dispensed(shop, an_rx(shop, units=4))
    returned(shop, fill.dispense)
    return shop


def signed_end(shop: Shop, site_id: int = 1) -> Checkpoint:
    """The end of the chain as whoever keeps the note reads it."""
    return open_checkpoint(KEY.sign(shop.read(chain.head_of, site_id)).note.encode(), KEY.verifier)


def judged(shop: Shop, *checkpoints: Checkpoint) -> auditor.Verdict:
    return shop.read(chain.check_database, 1, checkpoints)


def events_of(shop: Shop) -> list[dict[str, object]]:
    return shop.read(lambda db: [dict(event) for event in chain.events(db, 1)])


def rehashed(events, changed=0, old="alex", new="robin"):
    """The chain with the event of that number changed, and every hash from there on made anew."""
    previous, made = audit.START, []
    for event in events:
        fields = auditor._netstrings(event["canonical"].encode())
        fields[3] = previous
        if event["sequence"] == changed:
            fields[6] = fields[6].replace(old, new)
        canonical = audit._netstrings(*fields)
        previous = hashlib.sha256(b"\x00" + canonical.encode()).hexdigest()
        made.append({**event, "actor": fields[6], "canonical": canonical, "hash": previous})
    return made


def write_chain(shop: Shop, events) -> None:
    """The chain of the database, replaced."""

    def quoted(cell):
        return str(cell) if isinstance(cell, int) else "'" + str(cell).replace("'", "''").replace(":", colon) + "'"

    colon = r"\:" if shop.engine.dialect.name == "postgresql" else ":"
    plant(
        shop,
        f"DELETE FROM audit_event WHERE sequence > {len(events)}",
        *(
            f"UPDATE audit_event SET actor = {quoted(event['actor'])}, canonical = {quoted(event['canonical'])}, "
            f"hash = {quoted(event['hash'])} WHERE sequence = {event['sequence']}"
            for event in events
        ),
        f"UPDATE head SET sequence = {len(events)}, hash = {quoted(events[-1]['hash'])}",
    )


def test_a_checkpoint_holds_now_and_after_more_events(busy):
    early = signed_end(busy)
    assert judged(busy, early).ok
    a_lot(busy, lot="B2")
    late = signed_end(busy)
    assert late.sequence == early.sequence + 1
    assert judged(busy, early).ok
    assert judged(busy, late, early).ok


def test_a_dropped_tail_is_caught(busy):
    kept, events = signed_end(busy), events_of(busy)
    write_chain(busy, events[:-2])
    assert judged(busy).ok
    assert judged(busy, kept).problem == (
        f"The chain ends with event {kept.sequence - 2}, and event {kept.sequence} was noted."
    )


def test_a_tail_that_was_replaced_is_caught(busy):
    kept, events = signed_end(busy), events_of(busy)
    write_chain(busy, events[:-1])
    a_lot(busy, lot="B2")
    assert judged(busy).ok
    assert judged(busy, kept).problem == f"Event {kept.sequence}: its hash is not the one that was noted."


def test_a_chain_hashed_anew_is_caught(busy):
    kept = signed_end(busy)
    write_chain(busy, rehashed(events_of(busy), changed=3))
    assert judged(busy).ok
    assert judged(busy, kept).problem == f"Event {kept.sequence}: its hash is not the one that was noted."


def test_every_place_to_cut_or_to_write_anew_is_caught(busy):
    kept, events = signed_end(busy), events_of(busy)
    noted = [(kept.sequence, kept.hash)]
    assert auditor.check(rehashed(events), noted=noted).ok
    for number in range(1, len(events) + 1):
        for spoilt in (events[: number - 1], rehashed(events, changed=number)):
            assert auditor.check(spoilt).ok
            assert not auditor.check(spoilt, noted=noted).ok


def test_a_database_that_was_replaced_is_caught(busy, tmp_path):
    kept = signed_end(busy)
    fresh = Shop(opened(f"sqlite:///{tmp_path / 'other.db'}"), busy.on)
    for number in range(1, kept.sequence):
        a_lot(fresh, lot=f"L{number}")
    assert judged(fresh).ok
    assert judged(fresh, kept).problem == f"Event {kept.sequence}: its hash is not the one that was noted."
    plant(fresh, "UPDATE site SET origin = 'another'")
    assert judged(fresh, kept).problem == "The checkpoint belongs to another chain."
    fresh.engine.dispose()


def test_two_histories_that_were_both_signed_are_caught(busy):
    kept, events = signed_end(busy), events_of(busy)
    write_chain(busy, events[:-1])
    a_lot(busy, lot="B2")
    forked = signed_end(busy)
    assert judged(busy, forked).ok
    assert not judged(busy, kept, forked).ok


def test_the_checkpoint_of_another_site_is_told(busy):
    opening = Opening("init-2", "Second Pharmacy", "other-origin", "robin", ())
    second = busy.write(lambda db: open_pharmacy(db, opening, on=busy.on))
    key = SigningKey("other-origin", b"k" * 32)
    note = key.sign(busy.read(chain.head_of, second.site_id)).note
    assert problem_of(note) == "The checkpoint is not signed with this key."
    theirs = open_checkpoint(note.encode(), key.verifier)
    assert busy.read(chain.check_database, second.site_id, [theirs]).ok
    assert judged(busy, theirs).problem == "The checkpoint belongs to another chain."


def test_an_exported_file_is_compared_too(busy, tmp_path):
    kept = signed_end(busy)
    done = busy.read(export, 1, tmp_path / "chain.jsonl")
    for file in done.files:
        assert auditor.read(file, noted=[(kept.sequence, kept.hash)], origin=kept.origin).ok
        assert auditor.read(file, origin="other-origin").problem == "Event 1: it belongs to another chain."
    assert not auditor.read(done.files[0], noted=[(kept.sequence, "0" * 64)], origin=kept.origin).ok


def test_the_file_of_a_checkpoint_that_cannot_be_read_is_told(tmp_path):
    for path, why in ((tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(NotACheckpoint) as found:
            auditor.read_checkpoint(path, KEY.verifier)
        assert str(found.value) == f"The checkpoint cannot be read: {why}."
    with pytest.raises(NotACheckpoint, match="its name cannot be used"):
        auditor.read_checkpoint("a\0b", KEY.verifier)


def alone(folder: Path, *arguments: str) -> tuple[int, str]:
    """The auditor's one file by itself in an empty folder, by a Python without any package."""
    shutil.copy(str(auditor.__file__), folder / "auditor.py")
    run = subprocess.run(
        [sys.executable, "-I", "-S", "auditor.py", *arguments], capture_output=True, text=True, cwd=folder, check=False
    )
    assert run.stderr == ""
    return run.returncode, run.stdout


def test_the_auditor_alone_checks_signature_and_chain(busy, tmp_path):
    first = busy.read(chain.head_of, 1)
    (tmp_path / "first.txt").write_text(KEY.sign(first).note, encoding="utf-8")
    a_lot(busy, lot="B2")
    end = busy.read(chain.head_of, 1)
    (tmp_path / "last.txt").write_text(KEY.sign(end).note, encoding="utf-8")
    file = busy.read(export, 1, tmp_path / "chain.jsonl").files[0]
    words = ("chain.jsonl", "--key", KEY.verifier, "--checkpoint", "first.txt", "--checkpoint", "last.txt")
    assert alone(tmp_path, *words) == (0, f"ok: {end.sequence} events, head {end.hash}\n")
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    trailer = {**events.pop(), "events": len(events) - 1, "head": events[-2]["hash"]}
    rows = [*events[:-1], trailer]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    assert alone(tmp_path, "chain.jsonl")[0] == 0
    assert alone(tmp_path, *words) == (
        4,
        f"not ok: The chain ends with event {end.sequence - 1}, and event {end.sequence} was noted. "
        f"{end.sequence - 1} events hold before it.\n",
    )
    (tmp_path / "last.txt").write_text(KEY.sign(end).note.replace("a", "b"), encoding="utf-8")
    assert alone(tmp_path, *words)[0] == 4
    stranger = SigningKey("test-origin", b"s" * 32).verifier
    assert alone(tmp_path, "chain.jsonl", "--key", stranger, "--checkpoint", "first.txt") == (
        4,
        "not ok: The checkpoint is not signed with this key.\n",
    )
