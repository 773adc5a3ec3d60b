"""Writes docs/commands.md from the commands' own help; with --check, says whether it is up to date."""

import os
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs" / "commands.md"


def help_of(*words: str) -> str:
    """The help of a command, as a terminal of 80 columns prints it."""
    run = subprocess.run(
        [sys.executable, "-c", "from dispensary.cli.app import main; main()", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    return run.stdout.strip()


def commands_in(text: str) -> list[str]:
    """The names under `Commands:`."""
    _, _, listed = text.partition("Commands:\n")
    return [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]


def reference() -> str:
    """The help of every command."""
    root = help_of()
    parts = ["# Commands", "", "Made by `make docs` from the commands' own help.", "", f"```\n{root}\n```"]
    for command in commands_in(root):
        text = help_of(command)
        parts += ["", f"## {command}", "", f"```\n{text}\n```"]
        for sub in commands_in(text):
            parts += ["", f"### {command} {sub}", "", f"```\n{help_of(command, sub)}\n```"]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    text = reference()
    if "--check" not in sys.argv:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(text, encoding="utf-8")
    elif not DOCS.exists() or DOCS.read_text(encoding="utf-8") != text:
        sys.exit("docs/commands.md is not what the commands say: run `make docs`")
