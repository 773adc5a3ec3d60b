import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from dispensary.exports import files
from dispensary.exports.files import (
    FileExists,
    FileNotSaved,
    NoFolder,
    NotAPlainFile,
    make_folder,
    new_file,
    new_files,
    require_new,
    shown,
    write_new,
)


@pytest.fixture(params=["nameless", "named"], autouse=True)
def system(request, monkeypatch):
    """File systems with files that have no name yet, and those without."""
    if request.param == "named":
        monkeypatch.setattr(files, "_nameless", lambda folder: None)
    return request.param


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Names are relative, so that the sentences are the same wherever the tests run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def said(kind, work):
    with pytest.raises(kind) as caught:
        work()
    assert type(caught.value) is kind
    return str(caught.value)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["report.pdf", "-rf", "--force", "Løkka.csv", " spaced "])
def test_a_new_file_is_for_its_owner_alone(here, name, force):
    write_new(here / name, b"bytes", force=force)
    assert (here / name).read_bytes() == b"bytes"
    assert stat.S_IMODE((here / name).stat().st_mode) == 0o600
    assert listing(here) == [name]


def test_a_file_that_exists_is_not_written_over(here):
    (here / "report.pdf").write_bytes(b"old")
    assert said(FileExists, lambda: write_new(here.relative_to(here) / "report.pdf", b"new")) == (
        "report.pdf exists already: nothing was written; choose another name, or replace it with --force."
    )
    assert (here / "report.pdf").read_bytes() == b"old"


def test_force_replaces_a_file_and_narrows_its_mode(here):
    (here / "report.pdf").write_bytes(b"old")
    (here / "report.pdf").chmod(0o644)
    write_new(here / "report.pdf", b"new", force=True)
    assert (here / "report.pdf").read_bytes() == b"new"
    assert stat.S_IMODE((here / "report.pdf").stat().st_mode) == 0o600


def test_a_reader_of_the_replaced_file_keeps_the_old_one(here):
    (here / "report.pdf").write_bytes(b"old")
    with (here / "report.pdf").open("rb") as reader:
        write_new(here / "report.pdf", b"new", force=True)
        assert reader.read() == b"old"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_not_written_through(here, force, there):
    target = here / "target"
    if there:
        target.write_bytes(b"precious")
    (here / "report.pdf").symlink_to(target)
    sentence = said(NotAPlainFile, lambda: write_new(here.relative_to(here) / "report.pdf", b"new", force=force))
    assert sentence == "report.pdf is a link: nothing was written; choose the name of a plain file."
    assert target.exists() is there
    assert not there or target.read_bytes() == b"precious"


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_and_a_device_are_not_files(here, force):
    (here / "out").mkdir()
    os.mkfifo(here / "pipe")
    folder, pipe = here.relative_to(here) / "out", here.relative_to(here) / "pipe"
    assert said(NotAPlainFile, lambda: write_new(folder, b"", force=force)) == (
        "out is a folder: nothing was written; choose the name of a plain file."
    )
    assert said(NotAPlainFile, lambda: write_new(pipe, b"", force=force)) == (
        "pipe is a device: nothing was written; choose the name of a plain file."
    )


def test_a_missing_folder_is_named(here):
    assert said(NoFolder, lambda: write_new(here.relative_to(here) / "no" / "x", b"")) == (
        "There is no folder no: nothing was written; make the folder first or choose another name."
    )
    (here / "file").write_bytes(b"")
    said(NoFolder, lambda: write_new(here / "file" / "x", b""))


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
@pytest.mark.parametrize("force", [False, True])
def test_a_name_that_no_file_can_have_is_refused(here, name, force):
    said(FileNotSaved, lambda: write_new(here / name, b"bytes", force=force))
    assert listing(here) == []


@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_nothing_behind(here, force, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileNotSaved) as caught:
        write_new(here.relative_to(here) / "report.pdf", b"bytes", force=force)
    assert caught.value.exit_status == 3
    assert str(caught.value) == (
        "report.pdf could not be written (No space left on device): no part of it was left behind; "
        "mend that or choose another place, and run the same command again."
    )
    assert listing(here) == []


def test_a_full_disk_leaves_the_old_file(here, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    (here / "report.pdf").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    said(FileNotSaved, lambda: write_new(here / "report.pdf", b"new", force=True))
    assert (here / "report.pdf").read_bytes() == b"old"
    assert listing(here) == ["report.pdf"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("full_at", range(3))
def test_of_files_that_belong_together_none_is_named_before_all_are_on_the_disk(here, force, full_at, monkeypatch):
    sync, names = os.fsync, ("a.jsonl", "a.csv", "a.manifest.txt")
    asked = []

    def full(descriptor):
        asked.append(descriptor)
        if len(asked) == full_at + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    def write():
        with new_files([Path(name) for name in names], force=force) as opened:
            for file in opened:
                file.write(b"bytes")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        assert said(FileNotSaved, write).startswith(f"{names[full_at]} could not be written (No space left on device)")
    assert listing(here) == []
    write()
    assert listing(here) == sorted(names)
    assert {Path(name).read_bytes() for name in names} == {b"bytes"}


@pytest.mark.parametrize("force", [False, True])
def test_an_interrupted_writing_leaves_nothing_behind(here, force):
    def interrupted():
        with new_file(here / "chain.jsonl", force=force) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert listing(here) == []


APPEARED = {
    "a file": lambda path: path.write_bytes(b"theirs"),
    "a link": lambda path: path.symlink_to("target"),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("what", APPEARED)
def test_what_appears_meanwhile_is_not_written_over(here, what):
    (here / "target").write_bytes(b"precious")
    path = here.relative_to(here) / "report.pdf"

    def race():
        with new_file(path) as file:
            file.write(b"ours")
            APPEARED[what](path)

    assert said(FileExists, race) == (
        "report.pdf exists already: nothing was written; choose another name, or replace it with --force."
    )
    assert listing(here) == ["report.pdf", "target"]
    assert (here / "target").read_bytes() == b"precious"
    assert what != "a file" or path.read_bytes() == b"theirs"


def test_of_two_writers_one_wins_and_the_other_is_told():
    def both():
        with ExitStack() as writers:
            for name in (b"first", b"second"):
                writers.enter_context(new_file(Path("report.pdf"))).write(name)

    said(FileExists, both)
    assert Path("report.pdf").read_bytes() == b"second"
    assert listing(Path()) == ["report.pdf"]


def test_on_a_file_system_without_links_the_name_is_kept_by_an_empty_file(here, monkeypatch):
    def no_links(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(files, "_nameless", lambda folder: None)
    monkeypatch.setattr(os, "link", no_links)
    write_new(here / "report.pdf", b"ours")
    assert (here / "report.pdf").read_bytes() == b"ours"
    assert listing(here) == ["report.pdf"]
    with pytest.raises(FileExistsError):
        files.place(here / "report.pdf", here / "report.pdf")


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_does_not_reach_the_disk_is_not_called_done(here, force, monkeypatch):
    sync = os.fsync

    def failing(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    said(FileNotSaved, lambda: write_new(here.relative_to(here) / "report.pdf", b"bytes", force=force))
    # What replaced a file stays, as the old one is gone.
    assert listing(here) == (["report.pdf"] if force else [])


def test_a_folder_that_cannot_be_put_on_the_disk_is_no_failure(here, monkeypatch):
    sync = os.fsync

    def unable(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", unable)
    write_new(here / "report.pdf", b"bytes")
    assert (here / "report.pdf").read_bytes() == b"bytes"


WRITE = """
    import sys
    from pathlib import Path
    from dispensary.exports import files

    if sys.argv[1] == "named":
        files._nameless = lambda folder: None
    with files.new_file(Path("chain.jsonl"), force=sys.argv[2] == "True") as file:
        file.write(b"half" * 100_000)
        file.flush()
        print("half", flush=True)
        sys.stdin.read()
"""


@pytest.mark.parametrize("force", [False, True])
def test_a_killed_program_leaves_no_half_of_a_file(here, system, force):
    if force:
        (here / "chain.jsonl").write_bytes(b"old")
    ran = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITE), system, str(force)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert ran.stdout.readline() == b"half\n"
    ran.send_signal(signal.SIGKILL)
    ran.communicate()
    left = [name for name in listing(here) if name.startswith(files.PREFIX)]
    assert len(left) == (system == "named")
    assert [stat.S_IMODE((here / name).stat().st_mode) for name in left] == [0o600] * len(left)
    assert [name for name in listing(here) if name not in left] == (["chain.jsonl"] if force else [])
    assert not force or (here / "chain.jsonl").read_bytes() == b"old"


def test_what_can_be_written_can_be_asked_before(here):
    require_new(here / "report.pdf", force=False)
    (here / "report.pdf").write_bytes(b"")
    said(FileExists, lambda: require_new(here / "report.pdf", force=False))
    require_new(here / "report.pdf", force=True)


def test_a_folder_is_made_with_those_above_it(here):
    make_folder(here / "a" / "b")
    make_folder(here / "a" / "b")
    assert (here / "a" / "b").is_dir()
    (here / "file").write_bytes(b"")
    said(FileNotSaved, lambda: make_folder(here / "file" / "b"))


def test_a_path_is_shown_without_what_cannot_be_printed(here):
    assert shown(here.relative_to(here) / "Løkka") == "Løkka"
    assert shown(here.relative_to(here) / "a\x1b[2J") == r"'a\x1b[2J'"
    assert shown(Path("x" * 5000)) == "x" * 200 + "..."
    assert shown(here.relative_to(here) / "\udcff") == r"'\udcff'"
