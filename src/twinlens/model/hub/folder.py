"""A published model in a folder, as a copy of its repository."""

import re
from collections.abc import Sequence
from pathlib import Path

from twinlens.model.hub.source import OnBytes, Remote, Source

_LICENSE = re.compile(r"^license:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)


class Folder(Source):
    """The files below a folder.

    Args:
        path: the folder.
        name: what to call it; None = the path.
        revision: of the repository that it is a copy of, if known.
    """

    def __init__(self, path: Path, *, name: str | None = None, revision: str = "") -> None:
        self.path, self.name, self.revision = path, name or str(path), revision
        found = sorted(entry for entry in path.rglob("*") if entry.is_file())
        self.files = {entry.relative_to(path).as_posix(): Remote(entry.stat().st_size) for entry in found}
        self.license = _license(path / "README.md")

    def fetch(self, names: Sequence[str], *, on_bytes: OnBytes | None = None) -> dict[str, Path]:
        """The files' own places."""
        total = sum(self.files[name].size_bytes for name in names)
        if on_bytes:
            on_bytes(total, total)
        return {name: self.path / name for name in names}

    def missing_bytes(self, names: Sequence[str]) -> int:  # noqa: ARG002
        """None of it."""
        return 0


def _license(card: Path) -> str:
    """The licence in the front matter of a model's card."""
    if not card.is_file():
        return ""
    parts = card.read_text(encoding="utf-8", errors="replace").split("---", 2)
    found = _LICENSE.search(parts[1]) if len(parts) == 3 and not parts[0].strip() else None
    return found[1] if found else ""
