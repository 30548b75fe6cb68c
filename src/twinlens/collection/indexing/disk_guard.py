"""Check for free disk space before indexing."""

import shutil
from collections.abc import Callable
from pathlib import Path

from twinlens.collection.indexing.telling.progress import (
    CaptionPlan,
    IndexListener,
    IndexPlan,
    ModelChangePlan,
    ModelChangeProgress,
)
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.errors import DiskFullError


class DiskGuard:
    """An index listener that stops a run if its plan does not fit on the disk."""

    def __init__(self, listener: IndexListener, place: Path) -> None:
        self._listener, self._place = listener, place
        self.advanced: Callable[[int, IndexReport], None] = listener.advanced
        self.captions_advanced: Callable[[int], None] = listener.captions_advanced
        self.videos_advanced: Callable[[int, int], None] = listener.videos_advanced
        self.helped: Callable[[int], None] = listener.helped
        self.change_advanced: Callable[[ModelChangeProgress], None] = listener.change_advanced

    def planned(self, plan: IndexPlan) -> None:
        """The folders have been scanned.

        Raises:
            DiskFullError: the new vectors do not fit on the disk.
        """
        self._listener.planned(plan)
        self._check_room(plan.disk_bytes)

    def captions_planned(self, plan: CaptionPlan) -> None:
        """The captions have been read and matched to photos.

        Raises:
            DiskFullError: the new vectors do not fit on the disk.
        """
        self._listener.captions_planned(plan)
        self._check_room(plan.disk_bytes)

    def change_planned(self, plan: ModelChangePlan) -> None:
        """The model has changed; everything must be embedded again.

        Raises:
            DiskFullError: the new vectors do not fit on the disk.
        """
        self._listener.change_planned(plan)
        self._check_room(plan.disk_bytes)

    def _check_room(self, needed_bytes: int) -> None:
        free = shutil.disk_usage(self._place).free
        if needed_bytes > free:
            raise DiskFullError(
                f"indexing needs about {needed_bytes / 1e6:,.0f} MB on the disk of {self._place}, "
                f"but {free / 1e6:,.0f} MB are free; free some space or use --collection DIR on another disk"
            )
