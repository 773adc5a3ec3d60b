"""A label on a real CUPS: its scheduler with folders of its own, and its PDF printer.

The PDF printer reads its settings from /etc alone, and writes what users without a home print into one
folder; so the jobs are such a user's, and what they print is taken away again.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from dispensary import labelling
from dispensary.cli.context import line_printer
from dispensary.labelling.designs import load
from dispensary.printing import Paper, PrinterFailed, print_on
from dispensary.rules.printer import Printer, Way
from tests.labelling.package_facts import a_package

CUPSD = shutil.which("cupsd", path="/usr/sbin:/usr/local/sbin:/sbin")
PDF_PRINTER = Path("/usr/lib/cups/backend/cups-pdf")
PPD = Path("/usr/share/ppd/cups-pdf/CUPS-PDF_noopt.ppd")
PRINTED = Path("/var/spool/cups-pdf/ANONYMOUS")
NOBODY = "dispensary-of-no-home"
POINTS = 72 / 25.4
DPI = 600

REQUIRED = os.environ.get("DISPENSARY_TEST_CUPS") == "required"
"""Set by .ci/run where .ci/cups found or installed CUPS."""

Prints = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def of_this_machine() -> None:
    """Where CUPS must be there and is not, the tests fail; elsewhere they are skipped."""
    there = {
        "cupsd": CUPSD is not None,
        "lp": line_printer() is not None,
        f"{PDF_PRINTER} that this user may run": os.access(PDF_PRINTER, os.X_OK),
        str(PPD): PPD.is_file(),
    }
    missing = " and no ".join(name for name, found in there.items() if not found)
    if missing:
        stop = pytest.fail if REQUIRED else pytest.skip
        stop(f"no {missing}: .ci/cups installs them, as root and with apt-get")


@pytest.fixture(scope="module")
def cups() -> Iterator[Path]:
    """The socket of a scheduler that has a queue named Roll, with the PDF printer behind it."""
    # One at a time: the PDF printer and its folder are those of the machine.
    with open("/tmp/cups-of-the-tests.lock", "w") as lock, tempfile.TemporaryDirectory(prefix="cups-") as name:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = Path(name)
        # The filters run as another user.
        folder.chmod(0o755)
        yield from scheduled(folder)


def scheduled(folder: Path) -> Iterator[Path]:
    """The socket of a scheduler with its files in the folder, until it is let go."""
    for name in ("root/ppd", "spool/tmp", "cache", "state", "log"):
        (folder / name).mkdir(parents=True)
    # A socket's name is short.
    socket = Path(f"/tmp/cups-{os.getpid()}.sock")
    (folder / "cupsd.conf").write_text(
        f"Listen {socket}\nBrowsing Off\nWebInterface No\nMaxLogSize 0\nLogLevel debug\n"
        "<Location />\nOrder allow,deny\nAllow all\n</Location>\n"
        "<Policy default>\nJobPrivateAccess all\nJobPrivateValues none\n"
        "<Limit All>\nOrder allow,deny\n</Limit>\n</Policy>\n"
    )
    (folder / "cups-files.conf").write_text(
        f"ServerRoot {folder}/root\nRequestRoot {folder}/spool\nTempDir {folder}/spool/tmp\nCacheDir {folder}/cache\n"
        f"StateDir {folder}/state\nAccessLog {folder}/log/access\nErrorLog {folder}/log/error\n"
        f"PageLog {folder}/log/page\nSystemGroup root\n"
    )
    arguments = [str(CUPSD), "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as scheduler:
        try:
            until(socket.exists)
            server = {**os.environ, "CUPS_SERVER": str(socket)}
            subprocess.run(
                ["lpadmin", "-p", "Roll", "-E", "-v", "cups-pdf:/", "-P", str(PPD)],
                env=server,
                check=True,
                capture_output=True,
            )
            yield socket
        finally:
            scheduler.terminate()
    socket.unlink(missing_ok=True)


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "CUPS did not do it in time"
        time.sleep(0.05)


@pytest.fixture
def prints(cups: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Prints]:
    """Prints on the queue, and gives the PDF that came out."""
    monkeypatch.setenv("CUPS_SERVER", str(cups))
    monkeypatch.setenv("CUPS_USER", NOBODY)
    title = f"dispensary {tmp_path.name} {os.getpid()}"
    stem = title.replace(" ", "_")

    def came_out() -> list[Path]:
        return sorted(PRINTED.glob(f"{stem}*"))

    def done() -> bool:
        still = subprocess.run(["lpstat", "-o", "Roll"], capture_output=True, text=True, check=True)
        return not still.stdout and bool(came_out())

    def printing(data: bytes, paper: Paper) -> Path:
        receipt = print_on(queue(), data, paper, title=title, lp=line_printer())
        assert receipt.startswith("Roll-")
        until(done)
        (file,) = came_out()
        return Path(shutil.move(file, tmp_path / "printed.pdf"))

    yield printing
    for file in came_out():
        file.unlink()


def queue(name: str = "Roll") -> Printer:
    return Printer("counter", Way.CUPS, name, None, ("dispense-100x62",))


def test_a_label_comes_out_as_it_was_drawn(prints):
    """Neither turned nor scaled nor cut: the page is the label, and ink and symbol are where they were."""
    design = load("dispense-100x62")
    drawn = labelling.render([[a_package()]], design)
    printed = prints(drawn, Paper(design.paper.width_mm, design.paper.height_mm))
    (before, codes), (after, codes_after) = looked_at(drawn), looked_at(printed.read_bytes())
    assert before["size"] == after["size"] == (100.0, 62.0)
    assert codes == codes_after
    assert len(codes) == 1
    for edge, where in zip(before["ink"], after["ink"], strict=True):
        assert abs(edge - where) < 0.15


@pytest.mark.parametrize(("width_mm", "height_mm"), [(101.6, 50.8), (50, 25), (62, 29), (148, 210), (210, 297)])
def test_paper_of_every_size_comes_out_in_its_size(prints, width_mm, height_mm):
    blank = pypdfium2.PdfDocument.new()
    for _ in range(2):
        blank.new_page(width_mm * POINTS, height_mm * POINTS).close()
    file = prints(saved(blank), Paper(width_mm, height_mm))
    with pypdfium2.PdfDocument(file) as printed:
        assert [size(page) for page in printed] == [(width_mm, height_mm)] * 2


def test_a_queue_that_is_not_there_is_told(prints):
    with pytest.raises(PrinterFailed) as failure:
        print_on(queue("Cellar"), b"%PDF-1.4", Paper(100, 62), title="PJ1", lp=line_printer())
    assert failure.value.problem.startswith("CUPS did not take it for Cellar (The printer or class does not")
    assert not failure.value.perhaps


def test_a_scheduler_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("CUPS_SERVER", str(tmp_path / "none.sock"))
    with pytest.raises(PrinterFailed) as failure:
        print_on(queue(), b"%PDF-1.4", Paper(100, 62), title="PJ1", lp=line_printer())
    assert failure.value.problem.startswith("CUPS did not take it for Roll (The printer or class does not")
    assert not failure.value.perhaps


def saved(document: pypdfium2.PdfDocument) -> bytes:
    from io import BytesIO

    with BytesIO() as into, document:
        document.save(into)
        return into.getvalue()


def size(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """In millimetres, as a reader shows the page."""
    width, height = page.get_size()
    return round(width / POINTS, 2), round(height / POINTS, 2)


def looked_at(pdf: bytes) -> tuple[dict[str, tuple[float, ...]], list[str]]:
    """The size of the only page and the edges of its ink, in millimetres, and what its DataMatrix says upright."""
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1
        picture = document[0].render(scale=DPI / 72).to_pil().convert("L")
        page = size(document[0])
    edges = picture.point(lambda light: 255 if light < 128 else 0).getbbox()
    assert edges is not None
    codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.DataMatrix)
    assert [code.orientation for code in codes] == [0]
    return {"size": page, "ink": tuple(edge * 25.4 / DPI for edge in edges)}, [code.text for code in codes]
