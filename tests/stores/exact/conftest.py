"""What tests of the exact store share."""

from pathlib import Path

from contracts.vector_store import DIM, OWNER
from twinlens.stores.exact import ExactStore


def open_exact(folder: Path, *, dim: int = DIM, owner: str = OWNER) -> ExactStore:
    return ExactStore(folder, dim=dim, owner=owner)


def files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    assert found, f"no {pattern} in {folder}"
    return found
