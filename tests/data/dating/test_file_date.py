import time
from datetime import datetime

import pytest

from twinlens.data.dating.file_date import dated, file_moment, moved_moment
from twinlens.data.dating.moment import Moment
from twinlens.data.exif import PhotoDetails

MAY_2020, JUNE_2022 = (int(datetime(year, month, 5, 12).timestamp()) * 10**9 for year, month in ((2020, 5), (2022, 6)))
IN_MAY, IN_JUNE = Moment("2020-05-05T12:00:00", None, "file"), Moment("2022-06-05T12:00:00", None, "file")
NAMED = Moment("2021-07-04T11:36:39", None, "name")
SHOT = Moment("2019-01-02T03:04:05", 60, "exif")


def date_of(details: PhotoDetails) -> tuple[str | None, int | None, str | None]:
    return details.taken_at, details.utc_offset_minutes, details.date_source


def test_the_content_wins_over_the_name_and_the_name_over_the_file() -> None:
    shot = PhotoDetails(4, 3, *SHOT[:2], date_source="exif")
    assert date_of(dated(shot, "20210704_113639.jpg", MAY_2020)) == SHOT
    assert date_of(dated(PhotoDetails(4, 3), "20210704_113639.jpg", MAY_2020)) == NAMED
    assert date_of(dated(PhotoDetails(4, 3), "beach.jpg", MAY_2020)) == IN_MAY


def test_the_name_and_the_file_of_another_copy_do_not_count() -> None:
    for known in (NAMED, IN_JUNE):
        copied = PhotoDetails(4, 3, *known[:2], date_source=known.source)
        assert date_of(dated(copied, "beach.jpg", MAY_2020)) == IN_MAY


def test_details_without_a_source_are_those_of_the_content() -> None:
    assert dated(PhotoDetails(4, 3, "2021-01-01T00:00:00"), "20210704_113639.jpg", MAY_2020).date_source == "exif"


@pytest.mark.parametrize("seconds", [0, 315_532_800 + 12 * 3600, -(10**10), 10**12, 2**62 // 10**9])
def test_a_file_date_that_tells_nothing_is_none(seconds: int) -> None:
    assert file_moment(seconds * 10**9) is None
    assert date_of(dated(PhotoDetails(4, 3), "beach.jpg", seconds * 10**9)) == (None, None, None)


def test_a_file_of_today_has_a_date() -> None:
    assert file_moment(time.time_ns()) is not None


@pytest.mark.parametrize(
    ("known", "path", "mtime_ns", "then"),
    [
        pytest.param(SHOT, "20210704_113639.jpg", MAY_2020, SHOT, id="content stays"),
        pytest.param(NAMED, "beach.jpg", MAY_2020, NAMED, id="a name that is gone stays"),
        pytest.param(IN_MAY, "20210704_113639.jpg", MAY_2020, NAMED, id="a better name counts"),
        pytest.param(IN_MAY, "beach.jpg", JUNE_2022, IN_MAY, id="a copied file stays old"),
        pytest.param(IN_JUNE, "beach.jpg", MAY_2020, IN_MAY, id="a file that is restored gets older"),
        pytest.param(None, "beach.jpg", MAY_2020, IN_MAY, id="undated"),
        pytest.param(IN_MAY, "beach.jpg", 0, IN_MAY, id="a file that lost its date"),
        pytest.param(None, "beach.jpg", 0, None, id="nothing tells"),
    ],
)
def test_a_moved_or_touched_file_keeps_what_was_known(
    known: Moment | None, path: str, mtime_ns: int, then: Moment | None
) -> None:
    assert moved_moment(known, path, mtime_ns) == then
