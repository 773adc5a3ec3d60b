"""Writes docs/commands.md from the commands' own help and docs/roles.md from the matrix of roles.

With --check, it says whether they are up to date.
"""

import os
import subprocess
import sys
from pathlib import Path

from dispensary.rules.access import ALLOWED, CONDITIONS, CONFIRMED, READINGS, REQUESTS, named
from dispensary.rules.people import Role

DOCS = Path(__file__).parent.parent / "docs"

PARTS = {
    "Requests": (
        REQUESTS,
        "Each kind is named as its command is; `label print` is all that prints, and `send back` is `send-back`.",
    ),
    "Conditions": (CONDITIONS, "What a request, or the other person named in it, needs besides."),
    "Reading, and the pharmacy as a whole": (
        READINGS,
        "Each reading of patients' records leaves an event in the audit. Nobody is asked by `restore`, `init` and "
        "`demo`, which make a pharmacy where none is, nor by the designs of labels, which hold nothing of one.",
    ),
}


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


def roles() -> str:
    """The matrix, a table a part."""
    parts = [
        "# Who may do what",
        "",
        "Made by `make docs` from `dispensary/rules/access.py`, which every request and every reading asks. What it "
        "does not allow is refused, and the audit has an event `refused` of it. Where people have PINs, nobody acts "
        "without a session (`dispensary login`), and what is marked in the last column asks for the PIN once more.",
    ]
    for name, (acts, about) in PARTS.items():
        columns = (*Role, "PIN")
        parts += [
            "",
            f"## {name}",
            "",
            about,
            "",
            f"| act | {' | '.join(columns)} |",
            f"|{'---|' * (len(columns) + 1)}",
        ]
        parts += [
            f"| {named(act)} | {' | '.join('yes' if role in ALLOWED[act] else '' for role in Role)} "
            f"| {'typed' if act in CONFIRMED else ''} |"
            for act in acts
        ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    for file, made in {"commands.md": reference, "roles.md": roles}.items():
        text = made()
        if "--check" not in sys.argv:
            DOCS.mkdir(exist_ok=True)
            (DOCS / file).write_text(text, encoding="utf-8")
        elif not (DOCS / file).exists() or (DOCS / file).read_text(encoding="utf-8") != text:
            sys.exit(f"docs/{file} is not what the program says: run `make docs`")
