"""Finding what is shipped, in a wheel and in a checkout."""

import pytest

from dispensary import shipped


@pytest.mark.parametrize("name", ["labels", "migrations"])
def test_a_checkout_holds_it_beside_the_package(name):
    assert shipped.folder(name).parent == shipped._PACKAGE.parent


def test_a_wheel_holds_it_inside_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path)
    (tmp_path / "labels").mkdir()
    assert shipped.folder("labels") == tmp_path / "labels"


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "dispensary")
    with pytest.raises(shipped.IncompleteInstallation) as refusal:
        shipped.folder("labels")
    assert str(refusal.value) == (
        f"The folder labels of dispensary in {tmp_path / 'dispensary'} is missing; install the program again."
    )
