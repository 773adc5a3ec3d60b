"""`dispensary label`: labels and leaflets from the books, into a file or to a printer."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli import label_design, label_queue, label_range
from dispensary.cli.output import ForceOption, Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.cli.printing import DesignOption, NowhereToPrint, PositionOption, PrinterOption, PrintOption
from dispensary.rules.printer import JobState

app = new_app()

OutOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The PDF to write.")]


@app.callback()
def label() -> None:
    """Labels and leaflets, their designs and printers."""


def _command(kind: str, metavar: str, called: str, says: str) -> None:
    """Add the command that prints this kind of label."""

    @app.command(kind, help=says)
    def print_label(
        context: typer.Context,
        record: Annotated[str, typer.Argument(metavar=metavar, help=called)],
        out: OutOption = None,
        to_printer: PrintOption = False,
        printer: PrinterOption = None,
        design: DesignOption = None,
        position: PositionOption = 1,
        force: ForceOption = False,
        key: KeyOption = None,
        format: FormatOption = Format.TABLE,  # noqa: A002
    ) -> None:
        from dispensary.cli.printing import print_record, send, target
        from dispensary.cli.send_labels import require_sent
        from dispensary.exports.files import require_new, shown, write_new
        from dispensary.exports.json_text import fields

        at = desk(context)
        asked = request_key(context, key)
        if (out is None) is not (to_printer or printer is not None):
            raise NowhereToPrint(options="--out")
        if out is not None:
            require_new(out, force=force)
        where = target(at, kind, design, to_printer=to_printer, printer=printer, position=position)
        job, data = print_record(at, kind, record, where, key=asked)
        sent = None
        if out is None:
            sent = send(at, job)
        else:
            write_new(out, data, force=force)
        document = {**dict(fields(job)), "file": None if out is None else str(out), "sent": sent}
        which = f"{job.job}: {kind} {job.record}" + (f", copy {job.copy}" if job.copy > 1 else "")
        if sent is not None and sent.state is not JobState.SENT:
            said = f"{which} is not printed by {sent.printer}: {sent.state}"
        else:
            said = f"{which}: {job.printer if out is None else shown(out)}"
        show(format, document, [job], said)
        if sent is not None:
            require_sent([sent])


_command("dispense", "NO", "Dispense number.", "The labels of a dispense, one for each lot.")
_command("leaflet", "NO", "Dispense number.", "The patient's leaflet of a dispense.")
_command("bag", "NO", "Dispense number.", "The label of the bag: whose it is, and nothing of what is in it.")
_command("vial", "NO", "Vial number.", "The flag of an opened vial: opened when, discarded when.")
_command("shelf", "PRODUCT", "Product code.", "The label of a product's shelf.")
_command("batch", "NO", "Batch number.", "The label of an in-house batch.")
label_range.add_to(app)
label_design.add_to(app)
label_queue.add_to(app)
