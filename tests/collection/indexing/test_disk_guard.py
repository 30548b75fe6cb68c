from pathlib import Path

import pytest

from twinlens.collection.indexing.disk_guard import DiskGuard
from twinlens.collection.indexing.telling.progress import CaptionPlan, IndexPlan, ModelChangePlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.errors import DiskFullError

TOO_MUCH = 1 << 60


class Heard(SilentListener):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def planned(self, plan: IndexPlan) -> None:
        self.heard.append(plan)

    def advanced(self, done: int, report: IndexReport) -> None:
        self.heard.append(done)


def test_what_fits_is_passed_on(tmp_path: Path) -> None:
    listener = Heard()
    guard = DiskGuard(listener, tmp_path)
    plan = IndexPlan(found=1, to_read=1, disk_bytes=1)
    guard.planned(plan)
    guard.advanced(1, IndexReport())
    assert listener.heard == [plan, 1]


def test_what_does_not_fit_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    guard = DiskGuard(SilentListener(), tmp_path)
    for refuse in (
        lambda: guard.planned(IndexPlan(found=1, to_read=1, disk_bytes=TOO_MUCH)),
        lambda: guard.captions_planned(CaptionPlan(found=1, to_embed=1, disk_bytes=TOO_MUCH)),
        lambda: guard.change_planned(ModelChangePlan("m", False, 1, 1, 0, disk_bytes=TOO_MUCH)),
    ):
        with pytest.raises(DiskFullError, match="use --collection DIR on another disk"):
            refuse()
