"""What a repair found and did."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.repair.salvage import SalvagedTable


@dataclass(slots=True)
class RepairReport:
    """What ``repair`` found and did.

    Attributes:
        collection: its folder.
        faults: what was wrong, one sentence each; empty if nothing was, and then nothing was changed.
        kept: the damaged catalog's copy; None if the catalog was not damaged, or there was none.
        tables: of the damaged catalog, with the numbers of rows that were saved.
        photos: searchable photos now.
        photos_to_read: photos that the next index run reads again; their captions and marks are kept.
        captions_embedded: captions whose text was saved, and whose embedding was made again.
        captions_lost: captions that could not be embedded, because the model is not available.
    """

    collection: Path
    faults: list[str] = field(default_factory=list)
    kept: Path | None = None
    tables: list[SalvagedTable] = field(default_factory=list)
    photos: int = 0
    photos_to_read: int = 0
    captions_embedded: int = 0
    captions_lost: int = 0

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens repair --json``."""
        tables = {table.name: {"salvaged": table.rows, "known": table.known} for table in self.tables}
        kept = None if self.kept is None else str(self.kept)
        return {**asdict(self), "collection": str(self.collection), "kept": kept, "tables": tables}
