"""Several PDFs as one, such as the parts of a large batch; the same parts are the same bytes."""

import re
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO

from pypdfium2 import PdfDocument

_ID = re.compile(rb"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\]")


def joined(pdfs: Sequence[bytes]) -> bytes:
    """All their pages one after the other, with what the first says of itself: its title, and that nothing scales it.

    `pdfs` holds one at least. Raises pypdfium2's PdfiumError where one is no PDF.
    """
    document = PdfDocument(pdfs[0])
    for pdf in pdfs[1:]:
        part = PdfDocument(pdf)
        document.import_pages(part)
        part.close()
    buffer = BytesIO()
    document.save(buffer)
    document.close()
    # PDFium draws an identifier at random, by which two equal documents would differ.
    digest = sha256(b"".join(sha256(pdf).digest() for pdf in pdfs)).hexdigest()[:32].upper().encode()
    start, end = [found.span() for found in _ID.finditer(buffer.getbuffer())][-1]
    buffer.getbuffer()[start:end] = b"/ID[<%b><%b>]" % (digest, digest)
    return buffer.getvalue()
