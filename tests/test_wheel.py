"""A wheel alone, in an empty folder: schema, designs, wordings and formulary are inside it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = "import dispensary, sys; from dispensary.cli.app import main; print(dispensary.__file__); main()"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built, folder = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def run(installed: Path, empty: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": str(empty / "data")}
    environment.pop("DISPENSARY_DATABASE", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=empty, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    where, _, said = done.stdout.partition("\n")
    assert Path(where).is_relative_to(installed)
    return said


def test_init_and_demo_run_from_the_wheel(installed, tmp_path):
    assert "is open" in run(installed, tmp_path, "init", "--yes")
    assert "US-HY-ACT30" in run(installed, tmp_path, "product", "list")
    assert "The books agree" in run(installed, tmp_path, "demo")
    assert len(list((tmp_path / "demo").glob("l*.pdf"))) == 6


def test_the_wheel_holds_nothing_else(installed):
    tops = {path.name for path in installed.iterdir()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"dispensary"}
