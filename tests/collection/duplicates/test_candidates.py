from collections.abc import Sequence

from twinlens.collection.catalog.files.file_facts import FileFacts
from twinlens.collection.duplicates.candidates import Buckets
from twinlens.collection.likeness.series import moments, series_keys


def shots(*seconds_and_cameras: tuple[int | None, str | None]) -> list[FileFacts]:
    return [
        FileFacts(
            number, 1, f"{number}.jpg", 1, 1, b"", 4, 3, None if s is None else f"2023-07-01T12:00:{s:02}", camera
        )
        for number, (s, camera) in enumerate(seconds_and_cameras, 1)
    ]


def runs(photos: Sequence[FileFacts]) -> list[list[int]]:
    return [bucket.tolist() for bucket in Buckets(series_keys(photos, moments(photos))).all]


def test_a_series_ends_at_a_long_break_and_at_another_camera() -> None:
    assert runs(shots((0, "A"), (3, "A"), (6, "A"), (10, "A"), (1, "B"), (11, "A"))) == [[0, 1, 2], [3, 5]]


def test_photos_without_a_moment_or_a_camera_are_in_no_series() -> None:
    assert runs(shots((None, "A"), (None, "A"), (1, None), (1, None), (1, "A"))) == []


def test_a_bucket_is_found_by_any_of_its_photos() -> None:
    buckets = Buckets(["a", "b", None, "a", None])
    assert buckets.members() == {0, 3}
    assert [buckets.of(place).tolist() for place in range(5)] == [[0, 3], [], [], [0, 3], []]
