"""Pictures of a design with the samples, one for each label or sheet, in the countries and languages that it is for."""

from collections.abc import Iterator

from dispensary.labelling.design import Design
from dispensary.labelling.page import laid_out
from dispensary.labelling.pdf import draw
from dispensary.labelling.preview import png
from dispensary.labelling.samples import samples
from dispensary.rules.people import Country, Language


def pictures(design: Design, dots_per_inch: int) -> Iterator[tuple[str, bytes]]:
    """Each picture as PNG, by a name such as `us-en-usual-1`.

    What is too long for the design is shown in the one that takes over. Raises LabelDoesNotFit where none does.
    """
    for country in (design.country,) if design.country else Country:
        for language in Language:
            for name, labels in samples(design.kind, country, language):
                pages = laid_out([each.said() for each in labels], design)
                leaves = 1 if design.sheet else len(pages)
                pdf = draw(pages)
                for leaf in range(leaves):
                    yield f"{country}-{language}-{name}-{leaf + 1}", png(pdf, dots_per_inch, leaf)
