"""What is told of a change of model."""

from collection.indexing.models.model_change.conftest import NEW
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import ModelChangeProgress, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport


def test_the_time_left_is_told_when_the_pace_is_known(library: Collection) -> None:
    told: list[ModelChangeProgress] = []

    class Listener(SilentListener):
        def change_advanced(self, progress: ModelChangeProgress) -> None:
            told.append(progress)

    library.reindex("turned", listener=Listener())
    assert [progress.photos for progress in told] == [0, 20, 36, 52, 68, 70]
    assert [progress.captions for progress in told] == [3] * 6
    assert [progress.seconds_left is None for progress in told] == [True] * 4 + [False] * 2
    assert told[-1].seconds_left == 0
    assert 0 < (told[-2].seconds_left or 0) < 60


def test_the_report_is_json(library: Collection) -> None:
    fields = library.reindex("turned").to_json()
    assert fields["model_change"] == {
        "model": "turned",
        "fingerprint": NEW,
        "photos": 70,
        "captions": 3,
        "waiting": [],
        "is_complete": True,
        "seconds": fields["model_change"]["seconds"],
        "from_features": 0,
    }
    assert fields["deferred"] == 0
    assert "model_change" not in library.index().to_json()


def test_reports_of_two_runs_add_up() -> None:
    first = IndexReport(added=1, updated=2, renamed=3, removed=4, unchanged=5, images=11, seconds=1.0, deferred=2)
    second = IndexReport(added=1, updated=1, unchanged=11, images=12, seconds=0.5)
    both = first.followed_by(second)
    assert (both.added, both.updated, both.renamed, both.removed, both.unchanged) == (2, 3, 3, 4, 5)
    assert (both.images, both.seconds, both.deferred) == (12, 1.5, 0)
