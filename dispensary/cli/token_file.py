"""Where a counter keeps the token of its session: a file of its own, for its owner alone."""

import hashlib
import re
from pathlib import Path

from dispensary.errors import NotSaved

_TOKEN = re.compile(r"[0-9a-f]{32}")


class TokenFile:
    """The token of the person at this counter, or of a script, for one database."""

    def __init__(self, folder: Path, database: str, script: str = "") -> None:
        # Neither a database's address nor a user's name can be the name of a file everywhere.
        name = hashlib.sha256(f"{database}\n{script}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self.path = folder / name

    def read(self) -> str | None:
        """The token, if there is one; what is no token is none."""
        try:
            text = self.path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return text if _TOKEN.fullmatch(text) else None

    def write(self, token: str) -> None:
        """Keep the token in place of an earlier one; raises NotSaved."""
        from dispensary.exports.files import make_folder, write_new

        make_folder(self.path.parent)
        write_new(self.path, f"{token}\n".encode(), force=True)

    def remove(self) -> None:
        """Forget the token; raises NotSaved."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as problem:
            raise NotSaved(problem=problem.strerror or str(problem)) from None
