"""Where the files of a published model come from: a repository of a model hub, or a folder."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OnBytes = Callable[[int, int], None]
"""Called with the bytes that are here, and those wanted in all."""


@dataclass(frozen=True)
class Remote:
    """A file of a source: its size, and its hash as the source states it ("sha256:…", "git:…" or "")."""

    size_bytes: int
    digest: str = ""


class Source(ABC):
    """The files of a published model, at one revision.

    Attributes:
        name: what people call it: ``owner/name``, or the folder.
        revision: the commit; empty for a folder.
        license: as the model's card states it; empty if it does not.
        files: path → size and hash.
    """

    name: str
    revision: str
    license: str
    files: Mapping[str, Remote]

    @abstractmethod
    def fetch(self, names: Sequence[str], *, on_bytes: OnBytes | None = None) -> dict[str, Path]:
        """Brings files here; their places, by name.

        Raises:
            BundleError: one cannot be had, or arrives damaged.
        """

    @abstractmethod
    def missing_bytes(self, names: Sequence[str]) -> int:
        """How much is still to be downloaded."""

    def describe(self) -> dict[str, str]:
        """For the manifest: where the model came from."""
        return {"repository": self.name} | ({"revision": self.revision} if self.revision else {})
