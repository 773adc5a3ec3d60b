"""`dispensary demo`: a pharmacy's day on a throwaway database."""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.context import random_bytes, random_key, settings_of
from dispensary.cli.desk import Desk
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.output import new_app, say
from dispensary.errors import Refused
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from dispensary.services.stock.receive import Received

app = new_app()

CARTON_OF_25 = "00305170031251"  # US-CY-ARG1, American Regent
VIAL_30_ML = "00369680121307"  # US-CY-VIT30, Vitruvias


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where labels and reports are left.")] = Path(
        "demo"
    ),
) -> None:
    """Play a pharmacy's day on a throwaway database."""
    from dispensary.exports.files import make_folder

    make_folder(out)
    with tempfile.TemporaryDirectory(prefix="dispensary-demo-") as folder:
        Day(Desk(str(Path(folder) / "demo.db"), "alex"), out).play()


class Day:
    """One day at the counter."""

    def __init__(self, desk: Desk, out: Path) -> None:
        self.desk = desk
        self.out = out

    def play(self) -> None:
        """From the morning's delivery to the night's report."""
        from dispensary.cli.pharmacy_files import create

        create(self.desk, settings_of(PLACEHOLDERS))
        self.today = self.desk.on.date()
        say(f"{self.today}, {self.desk.pharmacy.name}. The starter formulary is in.\n")
        self.deliveries()
        self.counter()
        self.vials()
        self.night()

    def deliveries(self) -> None:
        """Packs by scan, ampoules by hand, and one pack that is turned away."""
        say("DELIVERY")
        self.scanned("a carton of 25 x 1 mL vials", CARTON_OF_25, "A2611", 300)
        self.scanned("a carton that expires soon", CARTON_OF_25, "A2540", 12)
        self.scanned("a 30 mL vial", VIAL_30_ML, "V101", 400, serial="7F31")
        self.scanned("two more of a later lot", VIAL_30_ML, "V202", 700, quantity=2)
        self.typed("40 ampoules without preservative", "NO-CY-TAK1", "T77", 500, units=40)
        self.refused("a carton past its expiry", CARTON_OF_25, "A0001", -30)

    def counter(self) -> None:
        """Four patients."""
        say("\nCOUNTER")
        doctor = self.prescriber()
        jane = self.patient("MRN-1001", "Jane Sample", "1961-04-03", "en")
        first = self.dispense("Jane Sample", self.rx(jane, doctor, "1 mg IM weekly", 4), "label-english.pdf")
        self.print("leaflet", first, "leaflet-english.pdf")
        ola = self.patient("MRN-1002", "Ola Eksempel", "1954-11-30", "nb")
        self.dispense(
            "Ola Eksempel, in Norwegian", self.rx(ola, doctor, "1 mg IM every 2 days", 10), "label-norwegian.pdf"
        )
        eve = self.patient("MRN-1003", "Eve Example", "1978-02-14", "en", sensitivities=("benzyl alcohol",))
        self.dispense(
            "Eve Example, sensitive to benzyl alcohol",
            self.rx(eve, doctor, "1 mg subcut weekly", 4),
            "label-preservative-free.pdf",
        )
        adam = self.patient("MRN-1004", "Adam Muster", "1969-07-21", "en")
        self.dispense(
            "Adam Muster, more than one lot holds",
            self.rx(adam, doctor, "3 mg subcut every 2 to 3 days", 2),
            "label-two-lots.pdf",
        )

    def vials(self) -> None:
        """A dose out of an opened vial, a vial past its hour refused, and a recall."""
        from dispensary.rules.quantity import millilitres
        from dispensary.rules.recall import RecallClass, Scope
        from dispensary.services.recalls.recall import Notice, recall
        from dispensary.services.vials.draw import Draw, Prescribed, draw
        from dispensary.services.vials.open_vial import Opening, open_vial

        say("\nVIALS AND LOTS")
        vial = self.desk.write(open_vial, Opening(random_key(), product="US-CY-VIT30"))
        say(f"  {vial.vial}: a unit of {vial.product}, lot {vial.lot}, is opened:")
        say(f"      {millilitres(vial.volume_ul)} mL, to be used before {vial.discard_at[:16].replace('T', ' at ')}.")
        self.print("vial", vial.vial, "label-opened-vial.pdf")
        lena = self.patient("MRN-1005", "Lena Exempel", "1983-05-09", "en")
        rx = self.rx(lena, "PR1", "1 mg IM monthly", 1)
        drawn = self.desk.write(draw, Draw(random_key(), vial.vial, Prescribed(rx)), practice=self.desk.practice)
        say(f"  {drawn.draw}: Lena Exempel, {millilitres(drawn.drawn_ul)} mL out of it, as {rx} says;")
        say(f"      {millilitres(drawn.remaining_ul)} mL are left. Next dose {drawn.next_injection}.")
        notice = Notice(random_key(), Scope(None, "A2540"), RecallClass.II, "D-0000-DEMO", self.today, "cracked vials")
        recalled = self.desk.write(recall, notice)
        for lot in recalled.lots:
            say(f"  {recalled.recall}: lot {lot.lot} of {lot.product} is recalled: nothing of it leaves any more.")

    def night(self) -> None:
        """Expiring lots, the nightly report, the audit."""
        from dispensary import auditor
        from dispensary.exports import audit, nightly
        from dispensary.reports.nightly.nightly import nightly as report
        from dispensary.reports.stock.expiring import expiring
        from dispensary.reports.verify import verify

        say("\nNIGHT")
        with self.desk.reading(Act.READ_REPORTS) as (db, by):
            for row in expiring(db, by.site_id, self.today, within=30):
                say(f"  Expires in {row.days_left} days: {row.units} of {row.product}, lot {row.lot}.")
            night = report(db, by.site_id, self.desk.on)
            say(f"  To be seen to by a person, says the nightly report: {len(night.needs_a_person)}.")
            written = nightly.write(night, self.desk.pharmacy, self.out, force=True)
            exported = audit.export(db, by.site_id, self.out / "audit.jsonl", force=True)
            books = verify(db)
        verdict = auditor.read(self.out / "audit.jsonl")
        say(f"  The books {'agree' if books.ok else 'DO NOT AGREE'}: {len(books.checks)} checks.")
        say(
            f"  The exported audit is {'whole' if verdict.ok else 'BROKEN'}: "
            f"{verdict.events} events, head {verdict.head[:16]}..."
        )
        say(f"\nLabels, the nightly report and the audit are in {self.out}{'/' if self.out.name else ''}:")
        files = sorted({*self.out.glob("l*.pdf"), *written, *exported.files})
        say("  " + "\n  ".join(file.name for file in files))
        if not (books.ok and verdict.ok):
            raise typer.Exit(4)

    def scanned(
        self, what: str, gtin: str, lot: str, days: int, *, serial: str | None = None, quantity: int = 1
    ) -> None:
        """Receive a pack from the very characters that a scanner types."""
        from dispensary.rules.scan import element_string, read_pack
        from dispensary.services.stock.receive import Delivery, Scanned, receive

        scan = "]d2" + element_string(gtin, self.day(days), lot, serial)
        pack = read_pack(scan, today=self.today)
        delivery = Delivery(random_key(), (Scanned(pack, quantity),), "shelf")
        self.came(what, self.desk.write(receive, delivery))

    def typed(self, what: str, product: str, lot: str, days: int, *, units: int) -> None:
        """Receive what carries no barcode that we know."""
        from dispensary.services.stock.receive import Delivery, Typed, receive

        line = Typed(product, lot, self.day(days), units, month_only=False)
        self.came(what, self.desk.write(receive, Delivery(random_key(), (line,), "shelf")))

    def came(self, what: str, received: "Received") -> None:
        """Say what came."""
        for line in received.lines:
            say(f"  {received.receipt}: {what}:")
            say(f"      {line.units} of {line.product}, lot {line.lot}, expires {line.expires}.")

    def refused(self, what: str, gtin: str, lot: str, days: int) -> None:
        """Try what must not happen."""
        from dispensary.exports.terminal import wrapped

        try:
            self.scanned(what, gtin, lot, days)
            raise AssertionError(f"{what} was received")
        except Refused as refusal:
            say(f"  {what}:\n      " + wrapped(f"Refused: {refusal}", 74).replace("\n", "\n      "))

    def day(self, days: int) -> date:
        """So many days from today."""
        return self.today + timedelta(days=days)

    def prescriber(self) -> str:
        """A prescriber with the NPI of the check digit's own worked example."""
        from dispensary.services.people.register import NewPrescriber, add_prescriber

        new = NewPrescriber(random_key(), "Dr. Ida Specimen", "physician", "1234567893", None)
        return self.desk.write(add_prescriber, new).prescriber

    def patient(self, identifier: str, name: str, born: str, language: str, sensitivities: tuple[str, ...] = ()) -> str:
        """An invented patient."""
        from dispensary.rules.people import Language
        from dispensary.rules.product import Sensitivity
        from dispensary.services.people.register import NewPatient, add_patient

        new = NewPatient(
            key=random_key(),
            identifier=identifier,
            name=name,
            born=date.fromisoformat(born),
            language=Language(language),
            sensitivities=frozenset(map(Sensitivity, sensitivities)),
            conditions=frozenset(),
        )
        return self.desk.write(add_patient, new, audit_key=random_bytes()).patient

    def rx(self, patient: str, prescriber: str, directions: str, units: int) -> str:
        """A prescription written today."""
        from dispensary.rules.product import Form
        from dispensary.services.prescribing.prescribe import NewPrescription, prescribe

        new = NewPrescription(
            key=random_key(),
            patient=patient,
            prescriber=prescriber,
            form=Form.CYANOCOBALAMIN,
            directions=directions,
            quantity_units=units,
            days=None,
            refills=2,
            written=self.today,
            valid_until=None,
            indication="Vitamin B12 deficiency",
        )
        return self.desk.write(prescribe, new, practice=self.desk.practice).rx

    def dispense(self, who: str, rx: str, label: str) -> str:
        """A fill with its labels; its number."""
        from dispensary.cli.dispense import labelled
        from dispensary.cli.printing import target
        from dispensary.services.prescribing.dispense import Order

        where = target(self.desk, "dispense")
        dispensed, _ = labelled(self.desk, Order(random_key(), rx), where, self.out / label, force=True)
        lots = " and ".join(f"{line.units} of lot {line.lot}" for line in dispensed.lines)
        say(f"  {dispensed.dispense}: {who}:")
        say(f"      {dispensed.lines[0].product}, {lots}; next fill {dispensed.next_fill_on}.")
        return dispensed.dispense

    def print(self, kind: str, record: str, file: str) -> None:
        """A label or a leaflet of another kind."""
        from dispensary.cli.printing import print_record, target
        from dispensary.exports.files import write_new

        _, pdf = print_record(self.desk, kind, record, target(self.desk, kind), key=random_key())
        write_new(self.out / file, pdf, force=True)
