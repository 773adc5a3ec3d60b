"""The benchmarks still stand on the program, although no test times anything."""

from benchmarks import labels
from benchmarks.__main__ import SUBJECTS, main
from dispensary.labelling import render
from dispensary.labelling.designs import load


def test_the_label_that_is_timed_can_be_drawn():
    assert render([[labels.facts()]], load(labels.DESIGN)).startswith(b"%PDF")


def test_an_unknown_subject_is_refused_with_those_that_there_are(capsys):
    assert main(["speed"]) == 2
    assert ", ".join(SUBJECTS) in capsys.readouterr().err
