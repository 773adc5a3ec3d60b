"""The least that `dispensary dispense RX --label FILE` could be, on the same libraries and tables.

One transaction: the prescription, the lots on hand by expiry, the request, the balance, the movement,
the dispense, the event with its hash, the head; then one label by a bare canvas with the same fonts
and a DataMatrix. It checks nothing, reads no settings, and composes no text.
"""

import hashlib
import json
import os
import re
import secrets
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
    update,
)

FONTS = {
    "text": ("font_source_sans_pro", "files/SourceSansPro-Regular.ttf"),
    "bold": ("font_source_sans_pro", "files/SourceSansPro-Bold.ttf"),
    "exact": ("fontpkg_atkinson_hyperlegible", "files/AtkinsonHyperlegible-Bold.ttf"),
}
MM = 72 / 25.4

metadata = MetaData()


def table(name: str, integers: str, texts: str = "", dates: str = "", moments: str = "") -> Table:
    kinds = ((Integer, integers), (Text, texts), (Date, dates), (DateTime, moments))
    columns = [Column(column, kind) for kind, named in kinds for column in named.split()]
    return Table(name, metadata, Column("id", Integer, primary_key=True), *columns)


product = table("product", "", "code name form")
lot = table("lot", "product_id", "number state")
balance = Table(
    "balance",
    metadata,
    *(Column(name, Integer) for name in ("lot_id", "place_id", "product_id", "units")),
    Column("expires", Date),
)
patient = table("patient", "number", "name", "born")
prescriber = table("prescriber", "", "name")
prescription = table(
    "prescription", "number patient_id prescriber_id quantity_units", "form directions indication", "valid_until"
)
request = table("request", "site_id by_id", "key kind content", "", "at")
answer = Table("answer", metadata, Column("request_id", Integer), Column("receipt", Text))
movement = table("movement", "request_id lot_id from_place_id to_place_id units by_id", "", "", "at")
dispense = table(
    "dispense",
    "site_id number request_id prescription_id product_id fill units days_supply by_id",
    "",
    "first_injection last_injection next_injection",
    "at",
)
head = Table(
    "head", metadata, *(Column(name, Integer) for name in ("site_id", "sequence", "dispenses")), Column("hash", Text)
)
audit_event = Table(
    "audit_event",
    metadata,
    Column("site_id", Integer),
    Column("sequence", Integer),
    Column("at", DateTime),
    *(Column(name, Text) for name in ("actor", "kind", "subject", "patient", "request_key", "canonical", "hash")),
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def durable(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = EXTRA")


@app.command()
def main_command(rx: int, database: Annotated[str, typer.Option()], label: Annotated[Path, typer.Option()]) -> None:
    """Dispense one fill and write its label."""
    engine = create_engine(database)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", durable)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as db:
        number, row, taken = written(db, rx)
        pdf = drawn(number, row, taken)
    descriptor = os.open(label, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(descriptor, "wb") as file:
        file.write(pdf)
        file.flush()
        os.fsync(file.fileno())
    print(f"Dispensed D{number}: {row.quantity_units} units of lot {taken.number} for RX{rx}. Label: {label}")


def written(db: Connection, rx: int) -> tuple[int, Any, Any]:
    now, key = datetime.now(UTC), secrets.token_hex(12)
    at, today = now.replace(tzinfo=None), now.date()
    row = db.execute(
        select(prescription, patient.c.name, patient.c.born, prescriber.c.name.label("prescriber"))
        .join(patient, patient.c.id == prescription.c.patient_id)
        .join(prescriber, prescriber.c.id == prescription.c.prescriber_id)
        .where(prescription.c.number == rx)
    ).one()
    taken = db.execute(
        select(balance, lot.c.number, product.c.name, product.c.code)
        .join(product, product.c.id == balance.c.product_id)
        .join(lot, lot.c.id == balance.c.lot_id)
        .where(product.c.form == row.form, lot.c.state == "available", balance.c.units >= row.quantity_units)
        .order_by(balance.c.expires, balance.c.lot_id)
    ).all()[0]
    order = json.dumps({"rx": rx, "key": key}, sort_keys=True)
    content = hashlib.sha256(order.encode()).hexdigest()
    claim = insert(request).values(site_id=1, key=key, kind="dispense", content=content, at=at, by_id=1)
    request_id = db.execute(claim.returning(request.c.id)).scalar_one()
    of_lot = (balance.c.lot_id == taken.lot_id, balance.c.place_id == taken.place_id)
    units = row.quantity_units
    db.execute(update(balance).where(*of_lot, balance.c.units >= units).values(units=balance.c.units - units))
    moved = {"lot_id": taken.lot_id, "from_place_id": taken.place_id, "to_place_id": 5, "units": units}
    db.execute(insert(movement).values(request_id=request_id, at=at, by_id=1, **moved))
    last = db.execute(update(head).values(dispenses=head.c.dispenses + 1).returning(head)).one()
    fills = db.execute(select(dispense.c.id).where(dispense.c.prescription_id == row.id)).all()
    filled = {"prescription_id": row.id, "product_id": taken.product_id, "fill": len(fills) + 1, "units": units}
    days = {"days_supply": 28, "first_injection": today, "last_injection": today + timedelta(21)}
    next_ = {"next_injection": today + timedelta(28), "at": at, "by_id": 1}
    db.execute(
        insert(dispense).values(site_id=1, number=last.dispenses, request_id=request_id, **filled, **days, **next_)
    )
    said = {"site_id": 1, "sequence": last.sequence + 1, "at": at, "actor": "alex", "kind": "dispense"}
    said |= {"subject": f"D{last.dispenses}", "patient": "", "request_key": key}
    canonical = json.dumps({**said, "before": last.hash, "lot": taken.number, "units": units}, default=str)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    db.execute(insert(audit_event).values(**said, canonical=canonical, hash=digest))
    db.execute(update(head).values(sequence=last.sequence + 1, hash=digest))
    db.execute(insert(answer).values(request_id=request_id, receipt=canonical))
    return last.dispenses, row, taken


def drawn(number: int, row: Any, taken: Any) -> bytes:
    import zxingcpp
    from reportlab import rl_config
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for name, (package, file) in FONTS.items():
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        registerFont(TTFont(name, Path(spec.origin).parent / file, asciiReadable=0))
    rl_config.useA85 = 0
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(100 * MM, 62 * MM), initialFontName="text")
    said = (
        ("bold", 9, 50, "Corner Pharmacy"),
        ("text", 7.5, 47, "1 Main Street, Anytown"),
        ("text", 7.5, 44, "555-0100"),
        ("bold", 14, 38, f"{row.name}, born {row.born}"),
        ("exact", 12, 33, f"{taken.name} {taken.code}"),
        ("bold", 13.5, 28, row.directions),
        ("text", 12.5, 23, f"For {row.indication}"),
        ("text", 7.5, 20, f"RX{row.number} {row.prescriber} {date.today()}"),  # noqa: DTZ011
        ("exact", 9, 14, f"Lot {taken.number} expires {taken.expires}"),
        ("text", 8, 11, "Keep at 20 to 25 degrees C. Protect from light. Keep away from heat."),
        ("text", 8, 8, "Keep out of the reach of children. Discard after the last use."),
    )
    for font, size, y, line in said:
        canvas.setFont(font, size)
        canvas.drawString(20 * MM, y * MM, line)
    canvas.line(2 * MM, 19 * MM, 98 * MM, 19 * MM)
    canvas.line(2 * MM, 51 * MM, 98 * MM, 51 * MM)
    symbol = f"D{number}/1|{taken.expires}|{taken.number}"
    barcode = zxingcpp.create_barcode(symbol, zxingcpp.BarcodeFormat.DataMatrix)
    image = memoryview(barcode.to_image(scale=1, add_quiet_zones=False))
    height, width = image.shape[:2]
    pixels, path = image.tobytes(), canvas.beginPath()
    for top in range(height):
        for run in re.finditer(b"\x00+", pixels[top * width : (top + 1) * width]):
            path.rect(10 + run.start() * 1.4, 50 - top * 1.4, len(run[0]) * 1.4, 1.4)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.save()
    return buffer.getvalue()


def main() -> None:
    app()
