"""Every refusal of the services and of their rules has a sentence in the golden file; each sentence has its kind."""

import re
from importlib import import_module
from pkgutil import walk_packages

import dispensary
from dispensary import services
from dispensary.errors import Refused
from tests.refusing import golden_lines

HERE = (
    *(f"dispensary.services.{module.name}" for module in walk_packages(services.__path__)),
    *(f"dispensary.rules.{name}" for name in ("safety", "choosing", "formulary", "numbers", "people", "allocation")),
    "dispensary.lookup",
    "dispensary.request",
)
# Told only inside the refusal of the file's line.
TOLD_IN_ANOTHER = {"gtin_of_unknown_pack"}


def kinds(of=Refused):
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def code(kind):
    return kind.code.fget(kind.__new__(kind))


def test_every_kind_has_its_sentence():
    for name in HERE:
        import_module(name)
    told = {line.split(":")[0] for line in golden_lines()}
    expected = {code(kind) for kind in kinds() if kind.__module__ in HERE}
    assert expected - told == TOLD_IN_ANOTHER


def test_every_sentence_is_of_a_kind_that_there_is():
    for module in walk_packages(dispensary.__path__, "dispensary."):
        import_module(module.name)
    known = {code(kind) for kind in kinds()}
    assert {line.split(":")[0] for line in golden_lines()} <= known


def test_a_sentence_is_one_sentence_or_more_and_ends():
    for line in golden_lines():
        assert re.fullmatch(r"[a-z0-9_]+: .+[.!]", line), line


def test_a_code_is_the_words_of_its_kind():
    class NotAGtinOrNpi(Refused):
        pass

    assert code(NotAGtinOrNpi) == "not_a_gtin_or_npi"
