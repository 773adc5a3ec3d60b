"""A design that cannot make a lawful label is refused before it makes one."""

import pytest

from dispensary.labelling.design import NotADesign, load, read
from dispensary.shipped import folder
from tests.refusing import refused

SHIPPED = folder("labels") / "designs" / "dispense-100x62.toml"


def test_the_shipped_design_gives_the_patient_half_of_the_label():
    design = load("dispense-100x62")
    (patient,) = (box for box in design.boxes if box.name == "patient")
    # 16 CCR 1707.5: at least half of the label, at least 12 points, in this order.
    assert patient.width_mm * patient.height_mm >= 0.5 * design.width_mm * design.height_mm
    assert min(size for item in patient.item for size in item.sizes_pt) >= 12
    shown = [field for item in patient.item for field in item.fields]
    assert shown == ["patient", "drug", "contents", "directions", "purpose"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'fields = ["directions"]\n  font = "bold"\n  sizes_pt = [13.5, 13, 12]',
            'fields = ["directions"]\n  font = "bold"\n  sizes_pt = [11]',
        ),
        ("height_mm = 32.4", "height_mm = 32"),
        ("width_mm = 96", "width_mm = 99"),
        ('fields = ["purpose"]', 'fields = ["reason"]'),
        ('"light", ', ""),
        ('font = "exact"\n  sizes_pt = [12]', 'font = "fine"\n  sizes_pt = [12]'),
        ("[paper]", "[papers]"),
        ("[paper]", "[paper"),
        ("leading = 1.08", "lead = 1.08"),
    ],
)
def test_a_design_that_breaks_the_rules_is_refused(old, new, tmp_path):
    toml = SHIPPED.read_text("utf-8")
    assert old in toml
    file = tmp_path / "mine.toml"
    file.write_text(toml.replace(old, new, 1), "utf-8")
    refused(NotADesign, lambda: read("mine", file))


def test_a_design_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NotADesign, match="The label design none cannot be used: FileNotFoundError"):
        read("none", tmp_path / "none.toml")
